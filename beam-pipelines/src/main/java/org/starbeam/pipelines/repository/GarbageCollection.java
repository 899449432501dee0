package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.transforms.store.DatasetFiles;

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
    DatasetFiles.of(root).remove(items.stream().map(Item::path).toList());
  }
}
