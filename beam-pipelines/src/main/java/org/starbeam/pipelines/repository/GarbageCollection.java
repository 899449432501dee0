package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds and deletes what attempts that died left behind: files below {@code data/} that no ledger
 * names, and staging files, once they are so old that nobody can still be about to publish them.
 */
public final class GarbageCollection {
  /** A file that may go. */
  public record Item(String path, long bytes, boolean staging) {}

  private final Path root;
  private final Duration age;

  public GarbageCollection(Path root, Duration age) {
    this.root = root;
    this.age = age;
  }

  /** What may go, as of now. */
  public List<Item> find(long nowMillis) throws IOException {
    List<Item> items = new ArrayList<>();
    try (FileIndex index = FileIndex.of(root)) {
      index.each(
          "select path, bytes, staging from file where path not in (select path from known)"
              + " and modified < "
              + (nowMillis - age.toMillis())
              + " order by path",
          rows -> items.add(new Item(rows.getString(1), rows.getLong(2), rows.getBoolean(3))));
    }
    return items;
  }

  /** Deletes items and the directories that become empty. */
  public void delete(List<Item> items) throws IOException {
    for (Item item : items) {
      Path file = root.resolve(item.path()).normalize();
      if (!file.startsWith(root.resolve("data"))) {
        throw new IllegalArgumentException(item.path() + " is not below data/");
      }
      remove(file);
      emptyParents(root.resolve("data"), file);
    }
  }

  /** Removes a file or a directory with all that is in it. */
  static void remove(Path file) throws IOException {
    if (!Files.isDirectory(file)) {
      Files.deleteIfExists(file);
      return;
    }
    try (Stream<Path> files = Files.walk(file)) {
      for (Path part : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(part);
      }
    }
  }

  /** Removes the directories above a file that have become empty, up to but without {@code top}. */
  static void emptyParents(Path top, Path file) throws IOException {
    Path directory = file.getParent();
    while (directory != null && directory.startsWith(top) && !directory.equals(top)) {
      try (Stream<Path> rest = Files.list(directory)) {
        if (rest.findAny().isPresent()) {
          return;
        }
      }
      Files.delete(directory);
      directory = directory.getParent();
    }
  }
}
