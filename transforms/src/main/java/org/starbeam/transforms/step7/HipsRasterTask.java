package org.starbeam.transforms.step7;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.TileArchive;
import org.starbeam.hips.TileFits;
import org.starbeam.hips.TileRaster;
import org.starbeam.image.Box;
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
import org.starbeam.transforms.step7.HipsStretchTask.Stretch;

/**
 * Draws the tiles of all bands below a HEALPix pixel of order 8, each order from its own FITS
 * tiles: gray for each band, colours of three (specs/07 sections 3.2 and 3.3). One tile of each
 * band is in memory.
 */
public final class HipsRasterTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Name of the task. */
  public static final String NAME = "hipsRaster";

  static final String BLOCK = "block";
  static final String STRETCH = "stretch";

  static final Box TILE = new Box(0, 0, HipsTile.WIDTH, HipsTile.WIDTH);

  private final TileRaster.Config config;

  HipsRasterTask(TileRaster.Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step7",
        1,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(BLOCK, 1), TaskSpec.InputRule.required(STRETCH)),
        List.of(DatasetTypes.HIPS_RASTER));
  }

  /** How rasters are drawn, from the input of a quantum. */
  static Stretch stretch(Quantum quantum, QuantumContext context) throws IOException {
    DatasetRef ref = quantum.ref(STRETCH, DatasetTypes.HIPS_STRETCH.name());
    return context.reader().json(ref, Stretch.class);
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    HipsDrawing drawing = new HipsDrawing(stretch(quantum, context), config);
    Map<String, TileArchive> bands = new TreeMap<>();
    List<TileArchive> open = new ArrayList<>();
    try (TreeArchives out = new TreeArchives()) {
      for (DatasetRef ref : quantum.refs(BLOCK, DatasetTypes.HIPS_BLOCK.name())) {
        TileArchive archive = TileArchive.open(context.reader().path(ref));
        open.add(archive);
        bands.put(DataId.parse(ref.getDataId()).get("band"), archive);
      }
      for (HipsTile tile : tiles(open)) {
        context.checkCancelled();
        draw(tile, bands, drawing, out);
      }
      out.stage(context, DatasetTypes.HIPS_RASTER, quantum.dataId());
    } finally {
      for (TileArchive archive : open) {
        archive.close();
      }
    }
    context.metric("imputedPixels", drawing.imputed());
    return Outcome.done();
  }

  private static TreeSet<HipsTile> tiles(List<TileArchive> archives) {
    TreeSet<HipsTile> out = new TreeSet<>();
    for (TileArchive archive : archives) {
      for (String name : archive.names()) {
        HipsTile tile = HipsTile.ofPath(name);
        if (tile != null) {
          out.add(tile);
        }
      }
    }
    return out;
  }

  private static void draw(
      HipsTile tile, Map<String, TileArchive> bands, HipsDrawing drawing, TreeArchives out)
      throws IOException {
    Map<String, ImageF> images = new TreeMap<>();
    for (Map.Entry<String, TileArchive> band : bands.entrySet()) {
      byte[] file = band.getValue().find(tile.path("fits"));
      if (file != null) {
        images.put(band.getKey(), ImageF.wrap(TILE, TileFits.read(tile.path("fits"), file)));
      }
    }
    for (Map.Entry<String, ImageF> image : images.entrySet()) {
      HipsDrawing.Drawn gray = drawing.gray(image.getKey(), image.getValue());
      out.add(gray.tree(), tile.path(gray.extension()), gray.file());
    }
    for (HipsDrawing.Drawn drawn : drawing.color(images)) {
      out.add(drawn.tree(), tile.path(drawn.extension()), drawn.file());
    }
  }
}
