package org.starbeam.transforms.step7;

import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.TileFits;
import org.starbeam.hips.TileRaster;
import org.starbeam.hips.TileSum;
import org.starbeam.hips.TileTree;
import org.starbeam.image.ImageF;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Makes the tiles of three orders from the sums of the order below them (specs/07 sections 3.1 and
 * 6): orders 7 to 5 below a pixel of order 5, 4 to 2 of order 2, 1 and 0 of the whole sky; FITS and
 * rasters of all bands and of the colours. Memory: the 21 tiles of each band (1 MB each).
 */
public final class HipsMergeTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Name of the task. */
  public static final String NAME = "hipsMerge";

  static final String PART = "part";

  private final TileRaster.Config config;

  HipsMergeTask(TileRaster.Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step7",
        1,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.gather(PART, 1),
            TaskSpec.InputRule.required(HipsRasterTask.STRETCH)),
        List.of(DatasetTypes.HIPS_MERGE, DatasetTypes.HIPS_SUM));
  }

  /** Order of the tiles that a data id of sums is of. */
  private static int order(DataId id) {
    return id.has("healpix8") ? 8 : id.has("healpix5") ? 5 : 2;
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    HipsDrawing drawing = new HipsDrawing(HipsRasterTask.stretch(quantum, context), config);
    Map<String, Map<HipsTile, DatasetRef>> parts = new TreeMap<>();
    for (DatasetRef ref : quantum.refs(PART, DatasetTypes.HIPS_SUM.name())) {
      DataId id = DataId.parse(ref.getDataId());
      int order = order(id);
      HipsTile tile = new HipsTile(order, id.getLong(HipsPixels.dimension(order)));
      parts.computeIfAbsent(id.get("band"), b -> new HashMap<>()).put(tile, ref);
    }
    Map<HipsTile, Map<String, ImageF>> images = new TreeMap<>(Comparator.reverseOrder());
    try (TreeArchives out = new TreeArchives()) {
      for (Map.Entry<String, Map<HipsTile, DatasetRef>> band : parts.entrySet()) {
        merge(band.getKey(), band.getValue(), quantum.dataId(), context, images, drawing, out);
      }
      for (Map.Entry<HipsTile, Map<String, ImageF>> tile : images.entrySet()) {
        for (HipsDrawing.Drawn drawn : drawing.color(tile.getValue())) {
          out.add(drawn.tree(), tile.getKey().path(drawn.extension()), drawn.file());
        }
      }
      out.stage(context, DatasetTypes.HIPS_MERGE, merged(quantum.dataId()));
    }
    context.metric("imputedPixels", drawing.imputed());
    return Outcome.done();
  }

  /** Data id without a name, which the trees will have. */
  private static DataId merged(DataId id) {
    return id.only("healpix2", "healpix5");
  }

  private static void merge(
      String band,
      Map<HipsTile, DatasetRef> parts,
      DataId id,
      QuantumContext context,
      Map<HipsTile, Map<String, ImageF>> images,
      HipsDrawing drawing,
      TreeArchives out)
      throws IOException {
    TileTree.Leaves leaves =
        tile -> {
          context.checkCancelled();
          DatasetRef ref = parts.get(tile);
          return ref == null ? null : TileSum.read(context.reader().path(ref));
        };
    TileTree.Receiver receiver =
        (tile, sum) -> {
          float[] mean = sum.mean();
          out.add(band, tile.path("fits"), TileFits.write(tile, mean, band, sum.lastMjd()));
          ImageF image = ImageF.wrap(HipsRasterTask.TILE, mean);
          HipsDrawing.Drawn gray = drawing.gray(band, image);
          out.add(band, tile.path(gray.extension()), gray.file());
          images.computeIfAbsent(tile, t -> new TreeMap<>()).put(band, image);
        };
    int leafOrder = parts.keySet().iterator().next().order();
    TileTree tree = new TileTree(leafOrder, leaves, receiver);
    DataId place = merged(id);
    if (place.equals(DataId.GLOBAL)) {
      for (long base = 0; base < 12; base++) {
        tree.build(new HipsTile(0, base));
      }
    } else {
      int order = order(place);
      TileSum sum = tree.build(new HipsTile(order, place.getLong(HipsPixels.dimension(order))));
      stage(sum, place.with("band", band), context);
    }
  }

  private static void stage(@Nullable TileSum sum, DataId id, QuantumContext context)
      throws IOException {
    if (sum != null) {
      context.stageFile(DatasetTypes.HIPS_SUM, id, sum::write);
    }
  }
}
