package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.IsolatedStarSource;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.SourceRow;
import org.starbeam.schema.VisitRow;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Gathers the detectors of a visit: its summary, its rows of Source, Visit and CcdVisit and the
 * isolated stars among its sources, by detector and then by source id.
 */
public final class VisitTablesTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Role of the final characterizations. */
  public static final String DETECTOR = "detector";

  private final CoaddInputSelector.Config coaddLimits;

  /**
   * @param coaddLimits of the inputs of coadds, for {@code selectedForCoadd}
   */
  public VisitTablesTask(CoaddInputSelector.Config coaddLimits) {
    this.coaddLimits = coaddLimits;
  }

  /** Summary of a visit: those of its detectors, by detector number. */
  public record VisitSummary(long visit, List<ExposureSummary> detectors) {}

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "visitTables",
        "step2",
        6,
        Configs.json(coaddLimits),
        List.of(TaskSpec.InputRule.gather(DETECTOR, 1)),
        List.of(
            DatasetTypes.VISIT_SUMMARY,
            DatasetTypes.SOURCE,
            DatasetTypes.VISIT_TABLE,
            DatasetTypes.CCD_VISIT,
            DatasetTypes.ISOLATED_STAR_SOURCE));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId visit = quantum.dataId();
    List<ExposureSummary> summaries = new ArrayList<>();
    for (QuantumResult result : quantum.results(DETECTOR)) {
      if (result.getPayload() instanceof ExposureSummary summary) {
        summaries.add(summary);
      }
    }
    summaries.sort(Comparator.comparing(ExposureSummary::getDetector));
    List<SourceRow> sources = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(DETECTOR, DatasetTypes.SOURCE_DETECTOR.name())) {
      sources.addAll(context.reader().table(ref, SourceRow.class));
    }
    sources.sort(
        Comparator.comparing(SourceRow::getDetector).thenComparing(SourceRow::getSourceId));
    context.stageJson(
        DatasetTypes.VISIT_SUMMARY, visit, new VisitSummary(visit.getLong("visit"), summaries));
    context.stageTable(DatasetTypes.SOURCE, visit, SourceRow.class, sources, SourceRows.COLUMNS);
    Set<Integer> selected =
        new CoaddInputSelector(coaddLimits)
            .select(summaries).stream()
                .filter(CoaddInputSelector.Choice::selected)
                .map(CoaddInputSelector.Choice::detector)
                .collect(Collectors.toSet());
    context.stageTable(
        DatasetTypes.ISOLATED_STAR_SOURCE,
        visit,
        IsolatedStarSource.class,
        IsolatedStarSources.of(summaries, sources),
        List.of());
    VisitRows rows = new VisitRows(context);
    context.stageTable(
        DatasetTypes.VISIT_TABLE,
        visit,
        VisitRow.class,
        List.of(rows.visit(summaries)),
        VisitRows.VISIT_COLUMNS);
    context.stageTable(
        DatasetTypes.CCD_VISIT,
        visit,
        CcdVisitRow.class,
        summaries.stream().map(s -> rows.ccdVisit(s, selected.contains(s.getDetector()))).toList(),
        VisitRows.CCD_VISIT_COLUMNS);
    return Outcome.done();
  }

  /** Median of a number over the detectors that have it; NaN when none has. */
  static double median(List<ExposureSummary> all, ToDoubleFunction<ExposureSummary> number) {
    double[] values = all.stream().mapToDouble(number).filter(Double::isFinite).sorted().toArray();
    int n = values.length;
    return n == 0 ? Double.NaN : 0.5 * (values[(n - 1) / 2] + values[n / 2]);
  }

  static double orNaN(@Nullable Double value) {
    return value == null ? Double.NaN : Objects.requireNonNull(value);
  }
}
