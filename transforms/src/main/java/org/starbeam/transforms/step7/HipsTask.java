package org.starbeam.transforms.step7;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsWriter;
import org.starbeam.hips.Allsky;
import org.starbeam.hips.HipsLint;
import org.starbeam.hips.HipsPage;
import org.starbeam.hips.HipsProperties;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.Moc;
import org.starbeam.hips.SkyExtent;
import org.starbeam.hips.SkyPicture;
import org.starbeam.hips.TileArchive;
import org.starbeam.hips.TileArchives;
import org.starbeam.hips.TileFits;
import org.starbeam.hips.TileRaster;
import org.starbeam.image.ImageF;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step7.HipsStretchTask.Stretch;

/**
 * Ends a tree of the HiPS (specs/07 section 4): properties, coverage, images of the orders 0 to 3,
 * preview, page, and the result of the check of all its tiles. The tiles themselves stay in the
 * archives of the tasks that made them.
 */
public final class HipsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Name of the task. */
  public static final String NAME = "hips";

  static final String PIECES = "pieces";

  private static final int PREVIEW = 256;
  private static final List<DatasetType> TILE_TYPES =
      List.of(DatasetTypes.HIPS_BLOCK, DatasetTypes.HIPS_RASTER, DatasetTypes.HIPS_MERGE);

  /**
   * What the trees are called.
   *
   * @param collection name of the release, in {@code creator_did} and in the titles
   */
  public record Config(String collection) implements Serializable {
    public Config {
      if (!collection.matches("[A-Za-z0-9_.-]{1,80}")) {
        throw new BadInputException(
            "CONFIG_VALUE",
            "hips: collection '" + collection + "', allowed are A-Z a-z 0-9 _ . - up to 80");
      }
    }

    public static Config defaults() {
      return new Config("release");
    }
  }

  /**
   * Both configurations that make a difference here.
   *
   * @param hips names
   * @param raster how pictures are packed
   */
  record Configuration(Config hips, TileRaster.Config raster) implements Serializable {}

  private final Configuration config;

  HipsTask(Configuration config) {
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
            TaskSpec.InputRule.gather(PIECES, 1),
            TaskSpec.InputRule.required(HipsRasterTask.STRETCH)),
        List.of(DatasetTypes.HIPS));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Tree tree = new Tree(quantum, context);
    Map<String, byte[]> files = tree.files();
    context.stageFile(
        DatasetTypes.HIPS,
        quantum.dataId(),
        file -> {
          try (TileArchive.Writer out = TileArchive.Writer.create(file)) {
            for (Map.Entry<String, byte[]> e : files.entrySet()) {
              out.add(e.getKey(), e.getValue());
            }
          }
        });
    return Outcome.done();
  }

  /** A tree in the making. */
  private final class Tree {
    private final String name;
    private final Quantum quantum;
    private final QuantumContext context;
    private final Stretch stretch;
    private final List<String> bands;
    private final boolean color;
    private final TileRaster raster = new TileRaster(config.raster());

    Tree(Quantum quantum, QuantumContext context) throws IOException {
      this.quantum = quantum;
      this.context = context;
      this.name = quantum.dataId().get("name");
      this.stretch = HipsRasterTask.stretch(quantum, context);
      this.color = !stretch.color().isEmpty() && name.equals(stretch.colorTree());
      this.bands = color ? stretch.color() : List.of(name);
    }

    /** All files besides the tiles, by their names. */
    Map<String, byte[]> files() throws IOException {
      Map<String, byte[]> out = new TreeMap<>();
      try (TileArchives tiles = archives(name, TILE_TYPES)) {
        List<HipsTile> all = tiles(tiles);
        Moc moc = Moc.of(stretch.order(), deepest(all));
        SkyExtent extent = SkyExtent.of(stretch.order(), deepest(all));
        out.put("Moc.fits", moc.toFits());
        addCoverage(out);
        addAllsky(all, out);
        out.put("preview.jpg", preview(extent, tiles));
        out.put("metadata.fits", metadata());
        HipsProperties properties = properties(moc, extent, all.size(), tiles.bytes());
        out.put("properties", properties.file());
        out.put("index.html", HipsPage.of(properties.pairs()));
        HipsLint lint = new HipsLint(tiles.with(out), false);
        List<HipsLint.Finding> faults = lint.run();
        out.put("lint.txt", HipsLint.report(faults, lint.tiles()));
        if (!faults.isEmpty()) {
          context.caveat(
              QuantumContext.Caveat.PARTIAL_OUTPUTS,
              faults.size() + " faults of the tree, the first " + faults.get(0));
        }
        context.metric("faults", faults.size());
        context.metric("tiles", all.size());
        context.metric("coveredFraction", moc.fraction());
      }
      return out;
    }

    /** The archives of a tree among the datasets of some types. */
    private TileArchives archives(String tree, List<DatasetType> types) throws IOException {
      List<Path> paths = new ArrayList<>();
      for (DatasetType type : types) {
        for (DatasetRef ref : quantum.refs(PIECES, type.name())) {
          DataId id = DataId.parse(ref.getDataId());
          if (tree.equals(id.has("band") ? id.get("band") : id.get("name"))) {
            paths.add(context.reader().path(ref));
          }
        }
      }
      return new TileArchives(paths);
    }

    private static List<HipsTile> tiles(TileArchives archives) {
      List<HipsTile> out = new ArrayList<>();
      for (String file : archives.names()) {
        HipsTile tile = HipsTile.ofPath(file);
        if (tile != null && file.endsWith(".png")) {
          out.add(tile);
        }
      }
      return out;
    }

    private long[] deepest(List<HipsTile> tiles) {
      return tiles.stream()
          .filter(t -> t.order() == stretch.order())
          .mapToLong(HipsTile::pixel)
          .sorted()
          .toArray();
    }

    private byte[] preview(SkyExtent extent, TileArchives tiles) throws IOException {
      SkyPicture picture = new SkyPicture(extent.center(), extent.widthDeg(), PREVIEW);
      BufferedImage drawn =
          picture.draw(
              picture.order(stretch.order()),
              tile -> {
                String file = tile.path("png");
                return tiles.has(file) ? TileRaster.read(file, tiles.read(file)) : null;
              });
      return raster.jpeg(drawn);
    }

    /** The coverage by pixels, of a band. */
    private void addCoverage(Map<String, byte[]> out) throws IOException {
      List<Moc> parts = new ArrayList<>();
      for (DatasetRef ref : quantum.refs(PIECES, DatasetTypes.HIPS_SUMMARY.name())) {
        if (DataId.parse(ref.getDataId()).get("band").equals(name)) {
          parts.add(context.reader().json(ref, HipsBlockTask.Summary.class).coverageMap());
        }
      }
      if (!parts.isEmpty()) {
        long[] pixels = parts.stream().flatMapToLong(m -> Arrays.stream(m.pixels())).toArray();
        out.put("MocPixels.fits", Moc.of(parts.get(0).order(), pixels).toFits());
      }
    }

    /** Images of low orders, from the FITS tiles of the bands. */
    private void addAllsky(List<HipsTile> tiles, Map<String, byte[]> out) throws IOException {
      HipsDrawing drawing = new HipsDrawing(stretch, config.raster());
      for (int order = 0; order <= Allsky.DEEPEST; order++) {
        Map<String, ImageF> images = new TreeMap<>();
        for (String band : bands) {
          ImageF image = allsky(order, band, tiles);
          images.put(band, image);
          if (!color) {
            HipsDrawing.Drawn gray = drawing.gray(band, image);
            out.put(Allsky.path(order, gray.extension()), gray.file());
            out.put(Allsky.path(order, "fits"), Allsky.toFits(order, image, band));
          }
        }
        for (HipsDrawing.Drawn d : color ? drawing.color(images) : List.<HipsDrawing.Drawn>of()) {
          out.put(Allsky.path(order, d.extension()), d.file());
        }
      }
    }

    private ImageF allsky(int order, String band, List<HipsTile> tiles) throws IOException {
      Allsky image = new Allsky(order);
      try (TileArchives merged = archives(band, List.of(DatasetTypes.HIPS_MERGE))) {
        for (HipsTile tile : tiles) {
          String file = tile.path("fits");
          if (tile.order() == order && merged.has(file)) {
            image.add(tile, TileFits.read(file, merged.read(file)));
          }
        }
      }
      return image.image();
    }

    private byte[] metadata() {
      Map<String, Object> cards = new LinkedHashMap<>();
      cards.put("ORIGIN", "Starbeam");
      cards.put("OBJECT", config.hips().collection());
      cards.put("BAND", String.join(" ", bands));
      cards.put("BUNIT", TileFits.UNIT);
      cards.put("ORDER", stretch.order());
      cards.put("MJD-BEG", stretch.firstMjd());
      cards.put("MJD-END", stretch.lastMjd());
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (FitsWriter writer = FitsWriter.to(bytes)) {
        writer.primary(cards).commit();
      }
      return bytes.toByteArray();
    }

    private HipsProperties properties(Moc moc, SkyExtent extent, long tiles, long bytes) {
      return new HipsProperties(
          config.hips().collection(),
          name,
          bands,
          color ? List.of("png", "jpeg") : List.of("png", "fits"),
          stretch.order(),
          stretch.skyOf(color ? bands.get(1) : name),
          extent.center(),
          extent.widthDeg(),
          moc,
          tiles,
          bytes,
          stretch.firstMjd(),
          stretch.lastMjd());
    }
  }
}
