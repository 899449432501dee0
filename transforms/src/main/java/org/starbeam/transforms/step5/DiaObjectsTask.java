package org.starbeam.transforms.step5;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.DiaObjectBand;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.ForcedSourceOnDiaObjectRow;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SphereIndex;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Rows of DiaObject of one HEALPix pixel of order 8 (specs/03 section 8.2): what its association
 * knows, the statistics of the forced difference fluxes, and the nearest primary objects within ten
 * arcsec.
 */
public final class DiaObjectsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  static final String NAME = "diaObjects";

  /** Role of the association of the pixel. */
  static final String ASSOCIATION = "association";

  /** Role of the forced fluxes of the detectors over the pixel. */
  static final String FORCED = "forced";

  /** Role of the object tables of the tracts around the pixel. */
  static final String OBJECTS = "objects";

  private static final double NEARBY_ARCSEC = 10;
  private static final List<String> NEARBY = List.of("nearbyObj1", "nearbyObj2", "nearbyObj3");

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step5",
        1,
        "{}",
        List.of(
            TaskSpec.InputRule.required(ASSOCIATION),
            TaskSpec.InputRule.gather(FORCED, 0),
            TaskSpec.InputRule.gather(OBJECTS, 0)),
        List.of(DatasetTypes.DIA_OBJECT));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    List<DiaObjectRow> rows =
        context
            .reader()
            .table(
                quantum.ref(ASSOCIATION, DatasetTypes.DIA_OBJECT_UNPUBLISHED.name()),
                DiaObjectRow.class);
    rows = new ArrayList<>(rows);
    rows.sort(Comparator.comparingLong(DiaObjectRow::getDiaObjectId));
    addForced(rows, quantum, context);
    addNearby(rows, quantum, context);
    context.stageTable(
        DatasetTypes.DIA_OBJECT,
        quantum.dataId(),
        DiaObjectRow.class,
        rows,
        DiaObjectRows.columns());
    context.metric("rows", rows.size());
    return Outcome.done();
  }

  private static void addForced(List<DiaObjectRow> rows, Quantum quantum, QuantumContext context)
      throws IOException {
    Set<Long> own = new HashSet<>();
    rows.forEach(row -> own.add(row.getDiaObjectId()));
    Map<Long, Map<String, List<ForcedSourceOnDiaObjectRow>>> forced = new HashMap<>();
    Set<String> bands = new TreeSet<>();
    String type = DatasetTypes.FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR.name();
    for (DatasetRef ref : quantum.refs(FORCED, type)) {
      for (var row : context.reader().table(ref, ForcedSourceOnDiaObjectRow.class)) {
        if (own.contains(row.getDiaObjectId())) {
          bands.add(row.getBand());
          forced
              .computeIfAbsent(row.getDiaObjectId(), id -> new HashMap<>())
              .computeIfAbsent(row.getBand(), band -> new ArrayList<>())
              .add(row);
        }
      }
      context.checkCancelled();
    }
    DiaObjectRows.fillAbsentBands(rows, bands);
    for (DiaObjectRow row : rows) {
      var byBand = forced.getOrDefault(row.getDiaObjectId(), Map.of());
      for (Map.Entry<String, DiaObjectBand> band : row.getBands().entrySet()) {
        DiaObjectRows.addForced(band.getValue(), byBand.getOrDefault(band.getKey(), List.of()));
      }
    }
  }

  private static void addNearby(List<DiaObjectRow> rows, Quantum quantum, QuantumContext context)
      throws IOException {
    long pixel = quantum.dataId().getLong("healpix8");
    List<ForcedPlaces.Entry> near = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(OBJECTS, DatasetTypes.OBJECT.name())) {
      ForcedPlaces all = context.reader().cached(ref, ForcedPlaces.class, ForcedPlaces::ofObjects);
      all.entries().stream().filter(e -> DiaPixels.sees(pixel, e.ra(), e.dec())).forEach(near::add);
      context.checkCancelled();
    }
    SphereIndex index =
        new SphereIndex(
            near.stream().mapToDouble(ForcedPlaces.Entry::ra).toArray(),
            near.stream().mapToDouble(ForcedPlaces.Entry::dec).toArray(),
            NEARBY_ARCSEC);
    for (DiaObjectRow row : rows) {
      double[] place = Angles.vector(row.getRa(), row.getDec());
      int[] found =
          Arrays.stream(index.within(place, NEARBY_ARCSEC))
              .boxed()
              .sorted(
                  Comparator.comparingDouble(
                          (Integer i) -> SphereIndex.chordArcsec(index.vector(i), place))
                      .thenComparingLong(i -> near.get(i).id()))
              .mapToInt(Integer::intValue)
              .toArray();
      for (int k = 0; k < NEARBY.size(); k++) {
        boolean any = k < found.length;
        double distance = any ? SphereIndex.chordArcsec(index.vector(found[k]), place) : Double.NaN;
        DiaObjectRows.nearby(row, NEARBY.get(k), any ? near.get(found[k]).id() : 0, distance);
      }
    }
  }
}
