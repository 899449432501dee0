package org.starbeam.transforms.step7;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.Moc;
import org.starbeam.hips.TileArchive;
import org.starbeam.hips.TileContent;
import org.starbeam.hips.TileFits;
import org.starbeam.hips.TileSampler;
import org.starbeam.hips.TileSum;
import org.starbeam.hips.TileTree;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * The FITS tiles of one band below a HEALPix pixel of order 8 (specs/07 section 6): those of the
 * deepest order are sampled from the deep coadds that own the sky there, the others are means of
 * their pixels. Depth first, one tile of each order and at most four coadds are in memory.
 */
public final class HipsBlockTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Name of the task. */
  public static final String NAME = "hipsBlock";

  static final String COADD = "coadd";

  private static final int FINER = 4;

  /**
   * Depth of the tree.
   *
   * @param order the deepest order, 8 to 14; 0 for the smallest one whose pixels are not larger
   *     than those of the coadds times maxPixelRatio
   * @param maxPixelRatio size of the pixels of the tree in those of the coadds, at most
   */
  public record Config(int order, double maxPixelRatio) implements Serializable {
    private static final int DEEPEST = 14;

    public Config {
      boolean deep = order == 0 || (order >= HipsPixels.BLOCK_ORDER && order <= DEEPEST);
      if (!deep || !(maxPixelRatio > 0)) {
        throw new BadInputException(
            "CONFIG_VALUE",
            "hipsBlock: order %d must be 0 or 8 to 14, maxPixelRatio %s above 0"
                .formatted(order, maxPixelRatio));
      }
    }

    public static Config defaults() {
      return new Config(0, 1.05);
    }

    int deepest() {
      double pixel = RingsSkyMap.defaults().config().pixelScaleArcsec();
      int fitting = HipsTile.orderFor(pixel, maxPixelRatio);
      return order == 0 ? Math.max(HipsPixels.BLOCK_ORDER, fitting) : order;
    }
  }

  /**
   * What is known of the tiles of a block.
   *
   * @param order the deepest order
   * @param tiles numbers of the tiles of that order, ascending
   * @param sky robust standard deviation of each tile's pixels, nJy/arcsec^2; null where too few
   *     have a value
   * @param coverage NUNIQ numbers of the pixels of order + 4 with a value
   * @param firstMjd first exposure in the coadds
   * @param lastMjd last exposure in the tiles
   */
  record Summary(
      int order,
      List<Long> tiles,
      List<@Nullable Double> sky,
      List<Long> coverage,
      double firstMjd,
      double lastMjd) {
    /** The coverage. */
    Moc coverageMap() {
      return Moc.ofUniq(order + FINER, coverage.stream().mapToLong(Long::longValue).toArray());
    }
  }

  private final Config config;

  HipsBlockTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step7",
        1,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(COADD, 1)),
        List.of(DatasetTypes.HIPS_BLOCK, DatasetTypes.HIPS_SUMMARY, DatasetTypes.HIPS_SUM));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId id = quantum.dataId();
    String band = id.get("band");
    HipsTile top = new HipsTile(HipsPixels.BLOCK_ORDER, id.getLong("healpix8"));
    Leaves leaves =
        new Leaves(
            config.deepest(),
            new PatchCutouts(context, quantum.refs(COADD, DatasetTypes.DEEP_COADD.name())));
    if (!leaves.findFirst(top)) {
      return Outcome.noWork("no pixel of this block has a value");
    }
    TileSum[] sum = new TileSum[1];
    context.stageFile(
        DatasetTypes.HIPS_BLOCK,
        id,
        file -> {
          try (TileArchive.Writer out = TileArchive.Writer.create(file)) {
            TileTree.Receiver receiver =
                (tile, s) -> {
                  context.checkCancelled();
                  out.add(tile.path("fits"), TileFits.write(tile, s.mean(), band, s.lastMjd()));
                };
            sum[0] = new TileTree(config.deepest(), leaves, receiver).withLeaves().build(top);
          }
        });
    TileSum total = Objects.requireNonNull(sum[0]);
    context.stageFile(DatasetTypes.HIPS_SUM, id, total::write);
    context.stageJson(DatasetTypes.HIPS_SUMMARY, id, leaves.summary(total.lastMjd()));
    context.metric("tiles", leaves.tiles.size());
    context.metric("pixels", total.totalCount());
    return Outcome.done();
  }

  /** The tiles of the deepest order, and what is learned of them on the way. */
  private static final class Leaves implements TileTree.Leaves {
    private final int order;
    private final PatchCutouts coadds;
    private final TileSampler sampler = new TileSampler(RingsSkyMap.defaults());
    private final List<Long> tiles = new ArrayList<>();
    private final List<@Nullable Double> sky = new ArrayList<>();
    private final List<Long> covered = new ArrayList<>();
    private long first;
    private float @Nullable [] firstPixels;

    Leaves(int order, PatchCutouts coadds) {
      this.order = order;
      this.coadds = coadds;
    }

    /** Samples tiles below one until one has a value; false when none has. */
    boolean findFirst(HipsTile top) {
      Healpix.Range range = Healpix.range(top.pixel(), top.order(), order);
      for (first = range.first(); first < range.end(); first++) {
        firstPixels = sampler.sample(new HipsTile(order, first), coadds);
        if (firstPixels != null) {
          return true;
        }
      }
      return false;
    }

    @Override
    public @Nullable TileSum of(HipsTile tile) {
      float[] pixels = null;
      if (tile.pixel() == first) {
        pixels = firstPixels;
        firstPixels = null;
      } else if (tile.pixel() > first) {
        pixels = sampler.sample(tile, coadds);
      }
      if (pixels == null) {
        return null;
      }
      tiles.add(tile.pixel());
      sky.add(TileContent.skySigma(pixels));
      for (long pixel : TileContent.covered(tile, pixels, FINER)) {
        covered.add(pixel);
      }
      return TileSum.of(pixels, coadds.takeLastMjd());
    }

    Summary summary(double lastMjd) {
      long[] pixels = covered.stream().mapToLong(Long::longValue).toArray();
      return new Summary(
          order,
          tiles,
          sky,
          Arrays.stream(Moc.of(order + FINER, pixels).uniq()).boxed().toList(),
          coadds.firstMjd(),
          lastMjd);
    }
  }
}
