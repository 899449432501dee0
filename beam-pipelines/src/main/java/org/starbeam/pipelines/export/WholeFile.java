package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * A file that is there whole or not at all: it is written under a hidden name beside its own,
 * forced to the disk, then renamed.
 */
public final class WholeFile {
  private WholeFile() {}

  /** Writes something at a path. */
  @FunctionalInterface
  public interface Content {
    void write(Path file) throws IOException;
  }

  /** The directory of a file, made when it is not there; absolute. */
  public static Path directory(Path target) throws IOException {
    Path parent = target.toAbsolutePath().normalize().getParent();
    return Files.createDirectories(Objects.requireNonNull(parent, "a file has a directory"));
  }

  /** Writes a file in the place of what is there under its name. */
  public static void write(Path target, Content content) throws IOException {
    Path hidden = directory(target).resolve("." + target.getFileName() + ".tmp");
    try {
      content.write(hidden);
      try (FileChannel channel = FileChannel.open(hidden, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          hidden, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(hidden);
    }
  }
}
