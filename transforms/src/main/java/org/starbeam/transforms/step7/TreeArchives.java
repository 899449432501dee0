package org.starbeam.transforms.step7;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.hips.TileArchive;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.store.FileTrees;

/** Archives of several trees that one quantum fills side by side. */
final class TreeArchives implements Closeable {
  private final Path directory;
  private final Map<String, TileArchive.Writer> writers = new TreeMap<>();

  TreeArchives() throws IOException {
    directory = Files.createTempDirectory("starbeam-hips");
  }

  /** Adds a file to a tree. */
  void add(String tree, String name, byte[] file) throws IOException {
    TileArchive.Writer writer = writers.get(tree);
    if (writer == null) {
      writer = TileArchive.Writer.create(directory.resolve(tree));
      writers.put(tree, writer);
    }
    writer.add(name, file);
  }

  /** Stages the archive of each tree under its name. */
  void stage(QuantumContext context, DatasetType type, DataId id) throws IOException {
    for (Map.Entry<String, TileArchive.Writer> e : writers.entrySet()) {
      e.getValue().close();
      context.stageFile(
          type,
          id.with("name", e.getKey()),
          file ->
              Files.move(directory.resolve(e.getKey()), file, StandardCopyOption.REPLACE_EXISTING));
    }
  }

  @Override
  public void close() throws IOException {
    for (TileArchive.Writer writer : writers.values()) {
      writer.close();
    }
    FileTrees.delete(directory);
  }
}
