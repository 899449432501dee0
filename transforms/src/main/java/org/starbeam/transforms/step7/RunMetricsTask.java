package org.starbeam.transforms.step7;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.MetricValue;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.StarPosition;
import org.starbeam.schema.StarResidual;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step2.VisitTablesTask;

/**
 * The metrics of a run by band from the star residuals of all visits and the objects of all tracts:
 * medians with their errors (1.2533 robust sigma / sqrt n) against the limits of first light, the
 * repeatability of stars in all tracts, and the metrics of the LSST SRD that need a reference, more
 * bands than one, coadds or the altitude of visits (specs/07 section 11.1). A night has those of
 * its star residuals.
 */
public final class RunMetricsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final double BRIGHT_SNR = 50;
  private static final int FEWEST = 10;

  static final String RESIDUALS = "residuals";
  static final String OBJECTS = "objects";

  /** Role of the metrics of tracts. */
  static final String TRACTS = "tracts";

  /** Role of the tables of visits. */
  static final String VISITS = "visits";

  private final String name;
  private final String level;

  private RunMetricsTask(String name, String level) {
    this.name = name;
    this.level = level;
  }

  /** Metrics of everything. */
  static RunMetricsTask ofRun() {
    return new RunMetricsTask("runMetrics", "run");
  }

  /** Metrics of a night, whose name is in the data id. */
  static RunMetricsTask ofNight() {
    return new RunMetricsTask("nightMetrics", "night");
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        name,
        "step7",
        3,
        "{}",
        List.of(
            TaskSpec.InputRule.optional(RESIDUALS),
            TaskSpec.InputRule.optional(OBJECTS),
            TaskSpec.InputRule.optional(TRACTS),
            TaskSpec.InputRule.optional(VISITS)),
        List.of(DatasetTypes.METRIC));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Map<String, List<StarResidual>> byBand = new TreeMap<>();
    for (DatasetRef ref : quantum.refs(RESIDUALS, DatasetTypes.STAR_RESIDUAL.name())) {
      for (StarResidual row : context.reader().table(ref, StarResidual.class)) {
        byBand.computeIfAbsent(row.getBand(), b -> new ArrayList<>()).add(row);
      }
    }
    List<MetricValue> metrics = new ArrayList<>();
    byBand.forEach((band, rows) -> starMetrics(band, rows, metrics));
    Set<String> bands = new TreeSet<>(byBand.keySet());
    SrdMetrics srd = new SrdMetrics(null, FEWEST);
    ReferenceMetrics reference = new ReferenceMetrics(byBand);
    if (level.equals("run")) {
      ZenithImages zenith = zenith(quantum, context, bands);
      CoaddEllipticity coadds = addObjects(quantum, context, metrics);
      BandPositions positions = addTracts(quantum, context, metrics);
      List<String> ordered = TableSchemas.orderBands(bands, List.of());
      positions.write(ordered, srd);
      coadds.write(ordered, srd);
      zenith.write(ordered, srd);
    }
    reference.write(TableSchemas.orderBands(bands, List.of()), srd);
    metrics.addAll(srd.all());
    metrics.forEach(metric -> metric.setLevel(level));
    context.stageTable(
        DatasetTypes.METRIC, quantum.dataId(), MetricValue.class, metrics, List.of());
    return Outcome.done();
  }

  private static void starMetrics(String band, List<StarResidual> rows, List<MetricValue> out) {
    Predicate<StarResidual> bright = r -> r.getSnr() > BRIGHT_SNR;
    out.add(
        median(
            "astrometry.ra_median", band, "mas", 20.0, rows, bright, StarResidual::getDeltaRaMas));
    out.add(
        median(
            "astrometry.dec_median",
            band,
            "mas",
            20.0,
            rows,
            bright,
            StarResidual::getDeltaDecMas));
    out.add(
        median(
            "photometry.offset_to_reference",
            band,
            "mag",
            0.01,
            rows,
            bright.and(r -> r.getDeltaMag() != null),
            r -> orNan(r.getDeltaMag())));
    out.add(
        median(
            "psf.size_residual.reserved",
            band,
            "1",
            0.01,
            rows,
            bright.and(StarResidual::getReserved).and(r -> r.getSizeResidual() != null),
            r -> orNan(r.getSizeResidual())));
    out.add(
        median(
            "psf.size_residual.bright",
            band,
            "1",
            0.01,
            rows,
            bright.and(r -> r.getSizeResidual() != null),
            r -> orNan(r.getSizeResidual())));
  }

  private static double orNan(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }

  private static MetricValue median(
      String name,
      String band,
      String unit,
      double threshold,
      List<StarResidual> rows,
      Predicate<StarResidual> selection,
      ToDoubleFunction<StarResidual> value) {
    double[] values = rows.stream().filter(selection).mapToDouble(value).sorted().toArray();
    MetricValue.Builder metric =
        MetricValue.newBuilder()
            .setName(name)
            .setBand(band)
            .setUnit(unit)
            .setLevel("run")
            .setN(values.length)
            .setThreshold(threshold);
    if (values.length < FEWEST) {
      return metric.setStatus("too_few").build();
    }
    double sigma =
        0.7413
            * (ClippedStatistics.quantile(values, 0.75) - ClippedStatistics.quantile(values, 0.25));
    return metric
        .setStatus("ok")
        .setValue(ClippedStatistics.quantile(values, 0.5))
        .setErr(1.2533 * sigma / Math.sqrt(values.length))
        .build();
  }

  /** Counts of the objects; returns the shapes of their stars. */
  private static CoaddEllipticity addObjects(
      Quantum quantum, QuantumContext context, List<MetricValue> out) throws IOException {
    long primary = 0;
    List<long[]> places = new ArrayList<>();
    CoaddEllipticity shapes = new CoaddEllipticity();
    for (DatasetRef ref : quantum.refs(OBJECTS, DatasetTypes.OBJECT.name())) {
      List<ObjectRow> tract = context.reader().table(ref, ObjectRow.class);
      for (ObjectRow row : tract) {
        if (Boolean.TRUE.equals(row.getDetectIsPrimary())) {
          primary++;
          places.add(new long[] {row.getObjectId()});
        }
      }
      shapes.add(tract);
    }
    long distinct = places.stream().mapToLong(p -> p[0]).distinct().count();
    out.add(count("object.primary", primary, null));
    out.add(count("object.repeated_ids", primary - distinct, 0.0));
    return shapes;
  }

  /**
   * The mean of the tracts, each by the stars or pairs that it has; returns how far their stars are
   * in one band from where they are in r.
   */
  private static BandPositions addTracts(
      Quantum quantum, QuantumContext context, List<MetricValue> out) throws IOException {
    Map<String, List<MetricValue>> same = new TreeMap<>();
    for (DatasetRef ref : quantum.refs(TRACTS, DatasetTypes.TRACT_METRIC.name())) {
      for (MetricValue m : context.reader().table(ref, MetricValue.class)) {
        same.computeIfAbsent(
                m.getName() + " " + m.getSubset() + " " + m.getBand(), k -> new ArrayList<>())
            .add(m);
      }
    }
    same.values().forEach(tracts -> out.add(mean(tracts)));
    Map<Long, List<DatasetRef>> byTract = new TreeMap<>();
    for (DatasetRef ref : quantum.refs(TRACTS, DatasetTypes.STAR_POSITION.name())) {
      long tract = DataId.parse(ref.getDataId()).getLong("tract");
      byTract.computeIfAbsent(tract, t -> new ArrayList<>()).add(ref);
    }
    BandPositions positions = new BandPositions();
    for (List<DatasetRef> bands : byTract.values()) {
      List<StarPosition> stars = new ArrayList<>();
      for (DatasetRef ref : bands) {
        stars.addAll(context.reader().table(ref, StarPosition.class));
      }
      positions.add(stars);
    }
    return positions;
  }

  /** The PSFs of visits near the zenith; adds the bands of all visits. */
  private static ZenithImages zenith(Quantum quantum, QuantumContext context, Set<String> bands)
      throws IOException {
    ZenithImages out = new ZenithImages();
    for (DatasetRef ref : quantum.refs(VISITS, DatasetTypes.VISIT_SUMMARY.name())) {
      List<ExposureSummary> detectors =
          context.reader().json(ref, VisitTablesTask.VisitSummary.class).detectors();
      detectors.forEach(d -> bands.add(d.getBand()));
      out.add(detectors);
    }
    return out;
  }

  private static MetricValue mean(List<MetricValue> tracts) {
    double sum = 0;
    double variance = 0;
    long known = 0;
    long all = 0;
    for (MetricValue m : tracts) {
      Double value = m.getValue();
      Double err = m.getErr();
      all += m.getN();
      if (value != null) {
        known += m.getN();
        sum += m.getN() * value;
        variance += err == null ? Double.NaN : Math.pow(m.getN() * err, 2);
      }
    }
    MetricValue first = tracts.get(0);
    boolean hasInput = tracts.stream().anyMatch(m -> !m.getStatus().equals("no_input"));
    double err = Math.sqrt(variance) / known;
    return MetricValue.newBuilder(first)
        .setTract(null)
        .setN(known == 0 ? all : known)
        .setStatus(known > 0 ? "ok" : hasInput ? "too_few" : "no_input")
        .setValue(known > 0 ? sum / known : null)
        .setErr(known > 0 && Double.isFinite(err) ? err : null)
        .build();
  }

  private static MetricValue count(String name, long value, @Nullable Double threshold) {
    return MetricValue.newBuilder()
        .setName(name)
        .setUnit("1")
        .setLevel("run")
        .setN(value)
        .setValue((double) value)
        .setStatus("ok")
        .setThreshold(threshold)
        .build();
  }
}
