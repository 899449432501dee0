package org.starbeam.transforms.step3;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.coadd.MeasuredObject;
import org.starbeam.coadd.ObjectMeasurer;
import org.starbeam.deblend.Redistribution;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.deblend.ScarletDeblender;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.MergedParentRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.ScarletBlendRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
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

  /** Side of a bin in pixels. */
  static final int BIN = 600;

  static final String PARENTS = "parents";
  static final String COADD = "coadd";

  /** Pixels around footprints that measurements reach. */
  private static final int MARGIN = 80;

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "measureObjects",
        "step3",
        8,
        "{}",
        List.of(TaskSpec.InputRule.required(PARENTS), TaskSpec.InputRule.gather(COADD, 1)),
        List.of(DatasetTypes.OBJECT_UNPUBLISHED, DatasetTypes.SCARLET_BLEND));
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
    Box outer = tract.patchOuterBox(id.getInt("patch"));
    List<MergedParent> parents = new ArrayList<>();
    List<int[]> sky = new ArrayList<>();
    Box region = Box.EMPTY;
    DatasetRef merged = quantum.ref(PARENTS, DatasetTypes.MERGED_PARENT.name());
    for (MergedParentRow row : context.reader().table(merged, MergedParentRow.class)) {
      if (!bin(row, outer).equals(id.get("name"))) {
        continue;
      }
      MergedParent parent = parent(row);
      region = region.union(bounds(parent.runs()));
      if (row.getSky()) {
        sky.add(new int[] {parent.runs()[1], parent.runs()[0]});
      } else {
        parents.add(parent);
      }
    }
    List<CoaddRegion> regions = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(COADD, DatasetTypes.DEEP_COADD.name())) {
      String band = DataId.parse(ref.getDataId()).get("band");
      Box wanted = region.grow(MARGIN).intersect(outer);
      regions.add(CoaddRegion.read(context.reader().path(ref), band, wanted));
    }
    if (regions.isEmpty()) {
      return Outcome.noWork("no band covers the bin");
    }
    List<CoaddBand> bands = regions.stream().map(CoaddRegion::band).toList();
    ObjectMeasurer measurer =
        new ObjectMeasurer(
            ObjectMeasurer.Config.defaults(),
            new ScarletDeblender(ScarletDeblender.Config.defaults()));
    ObjectRows rows = new ObjectRows(map, tract, id.getInt("patch"), context.release(), regions);
    List<ScarletBlendRow> blends = new ArrayList<>();
    List<MeasuredObject> objects =
        measurer.measure(
            bands,
            parents,
            sky,
            context.seed("neighbours"),
            (parent, split) -> keep(rows, parents.get(parent), split, blends));
    List<ObjectRow> out = new ArrayList<>();
    for (MeasuredObject object : objects) {
      out.add(rows.row(object, object.parent() < 0 ? null : parents.get(object.parent())));
    }
    context.stageTable(
        DatasetTypes.OBJECT_UNPUBLISHED, id, ObjectRow.class, out, ObjectRows.COLUMNS);
    context.stageTable(DatasetTypes.SCARLET_BLEND, id, ScarletBlendRow.class, blends, List.of());
    context.metric("blends", blends.size());
    context.metric("objects", objects.size());
    return Outcome.done();
  }

  private static void keep(
      ObjectRows rows, MergedParent parent, Redistribution split, List<ScarletBlendRow> out) {
    for (ScarletBlend blend : split.models()) {
      out.add(rows.blend(blend, parent));
    }
  }

  private static MergedParent parent(MergedParentRow row) {
    int[] runs = row.getRuns().stream().mapToInt(Integer::intValue).toArray();
    List<MergedPeak> peaks = new ArrayList<>();
    for (int i = 0; i < row.getPeakX().size(); i++) {
      List<String> bands =
          Splitter.on(',').omitEmptyStrings().splitToList(row.getPeakBands().get(i));
      peaks.add(
          new MergedPeak(
              row.getPeakX().get(i),
              row.getPeakY().get(i),
              row.getPeakSignificance().get(i),
              bands));
    }
    return new MergedParent(runs, peaks, 0, List.of());
  }

  private static Box bounds(int[] runs) {
    int xMin = Integer.MAX_VALUE;
    int xMax = Integer.MIN_VALUE;
    for (int i = 0; i < runs.length; i += 3) {
      xMin = Math.min(xMin, runs[i + 1]);
      xMax = Math.max(xMax, runs[i + 2] - 1);
    }
    return Box.ofCorners(xMin, runs[0], xMax, runs[runs.length - 3]);
  }
}
