package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.coadd.CoaddDetector;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.SkyPositions;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.MergedParentRow;
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
 * Detects the objects of a patch on the coadds of all bands and merges them (specs/03 section 9.1,
 * specs/04 section 3), see {@link CoaddDetector}.
 */
public final class DetectObjectsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  static final String COADD = "coadd";

  /**
   * @param threshold significance of a point source in a single band, if bands were all there is
   * @param together image of all bands: NONE, SED_BANK or CHI_SQUARE
   * @param splitSnr significance of the curvature at a peak of a close pair; 0 to look for none
   * @param splitContrast height of such a peak above the saddle, as a part of the stronger one
   * @param skyObjects positions without a source to measure, per patch
   * @param skyRadius pixels around them without a source
   */
  public record Config(
      double threshold,
      CoaddDetector.Together together,
      double splitSnr,
      double splitContrast,
      int skyObjects,
      int skyRadius)
      implements java.io.Serializable {
    public static Config defaults() {
      CoaddDetector.Config detection = CoaddDetector.Config.defaults();
      return new Config(
          detection.threshold(),
          detection.together(),
          detection.splitSnr(),
          detection.splitContrast(),
          100,
          18);
    }

    private CoaddDetector.Config detection() {
      return new CoaddDetector.Config(
          threshold,
          together,
          splitSnr,
          splitContrast,
          CoaddDetector.Config.defaults().pixelArcsec());
    }
  }

  private final Config config;

  public DetectObjectsTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "detectObjects",
        "step3",
        3,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(COADD, 1)),
        List.of(DatasetTypes.MERGED_PARENT));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Tract tract = RingsSkyMap.defaults().tract(quantum.dataId().getInt("tract"));
    Box outer = tract.patchOuterBox(quantum.dataId().getInt("patch"));
    List<CoaddBand> bands = new ArrayList<>();
    Box box = Box.EMPTY;
    MaskI bad = new MaskI(outer);
    for (DatasetRef ref : quantum.refs(COADD, DatasetTypes.DEEP_COADD.name())) {
      String band = DataId.parse(ref.getDataId()).get("band");
      CoaddBand coadd = CoaddRegion.read(context.reader().path(ref), band, outer).band();
      box = box.union(coadd.image().box());
      bands.add(coadd);
      or(coadd.image().mask(), bad);
      context.checkCancelled();
    }
    if (box.isEmpty()) {
      return Outcome.noWork("no coadd covers the patch");
    }
    List<MergedParent> parents = new CoaddDetector(config.detection()).detect(bands);
    List<MergedParentRow> rows = new ArrayList<>();
    for (MergedParent parent : parents) {
      rows.add(MergedParents.row(rows.size(), parent));
    }
    context.metric("parents", rows.size());
    for (int[] place : skyPlaces(box, parents, bad, context.seed("sky"))) {
      rows.add(MergedParents.sky(rows.size(), place[0], place[1]));
    }
    context.stageTable(
        DatasetTypes.MERGED_PARENT, quantum.dataId(), MergedParentRow.class, rows, List.of());
    return Outcome.done();
  }

  private static void or(MaskI from, MaskI to) {
    Box box = from.box().intersect(to.box());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        to.data[to.index(x, y)] |= from.get(x, y);
      }
    }
  }

  /** Places away from sources and missing pixels. */
  private List<int[]> skyPlaces(Box box, List<MergedParent> parents, MaskI mask, long seed) {
    for (MergedParent parent : parents) {
      for (int i = 0; i < parent.runs().length; i += 3) {
        for (int x = parent.runs()[i + 1]; x < parent.runs()[i + 2]; x++) {
          mask.data[mask.index(x, parent.runs()[i])] |= MaskPlanes.DETECTED;
        }
      }
    }
    int avoid = MaskPlanes.NO_DATA | MaskPlanes.BAD | MaskPlanes.DETECTED;
    return SkyPositions.find(mask.view(box), avoid, config.skyObjects(), config.skyRadius(), seed);
  }
}
