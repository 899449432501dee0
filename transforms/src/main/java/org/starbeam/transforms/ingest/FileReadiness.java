package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsReader;
import org.starbeam.transforms.ingest.ArrivalState.Unsettled;

/**
 * Whether the writer of a file has finished. A file that was renamed or linked into place was
 * changed as a name after its last byte was written, and is taken at once if its FITS structure is
 * whole. One that was written in place must have kept its size and time for a while. One that stays
 * as it is and is not whole is taken in the end, for ingest to say what is wrong with it.
 */
final class FileReadiness {
  private static final int PATIENCE = 10;

  private final long settleMs;

  FileReadiness(long settleMs) {
    this.settleMs = settleMs;
  }

  /** Null when the file is ready, else how it is now. */
  @Nullable Unsettled check(Path file, @Nullable Unsettled before, long nowMs) throws IOException {
    FileTime modified = Files.getLastModifiedTime(file);
    long bytes = Files.size(file);
    Unsettled same =
        before != null && before.bytes() == bytes && before.modifiedMs() == modified.toMillis()
            ? before
            : null;
    long since = same == null ? Math.min(nowMs, modified.toMillis()) : same.sinceMs();
    long quiet = nowMs - since;
    if (isWhole(file) && (quiet >= settleMs || wasPutInPlace(file, modified))) {
      return null;
    }
    if (same != null && nowMs - same.sinceMs() >= PATIENCE * settleMs) {
      return null;
    }
    return new Unsettled(bytes, modified.toMillis(), same == null ? nowMs : same.sinceMs());
  }

  /** True when the inode was changed after its content: by a rename, a link or a chmod. */
  private static boolean wasPutInPlace(Path file, FileTime modified) {
    try {
      return Files.getAttribute(file, "unix:ctime") instanceof FileTime changed
          && changed.compareTo(modified) > 0;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isWhole(Path file) {
    try (FitsReader reader = FitsReader.open(file)) {
      return !reader.hdus().isEmpty();
    } catch (BadInputException | UncheckedIOException e) {
      return false;
    }
  }
}
