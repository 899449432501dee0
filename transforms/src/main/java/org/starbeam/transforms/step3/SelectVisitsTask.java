package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.coadd.CoaddInputSelector.Choice;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.selection.SelectionRow;
import org.starbeam.transforms.selection.VisitFields;
import org.starbeam.transforms.sky.SkyRouting;

/** Chooses the inputs of the coadds of a tract and band from the summaries of its visits. */
public final class SelectVisitsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "selectVisits";

  /** Role of the final characterizations, with their summaries. */
  public static final String VISIT = "visit";

  /**
   * The product.
   *
   * @param choices every detector of every visit that overlaps the tract, with the reason when it
   *     is left out
   * @param blocks blocks that a selected detector overlaps
   */
  public record Selection(int tract, String band, List<Choice> choices, List<Integer> blocks) {}

  /** Reason of a detector that the campaign's selection leaves out. */
  static final String LEFT_OUT = "SELECTION";

  private final CoaddInputSelector.Config config;
  private final String where;

  /** A task that selects by the limits of coadds alone. */
  public SelectVisitsTask(CoaddInputSelector.Config config) {
    this(config, "");
  }

  /**
   * @param where selection of detectors by what was measured of them; empty for all
   */
  public SelectVisitsTask(CoaddInputSelector.Config config, String where) {
    this.config = config;
    this.where = where;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step3",
        3,
        configJson(),
        List.of(TaskSpec.InputRule.gather(VISIT, 1)),
        List.of(DatasetTypes.COADD_INPUT_SELECTION));
  }

  /** Without a selection the same text as ever, so that nothing is computed again. */
  private String configJson() {
    return where.isEmpty()
        ? Configs.json(config)
        : CanonicalJson.write(Map.of("limits", config, "where", where));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId id = quantum.dataId();
    List<ExposureSummary> summaries = new ArrayList<>();
    for (QuantumResult result : quantum.results(VISIT)) {
      if (result.getPayload() instanceof ExposureSummary summary) {
        summaries.add(summary);
      }
    }
    List<Choice> choices = choices(summaries);
    Set<Integer> blocks = new TreeSet<>();
    for (ExposureSummary summary : summaries) {
      if (isSelected(choices, summary)) {
        SkyRouting.blocks(summary).stream()
            .filter(b -> b.get("tract").equals(id.get("tract")))
            .forEach(b -> blocks.add(b.getInt("block")));
      }
    }
    Selection selection =
        new Selection(id.getInt("tract"), id.get("band"), choices, List.copyOf(blocks));
    context.stageJson(DatasetTypes.COADD_INPUT_SELECTION, id, selection);
    long selected = choices.stream().filter(Choice::selected).count();
    context.metric("selectedInputs", selected);
    context.metric("rejectedInputs", choices.size() - selected);
    Map<String, Long> refused = refused(choices);
    if (selected == 0 && !refused.isEmpty()) {
      context.caveat(
          QuantumContext.Caveat.CLIPPED_INPUT,
          "band %s has no coadd here, all its inputs were refused: %s; limits: tasks.selectVisits"
              .formatted(id.get("band"), refused));
    }
    return Outcome.done();
  }

  /** Detectors that a limit refused, by the limit. */
  private static Map<String, Long> refused(List<Choice> choices) {
    return choices.stream()
        .filter(c -> !c.selected() && !c.reason().equals(LEFT_OUT))
        .collect(Collectors.groupingBy(Choice::reason, TreeMap::new, Collectors.counting()));
  }

  /** The campaign's selection first, then the limits of coadds among what it holds. */
  private List<Choice> choices(List<ExposureSummary> summaries) {
    if (where.isEmpty()) {
      return new CoaddInputSelector(config).select(summaries);
    }
    Predicate<SelectionRow> selection = VisitFields.selection(where).predicate();
    Map<Long, Integer> detectors = new HashMap<>();
    summaries.forEach(s -> detectors.merge(s.getVisit(), 1, Integer::sum));
    List<ExposureSummary> held = new ArrayList<>();
    List<Choice> out = new ArrayList<>();
    for (ExposureSummary s : summaries) {
      if (selection.test(VisitFields.row(s, detectors.getOrDefault(s.getVisit(), 0)))) {
        held.add(s);
      } else {
        out.add(new Choice(s.getVisit(), s.getDetector(), false, LEFT_OUT));
      }
    }
    out.addAll(new CoaddInputSelector(config).select(held));
    out.sort(Comparator.comparing(Choice::visit).thenComparing(Choice::detector));
    return out;
  }

  static boolean isSelected(List<Choice> choices, ExposureSummary summary) {
    return choices.stream()
        .anyMatch(
            c ->
                c.selected()
                    && c.visit() == summary.getVisit()
                    && c.detector() == summary.getDetector());
  }
}
