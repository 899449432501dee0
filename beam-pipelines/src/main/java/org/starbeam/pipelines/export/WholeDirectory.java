package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.starbeam.transforms.store.FileTrees;

/**
 * A directory that is there whole or not at all: it is filled under a hidden name beside its own,
 * then renamed.
 */
final class WholeDirectory {
  private WholeDirectory() {}

  /** Writes a directory in the place of what is there under its name. */
  static void write(Path target, WholeFile.Content content) throws IOException {
    Path parent = WholeFile.directory(target);
    Path hidden = parent.resolve("." + target.getFileName() + ".tmp");
    Path old = parent.resolve("." + target.getFileName() + ".old");
    FileTrees.delete(hidden);
    FileTrees.delete(old);
    Files.createDirectory(hidden);
    try {
      content.write(hidden);
      if (Files.exists(target)) {
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(hidden, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      FileTrees.delete(hidden);
    }
    FileTrees.delete(old);
  }
}
