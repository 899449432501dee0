package org.starbeam.transforms.step3;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.coadd.MeasuredObject;
import org.starbeam.coadd.ObjectMeasurer;
import org.starbeam.deblend.Redistribution;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.deblend.ScarletDeblender;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.measurement.StarCalibration;
import org.starbeam.measurement.StarPrior;
import org.starbeam.modelfit.ModelFitter;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.MergedParentRow;
import org.starbeam.schema.MultiProFitRow;
import org.starbeam.schema.ObjectParentRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.ScarletBlendRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Measures the parents of one bin of a patch, a square of {@value #BIN} pixels, in all bands. Only
 * the cut-out that holds them is read.
 */
public final class MeasureObjectsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(MeasureObjectsTask.class);

  /** Side of a bin in pixels. */
  static final int BIN = 600;

  static final String PARENTS = "parents";
  static final String COADD = "coadd";

  /** Pixels around footprints that measurements reach. */
  private static final int MARGIN = 80;

  /**
   * @param bands for position and shape, most trusted first; others follow by name
   * @param minReferenceSnr a reference band of less S/N gives way to a better one
   * @param snrAdvantage S/N by which that must be better
   * @param starPrior stars to galaxies that are expected where nothing is known of an object
   * @param starCalibration what log odds of a star are worth, by sources of known nature
   * @param deblending of objects that touch
   * @param models priors and limits of the parametric models
   */
  public record Config(
      List<String> bands,
      double minReferenceSnr,
      double snrAdvantage,
      StarPrior starPrior,
      StarCalibration starCalibration,
      ScarletDeblender.Config deblending,
      Models models)
      implements Serializable {
    public Config {
      bands = List.copyOf(bands);
    }

    public static Config defaults() {
      ObjectMeasurer.Config standard = ObjectMeasurer.Config.defaults();
      return new Config(
          standard.priority(),
          standard.minReferenceSnr(),
          standard.snrAdvantage(),
          StarPrior.even(),
          StarCalibration.none(),
          standard.deblending(),
          Models.defaults());
    }

    private ObjectMeasurer.Config measurement() {
      ObjectMeasurer.Config standard = ObjectMeasurer.Config.defaults();
      return new ObjectMeasurer.Config(
          bands,
          standard.radii(),
          minReferenceSnr,
          snrAdvantage,
          standard.cellSize(),
          standard.pixelArcsec(),
          deblending,
          models.at(standard.pixelArcsec()));
    }
  }

  /**
   * @param groupLimit objects that are fitted at once
   * @param maxPixels of the region of a fit
   * @param minSnr below which an object among others stays a point
   * @param devSnr above which a de Vaucouleurs profile is fitted too
   * @param bulgeDiskSnr above which bulge and disk are fitted too
   * @param sizeArcsec half-light radius that is most likely before anything is seen
   * @param sizeSigma its spread, dex
   * @param axisRatio that is most likely
   * @param axisRatioSigma its spread, in logits
   * @param indexSigma spread of the Sersic index about 1, in logits
   */
  public record Models(
      int groupLimit,
      int maxPixels,
      double minSnr,
      double devSnr,
      double bulgeDiskSnr,
      double sizeArcsec,
      double sizeSigma,
      double axisRatio,
      double axisRatioSigma,
      double indexSigma)
      implements Serializable {
    public Models {
      boolean spread = sizeSigma > 0 && axisRatioSigma > 0 && indexSigma > 0;
      if (!spread || !(sizeArcsec > 0) || !(axisRatio > 0 && axisRatio < 1) || groupLimit < 1) {
        throw new IllegalArgumentException(
            "models: groupLimit, sizeArcsec and the sigmas must be positive, axisRatio between 0"
                + " and 1");
      }
    }

    public static Models defaults() {
      ModelFitter.Config c = ObjectMeasurer.Config.defaults().models();
      return new Models(
          c.groupLimit(),
          c.maxPixels(),
          c.minSnr(),
          c.devSnr(),
          c.bulgeDiskSnr(),
          0.2,
          c.sizeSigma(),
          c.axisRatio(),
          c.axisRatioSigma(),
          c.indexSigma());
    }

    private ModelFitter.Config at(double pixelArcsec) {
      return new ModelFitter.Config(
          pixelArcsec,
          groupLimit,
          maxPixels,
          minSnr,
          devSnr,
          bulgeDiskSnr,
          Math.log10(sizeArcsec),
          sizeSigma,
          axisRatio,
          axisRatioSigma,
          indexSigma);
    }
  }

  private final Config config;

  public MeasureObjectsTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "measureObjects",
        "step3",
        13,
        Configs.json(config),
        List.of(TaskSpec.InputRule.required(PARENTS), TaskSpec.InputRule.gather(COADD, 1)),
        List.of(
            DatasetTypes.OBJECT_UNPUBLISHED,
            DatasetTypes.OBJECT_PARENT_UNPUBLISHED,
            DatasetTypes.SCARLET_BLEND,
            DatasetTypes.MULTIPROFIT_FIT));
  }

  /** Name of the bin of a parent: that of its strongest peak. */
  static String bin(MergedParentRow parent, Box outer) {
    int column = (int) (parent.getPeakX().get(0) - outer.x0()) / BIN;
    int row = (int) (parent.getPeakY().get(0) - outer.y0()) / BIN;
    return binName(row, column);
  }

  private static String binName(int row, int column) {
    return "bin%02d%02d".formatted(row, column);
  }

  /** All bins of a patch. */
  public static List<String> bins(Box outer) {
    List<String> out = new ArrayList<>();
    for (int row = 0; row * BIN < outer.height(); row++) {
      for (int column = 0; column * BIN < outer.width(); column++) {
        out.add(binName(row, column));
      }
    }
    return out;
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId id = quantum.dataId();
    RingsSkyMap map = RingsSkyMap.defaults();
    Tract tract = map.tract(id.getInt("tract"));
    int patch = id.getInt("patch");
    Box outer = tract.patchOuterBox(patch);
    Bin bin = Bin.read(quantum, context, outer);
    Box wanted = bin.region.grow(MARGIN).intersect(outer);
    List<CoaddRegion> regions = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(COADD, DatasetTypes.DEEP_COADD.name())) {
      String band = DataId.parse(ref.getDataId()).get("band");
      regions.add(CoaddRegion.read(context.reader().path(ref), band, wanted));
    }
    if (regions.isEmpty()) {
      return Outcome.noWork("no band covers the bin");
    }
    List<CoaddBand> bands = regions.stream().map(CoaddRegion::band).toList();
    PatchIds ids = PatchIds.of(tract, patch, context.release());
    ObjectRows rows =
        new ObjectRows(
            map, tract, patch, ids, regions, config.starPrior(), config.starCalibration());
    ObjectParentRows parentRows = new ObjectParentRows(map, tract, patch, ids);
    Recorder recorder =
        new Recorder(context, rows, parentRows, bin.parents, new ArrayList<>(), new TreeMap<>());
    List<MeasuredObject> objects =
        new ObjectMeasurer(config.measurement())
            .measure(bands, bin.parents, bin.sky, context.seed("neighbours"), recorder);
    stage(context, id, objects, recorder);
    return Outcome.done();
  }

  /**
   * What was detected in a bin of a patch.
   *
   * @param sky pixels of the sky objects, {x, y}
   * @param region that holds them all
   */
  private record Bin(List<MergedParent> parents, List<int[]> sky, Box region) {
    static Bin read(Quantum quantum, QuantumContext context, Box outer) throws IOException {
      List<MergedParent> parents = new ArrayList<>();
      List<int[]> sky = new ArrayList<>();
      Box region = Box.EMPTY;
      DatasetRef merged = quantum.ref(PARENTS, DatasetTypes.MERGED_PARENT.name());
      for (MergedParentRow row : context.reader().table(merged, MergedParentRow.class)) {
        if (!MeasureObjectsTask.bin(row, outer).equals(quantum.dataId().get("name"))) {
          continue;
        }
        MergedParent parent = MergedParents.parent(row);
        region = region.union(MergedParents.box(parent.runs()));
        if (row.getSky()) {
          sky.add(new int[] {parent.runs()[1], parent.runs()[0]});
        } else {
          parents.add(parent);
        }
      }
      return new Bin(parents, sky, region);
    }
  }

  private static void stage(
      QuantumContext context, DataId id, List<MeasuredObject> objects, Recorder recorder)
      throws IOException {
    List<ObjectRow> rows = new ArrayList<>();
    List<MultiProFitRow> fits = new ArrayList<>();
    List<String> names =
        objects.isEmpty() ? List.of() : List.copyOf(objects.get(0).forced().keySet());
    for (MeasuredObject object : objects) {
      ObjectRow row =
          recorder.rows.row(
              object, object.parent() < 0 ? null : recorder.parents.get(object.parent()));
      rows.add(row);
      fits.addAll(
          MultiProFitRows.rows(row.getObjectId(), row.getParentObjectId(), names, object.models()));
    }
    context.stageTable(
        DatasetTypes.OBJECT_UNPUBLISHED, id, ObjectRow.class, rows, ObjectRows.COLUMNS);
    context.stageTable(
        DatasetTypes.OBJECT_PARENT_UNPUBLISHED,
        id,
        ObjectParentRow.class,
        List.copyOf(recorder.families.values()),
        List.of());
    context.stageTable(
        DatasetTypes.SCARLET_BLEND, id, ScarletBlendRow.class, recorder.blends, List.of());
    context.stageTable(DatasetTypes.MULTIPROFIT_FIT, id, MultiProFitRow.class, fits, List.of());
    context.metric("blends", recorder.blends.size());
    context.metric("objects", objects.size());
  }

  /** Keeps the models of blends and tells of parents that could not be measured. */
  private record Recorder(
      QuantumContext context,
      ObjectRows rows,
      ObjectParentRows parentRows,
      List<MergedParent> parents,
      List<ScarletBlendRow> blends,
      SortedMap<Integer, ObjectParentRow> families)
      implements ObjectMeasurer.Observer {
    @Override
    public void shared(int parent, MergedParent measured, Redistribution split) {
      families.put(parent, parentRows.shared(parents.get(parent), measured, split));
      for (ScarletBlend blend : split.models()) {
        blends.add(rows.blend(blend, parents.get(parent)));
      }
    }

    @Override
    public void failed(int parent, RuntimeException cause) {
      families.put(parent, parentRows.failed(parents.get(parent)));
      MergedPeak peak = parents.get(parent).peaks().get(0);
      LOG.error("parent with its first peak at {}, {}", peak.x(), peak.y(), cause);
      context.caveat(
          QuantumContext.Caveat.PARTIAL_OUTPUTS,
          String.format(
              Locale.ROOT,
              "the parent whose first peak is at pixel %.0f, %.0f of the tract, of %d peaks, could"
                  + " not be measured and has no rows: %s; please report it with the log",
              peak.x(),
              peak.y(),
              parents.get(parent).peaks().size(),
              cause));
    }
  }
}
