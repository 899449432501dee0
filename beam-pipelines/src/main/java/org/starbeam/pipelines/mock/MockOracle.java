package org.starbeam.pipelines.mock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.dataset.DataId;

/**
 * What must become of every quantum of a mock campaign, from the plan and the rules of specs/05
 * section 4.3 alone: no graph, no harness. It asks each quantum for its inputs, where the graph
 * sends results to those who need them, so that the two do not share a mistake.
 */
public final class MockOracle {
  private static final int ROOTS = 20;

  /**
   * How a quantum ends.
   *
   * @param errorClass of its own failure, or null
   * @param degraded true when it ran with inputs missing
   * @param retried true when it took more than one attempt to succeed
   * @param attempts 0 when it did not run
   * @param roots what failed first, all of it
   */
  public record Expected(
      String status,
      @Nullable String errorClass,
      boolean degraded,
      boolean retried,
      int attempts,
      Set<String> roots) {
    boolean present() {
      return status.equals("DONE");
    }

    boolean broken() {
      return status.equals("FAILED") || status.equals("BLOCKED");
    }

    /** The roots that a record has room for, in its order. */
    public List<String> firstRoots() {
      return new ArrayList<>(new TreeSet<>(roots)).subList(0, Math.min(ROOTS, roots.size()));
    }
  }

  /** Inputs that must all be there, and those of which some must be. */
  private record Needs(List<Expected> required, List<List<Expected>> gathers, List<Integer> least) {
    Needs(List<Expected> required) {
      this(required, List.of(), List.of());
    }

    Needs(List<Expected> required, List<Expected> gather, int least) {
      this(required, List.of(gather), List.of(least));
    }
  }

  private final MockPlan plan;
  private final Map<String, Map<DataId, Expected>> ends = new HashMap<>();

  private MockOracle(MockPlan plan) {
    this.plan = plan;
  }

  /** Hands over every quantum, as task and data id, with its end. */
  public static void forEach(MockPlan plan, BiConsumer<String, Expected> consumer) {
    MockOracle oracle = new MockOracle(plan);
    oracle.evaluate();
    oracle.ends.forEach(
        (task, all) -> all.forEach((id, end) -> consumer.accept(task + "(" + id + ")", end)));
  }

  private Expected end(String task, DataId id) {
    Expected end = ends.getOrDefault(task, Map.of()).get(id);
    if (end == null) {
      throw new IllegalStateException("no quantum " + task + "(" + id + ")");
    }
    return end;
  }

  private void evaluate() {
    int visits = plan.visits();
    int detectors = plan.detectors();
    for (int v = 0; v < visits; v++) {
      for (int d = 0; d < detectors; d++) {
        put("singleFrame", MockGraph.detector(v, d), new Needs(List.of()));
      }
    }
    for (int v = 0; v < visits; v++) {
      put("visitSummary", MockGraph.visit(v), new Needs(List.of(), frames("singleFrame", v), 1));
    }
    for (int f = 0; f < Math.min(plan.fields(), visits); f++) {
      List<Expected> summaries = new ArrayList<>();
      for (int v = 0; v < visits; v++) {
        if (plan.field(v) == f) {
          summaries.add(end("visitSummary", MockGraph.visit(v)));
        }
      }
      put("isolatedStars", MockGraph.field(f), new Needs(List.of(), summaries, 1));
    }
    for (int v = 0; v < visits; v++) {
      Expected stars = end("isolatedStars", MockGraph.field(plan.field(v)));
      Expected summary = end("visitSummary", MockGraph.visit(v));
      put("astrometricSolve", MockGraph.visit(v), new Needs(List.of(summary, stars)));
    }
    for (int v = 0; v < visits; v++) {
      Expected solution = end("astrometricSolve", MockGraph.visit(v));
      for (int d = 0; d < detectors; d++) {
        DataId id = MockGraph.detector(v, d);
        put("finalVisit", id, new Needs(List.of(end("singleFrame", id), solution)));
      }
      put("visitTables", MockGraph.visit(v), new Needs(List.of(), frames("finalVisit", v), 1));
    }
    sky();
  }

  private List<Expected> frames(String task, int visit) {
    List<Expected> out = new ArrayList<>();
    for (int d = 0; d < plan.detectors(); d++) {
      out.add(end(task, MockGraph.detector(visit, d)));
    }
    return out;
  }

  private void sky() {
    Map<DataId, List<Expected>> tables = new HashMap<>();
    Map<DataId, List<Expected>> images = new HashMap<>();
    for (int v = 0; v < plan.visits(); v++) {
      String band = plan.bands().get(plan.band(v));
      add(tables, MockGraph.tractBand(plan.field(v), band), end("visitTables", MockGraph.visit(v)));
      for (int d = 0; d < plan.detectors(); d++) {
        DataId patch = MockGraph.patchBand(plan.field(v), plan.patch(d), band);
        add(images, patch, end("finalVisit", MockGraph.detector(v, d)));
      }
    }
    tables.forEach((id, all) -> put("selectVisits", id, new Needs(List.of(), all, 1)));
    images.forEach(
        (id, all) -> {
          Expected selection = end("selectVisits", id.only("skymap", "tract", "band"));
          put("cellCoadd", id, new Needs(List.of(selection), all, 2));
        });
    Map<DataId, List<Expected>> coadds = new HashMap<>();
    images
        .keySet()
        .forEach(id -> add(coadds, id.only("skymap", "tract", "patch"), end("cellCoadd", id)));
    coadds.forEach((id, all) -> put("detectObjects", id, new Needs(List.of(), all, 1)));
    differences();
  }

  private void differences() {
    Map<DataId, List<Expected>> forced = new HashMap<>();
    for (int v = 0; v < plan.visits(); v++) {
      int tract = plan.field(v);
      String band = plan.bands().get(plan.band(v));
      for (int d = 0; d < plan.detectors(); d++) {
        DataId id = MockGraph.detector(v, d);
        DataId patch = MockGraph.patch(tract, plan.patch(d));
        Expected template = end("cellCoadd", patch.with("band", band));
        put("diffim", id, new Needs(List.of(end("finalVisit", id), template)));
        Expected objects = end("detectObjects", patch);
        put("forcedOnObjects", id, new Needs(List.of(end("diffim", id), objects)));
        add(forced, patch, end("forcedOnObjects", id));
      }
    }
    forced.forEach(
        (id, all) ->
            put(
                "releaseTables",
                id,
                new Needs(
                    List.of(), List.of(List.of(end("detectObjects", id)), all), List.of(1, 1))));
  }

  private static void add(Map<DataId, List<Expected>> map, DataId key, Expected value) {
    map.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
  }

  private void put(String task, DataId id, Needs needs) {
    ends.computeIfAbsent(task, t -> new HashMap<>()).put(id, evaluate(task, id, needs));
  }

  private Expected evaluate(String task, DataId id, Needs needs) {
    List<Expected> all = new ArrayList<>(needs.required);
    needs.gathers.forEach(all::addAll);
    if (needs.required.stream().anyMatch(Expected::broken)) {
      return blocked(all);
    }
    if (needs.required.stream().anyMatch(e -> !e.present())) {
      return new Expected("NO_WORK", null, false, false, 0, Set.of());
    }
    boolean degraded = false;
    for (int g = 0; g < needs.gathers.size(); g++) {
      List<Expected> gather = needs.gathers.get(g);
      boolean broken = gather.stream().anyMatch(Expected::broken);
      if (gather.stream().filter(Expected::present).count() < needs.least.get(g)) {
        return broken ? blocked(all) : new Expected("NO_WORK", null, false, false, 0, Set.of());
      }
      degraded |= broken;
    }
    MockFault fault = plan.fault(task, id.toString());
    if (fault == null || fault.errorClass().isEmpty()) {
      int attempts = fault == null ? 1 : fault.attempts();
      return new Expected("DONE", null, degraded, attempts > 1, attempts, Set.of());
    }
    Set<String> itself = Set.of(task + "(" + id + ")");
    return new Expected("FAILED", fault.errorClass(), false, false, fault.attempts(), itself);
  }

  /** All that failed before any of its inputs. */
  private static Expected blocked(List<Expected> inputs) {
    Set<String> roots = new TreeSet<>();
    inputs.stream().filter(e -> !e.present()).forEach(e -> roots.addAll(e.roots()));
    return new Expected("BLOCKED", null, false, false, 0, roots);
  }
}
