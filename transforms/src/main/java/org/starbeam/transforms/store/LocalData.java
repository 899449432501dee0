package org.starbeam.transforms.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import java.util.stream.Stream;

/** Files in directories: put by a rename, removed with the directories that become empty. */
public final class LocalData {
  private static final String TEMPORARY = "\\..*\\.tmp";

  private LocalData() {}

  static Path temporary(Path target) throws IOException {
    Path directory = Files.createDirectories(parent(target));
    return directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
  }

  static void put(Path temporary, Path target) throws IOException {
    Files.createDirectories(parent(target));
    if (Files.isDirectory(target)) {
      FileTrees.delete(target);
    }
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    syncDirectory(parent(target));
  }

  private static Path parent(Path target) {
    Path parent = target.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(target + " has no directory");
    }
    return parent;
  }

  private static void syncDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some file systems cannot sync a directory; the rename itself has been done.
    }
  }

  /** Removes a file and the directories above it that become empty, up to {@code top}. */
  public static void remove(Path top, Path file) throws IOException {
    FileTrees.delete(file);
    Path directory = file.getParent();
    while (directory != null && directory.startsWith(top) && !directory.equals(top)) {
      if (!Files.isDirectory(directory)) {
        directory = directory.getParent();
        continue;
      }
      try (Stream<Path> rest = Files.list(directory)) {
        if (rest.findAny().isPresent()) {
          return;
        }
      }
      Files.delete(directory);
      directory = directory.getParent();
    }
  }

  static void list(Path root, Path folder, DatasetFiles.Receiver receiver) throws IOException {
    if (Files.isDirectory(folder)) {
      Files.walkFileTree(folder, new Lister(root, receiver));
    }
  }

  /** Hands over each file. */
  private static final class Lister extends SimpleFileVisitor<Path> {
    private final Path root;
    private final DatasetFiles.Receiver receiver;

    Lister(Path root, DatasetFiles.Receiver receiver) {
      this.root = root;
      this.receiver = receiver;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      String name = directory.getFileName().toString();
      if (name.endsWith(".d") || name.matches(TEMPORARY)) {
        found(directory, size(directory), attributes);
        return FileVisitResult.SKIP_SUBTREE;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      found(file, attributes.size(), attributes);
      return FileVisitResult.CONTINUE;
    }

    private void found(Path file, long bytes, BasicFileAttributes attributes) throws IOException {
      receiver.accept(
          new DatasetFiles.Stored(
              root.relativize(file).toString().replace('\\', '/'),
              bytes,
              attributes.lastModifiedTime().toMillis()));
    }
  }

  /** Length of a file, or of all files of a directory. */
  static long size(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return Files.size(path);
    }
    try (Stream<Path> files = Files.walk(path)) {
      long sum = 0;
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        sum += Files.size(file);
      }
      return sum;
    }
  }
}
