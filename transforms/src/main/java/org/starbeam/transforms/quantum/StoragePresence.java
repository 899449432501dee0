package org.starbeam.transforms.quantum;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;

/**
 * Whether the storage of a launch is there: its repository, which may be unmounted, renamed or made
 * read-only while quanta run, and the input directory. What fails for want of storage is no fault
 * of the quantum that met it, and nothing of it is recorded.
 */
final class StoragePresence {
  /** A file server may deny a file that is being replaced; it is asked again. */
  private static final int LOOKS = 4;

  private static final long PAUSE_MILLIS = 250;

  /** Folders of an input directory, of which one being absent means that none is there. */
  private static final Set<String> INPUT_FOLDERS = Set.of("raw", "calibrated");

  private final Path root;
  private final RunFiles files;
  private final boolean leased;

  /**
   * @param leased true when the launch holds the run's lease, so that there must be one
   */
  StoragePresence(Path root, RunFiles files, boolean leased) {
    this.root = root;
    this.files = files;
    this.leased = leased;
  }

  /** What is wrong with the repository, or null. One look at one file when all is well. */
  @Nullable String trouble() {
    String found = look();
    for (int again = 1; found != null && again < LOOKS; again++) {
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return found;
      }
      found = look();
    }
    return found;
  }

  private @Nullable String look() {
    if (leased && !Files.exists(files.lease()) || !Files.isDirectory(root)) {
      return "the repository "
          + root
          + " is gone"
          + (Files.isDirectory(root) ? ": " + root.relativize(files.lease()) + " is not there" : "")
          + "; is its file system mounted?";
    }
    return null;
  }

  /** What is wrong with the storage when a quantum with these inputs has failed, or null. */
  @Nullable String troubleAfterFailure(List<DatasetRef> inputs) {
    String trouble = trouble();
    if (trouble != null) {
      return trouble;
    }
    if (!Files.isWritable(leased ? files.lease().resolveSibling("") : root)) {
      return "the repository " + root + " cannot be written any more; is it read-only?";
    }
    for (DatasetRef input : inputs) {
      Path folder = missingInput(input.getPath());
      if (folder != null) {
        return "the input directory " + folder + " is gone; is its file system mounted?";
      }
    }
    return null;
  }

  /** The input folder of a file, when it is that which is missing. */
  private static @Nullable Path missingInput(String path) {
    if (!path.startsWith("/") || Files.exists(Path.of(path))) {
      return null;
    }
    for (Path at = Path.of(path).getParent(); at != null; at = at.getParent()) {
      Path name = at.getFileName();
      if (name != null && INPUT_FOLDERS.contains(name.toString())) {
        return Files.isDirectory(at) ? null : at;
      }
    }
    return null;
  }
}
