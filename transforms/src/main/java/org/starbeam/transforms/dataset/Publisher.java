package org.starbeam.transforms.dataset;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.FileTrees;

/**
 * Puts datasets into the repository (specs/05 section 3.6): written under a temporary name, synced,
 * made read-only, then renamed or put into the object store. What has been published never changes:
 * when another dataset is already known under the target's path, the new one goes to a revision of
 * the run, {@code <run>/r1}, {@code r2}, ...
 */
public final class Publisher {
  private final DatasetFiles files;
  private final String run;
  private final Function<String, @Nullable String> publishedHash;

  /**
   * @param publishedHash content hash that the ledger knows for a path relative to the root, or
   *     null when the path is in no ledger record
   */
  public Publisher(
      DatasetFiles files, String run, Function<String, @Nullable String> publishedHash) {
    this.files = files;
    this.run = RepositoryPaths.checkRun(run);
    this.publishedHash = publishedHash;
  }

  /** A dataset written under a temporary name. */
  public record Staged(
      DatasetType type, DataId id, Path temporary, String contentHash, long bytes) {}

  /** A temporary place for a dataset. */
  public Path temporary(DatasetType type, DataId id) throws IOException {
    return files.temporary(RepositoryPaths.dataset(run, type, id));
  }

  /** Syncs a file or directory that was written to its temporary place. */
  public Staged stage(DatasetType type, DataId id, Path temporary, @Nullable String contentHash)
      throws IOException {
    if (!Files.exists(temporary)) {
      throw new FileNotFoundException(
          "the writer of " + type.name() + "(" + id + ") wrote nothing to " + temporary);
    }
    String hash = contentHash == null ? ContentHash.of(type, temporary) : contentHash;
    try (Stream<Path> files = Files.walk(temporary)) {
      files.filter(Files::isRegularFile).forEach(Publisher::seal);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return new Staged(type, id, temporary, hash, size(temporary));
  }

  /** Makes a staged dataset visible. */
  public DatasetRef publish(Staged staged) throws IOException {
    for (int revision = 0; ; revision++) {
      String inRun = revision == 0 ? run : run + "/r" + revision;
      String relative = RepositoryPaths.dataset(inRun, staged.type, staged.id);
      String known = publishedHash.apply(relative);
      if (known == null || known.equals(staged.contentHash)) {
        move(staged, relative, known != null);
        return new DatasetRef(
            staged.type.name(),
            staged.id.toString(),
            inRun,
            relative,
            staged.contentHash,
            staged.bytes);
      }
    }
  }

  /**
   * Removes a staged dataset that is not to be published; what cannot be removed is swept later.
   */
  public void discard(Staged staged) {
    FileTrees.discard(staged.temporary);
  }

  private void move(Staged staged, String path, boolean known) throws IOException {
    if (known && files.exists(path)) {
      discard(staged);
    } else {
      files.put(staged.temporary, path, staged.contentHash);
    }
  }

  private static void seal(Path file) {
    try {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path path) throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      long sum = 0;
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        sum += Files.size(file);
      }
      return sum;
    }
  }
}
