package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

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
    delete(hidden);
    delete(old);
    Files.createDirectory(hidden);
    try {
      content.write(hidden);
      if (Files.exists(target)) {
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(hidden, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(hidden);
    }
    delete(old);
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(directory)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : all) {
      Files.delete(file);
    }
  }
}
