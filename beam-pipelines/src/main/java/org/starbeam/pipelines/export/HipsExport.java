package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.HipsFiles;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.TileArchives;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;

/**
 * Unpacks the trees of a run's HiPS into a directory each, as specs/07 section 4 has them, with a
 * {@code hipslist} beside them. What is there with the right content is left alone; tiles of an
 * earlier export that the tree does not have any more are removed.
 */
public final class HipsExport {
  /** What users call it. */
  public static final String NAME = "hips";

  private static final List<DatasetType> TYPES =
      List.of(
          DatasetTypes.HIPS_BLOCK,
          DatasetTypes.HIPS_RASTER,
          DatasetTypes.HIPS_MERGE,
          DatasetTypes.HIPS);

  private final RunCatalog catalog;

  /**
   * What was done.
   *
   * @param trees names of the trees
   * @param written files that were written
   * @param kept files that were there already
   * @param removed tiles that the trees do not have any more
   * @param bytes of the files that were written
   */
  public record Result(
      Path directory, List<String> trees, long written, long kept, long removed, long bytes) {}

  public HipsExport(RunCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * Unpacks all trees.
   *
   * @throws UserException when the run has none
   */
  public Result write(Path directory) throws IOException {
    Map<String, List<Path>> trees = new TreeMap<>();
    for (DatasetRef ref : catalog.datasets(DatasetTypes.HIPS.name())) {
      trees.put(DataId.parse(ref.getDataId()).get("name"), new ArrayList<>());
    }
    if (trees.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          "run " + catalog.run() + " has no HiPS",
          "starbeam launch TEMPLATE --repo "
              + catalog.root()
              + " --name "
              + catalog.run()
              + " --steps step7:hipsBlock..");
    }
    for (DatasetType type : TYPES) {
      for (DatasetRef ref : catalog.datasets(type.name())) {
        DataId id = DataId.parse(ref.getDataId());
        List<Path> own = trees.get(id.has("band") ? id.get("band") : id.get("name"));
        if (own != null) {
          own.add(catalog.path(ref));
        }
      }
    }
    Path into = directory.toAbsolutePath().normalize();
    Counts counts = new Counts();
    StringBuilder list = new StringBuilder();
    for (Map.Entry<String, List<Path>> tree : trees.entrySet()) {
      try (TileArchives archives = new TileArchives(tree.getValue())) {
        unpack(archives, into.resolve(tree.getKey()), counts);
        list.append(new String(archives.read("properties"), StandardCharsets.UTF_8))
            .append("hips_service_url     = ")
            .append(tree.getKey())
            .append("\n\n");
      }
    }
    counts.put(into.resolve("hipslist"), list.toString().getBytes(StandardCharsets.UTF_8));
    return new Result(
        into,
        List.copyOf(trees.keySet()),
        counts.written,
        counts.kept,
        counts.removed,
        counts.bytes);
  }

  private static void unpack(TileArchives archives, Path directory, Counts counts)
      throws IOException {
    for (String name : archives.names()) {
      counts.put(directory.resolve(name), archives.read(name));
    }
    TreeSet<String> known = new TreeSet<>(archives.names());
    for (String name : HipsFiles.of(directory).names()) {
      if (!known.contains(name) && HipsTile.ofPath(name) != null) {
        Files.delete(directory.resolve(name));
        counts.removed++;
      }
    }
  }

  /** Files as they are put. */
  private static final class Counts {
    private long written;
    private long kept;
    private long removed;
    private long bytes;

    void put(Path target, byte[] content) throws IOException {
      byte @Nullable [] there = Files.isRegularFile(target) ? Files.readAllBytes(target) : null;
      if (there != null && Arrays.equals(there, content)) {
        kept++;
        return;
      }
      WholeFile.write(target, hidden -> Files.write(hidden, content));
      written++;
      bytes += content.length;
    }
  }
}
