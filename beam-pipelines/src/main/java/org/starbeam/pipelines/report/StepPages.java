package org.starbeam.pipelines.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.ProblemGroup;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.pipelines.gates.GateResult;
import org.starbeam.pipelines.observe.RunCosts;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * A page for each step of the graph that a run has quanta of (specs/07 section 13.2): what failed
 * and why, what it has cost, its gates, its numbers beside their limits, the units that are
 * farthest from the others, and charts of the numbers by visit.
 */
final class StepPages {
  /** Problems that a page has; the others are counted. */
  static final int MOST_PROBLEMS = 1000;

  /** A step by its name in the graph. */
  private record Step(String name, String title, String text) {}

  private static final List<Step> STEPS =
      List.of(
          new Step(
              "ingest",
              "Frames",
              "Headers of raw frames become exposures; the reference catalogue is sorted by"
                  + " place."),
          new Step(
              "calibs",
              "Calibrations",
              "Bias, dark, flat and the other masters are combined, verified and certified."),
          new Step(
              "step1",
              "Detectors",
              "The instrument's signature is taken out of each detector and it is characterized for"
                  + " the first time: cosmic rays, background, sources, PSF, WCS, zero point."),
          new Step(
              "step2",
              "Visits",
              "Positions and zero points of all visits are solved together; each detector is"
                  + " characterized again with what is known then."),
          new Step(
              "step3",
              "Coadds and objects",
              "Visits are chosen, warped and added up; objects are detected on all bands together,"
                  + " deblended and measured."),
          new Step(
              "step4",
              "Differences",
              "A template is subtracted from each detector; what is left is detected and"
                  + " measured."),
          new Step(
              "step5",
              "Association and forced photometry",
              "Detections on differences become DiaObjects; every object is measured on every"
                  + " visit."),
          new Step("step6", "Tables", "The rows of each table are packed by place on the sky."),
          new Step(
              "step7", "Metrics and sky maps", "The run is measured and its sky maps are drawn."));

  private final String run;
  private final RunDatabase registry;
  private final RunSummary summary;
  private final RunCosts costs;
  private final List<GateResult> gates;
  private final @Nullable Campaign campaign;
  private final boolean hasVisits;
  private final Set<String> anchors = new HashSet<>();

  /**
   * @param registry with the views quanta, metrics and visits
   * @param campaign null when it cannot be read
   * @param hasVisits whether the report has a page of all visits
   */
  StepPages(
      String run,
      RunDatabase registry,
      RunSummary summary,
      RunCosts costs,
      List<GateResult> gates,
      @Nullable Campaign campaign,
      boolean hasVisits) {
    this.run = run;
    this.registry = registry;
    this.summary = summary;
    this.costs = costs;
    this.gates = gates;
    this.campaign = campaign;
    this.hasVisits = hasVisits;
    problems()
        .values()
        .forEach(of -> of.forEach(r -> anchors.add(anchor(r.getTask(), r.getDataId()))));
  }

  /** Name of the page of a step. */
  static String page(String step) {
    return step + ".html";
  }

  /** Name of the row of a quantum on the page of its step. */
  private static String anchor(String task, String dataId) {
    return "q"
        + ContentHash.ofText(task + " " + dataId).replaceAll("[^0-9a-f]", "").substring(0, 16);
  }

  /** The problems that the pages have, by step. */
  private Map<String, List<QuantumRecord>> problems() {
    Map<String, List<QuantumRecord>> out = new LinkedHashMap<>();
    for (QuantumRecord record : summary.problems()) {
      List<QuantumRecord> of = out.computeIfAbsent(record.getStep(), s -> new ArrayList<>());
      if (of.size() < MOST_PROBLEMS) {
        of.add(record);
      }
    }
    return out;
  }

  /** Where a quantum with a problem is told of; empty when it is one of too many. */
  String href(QuantumRecord record) {
    return href(record.getStep(), record.getTask(), record.getDataId());
  }

  private String href(String step, String task, String dataId) {
    String anchor = anchor(task, dataId);
    return anchors.contains(anchor) ? page(step) + "#" + anchor : "";
  }

  /** Links to the pages of the steps that the run has quanta of, in the order of the graph. */
  List<ReportPage.Link> links() {
    return STEPS.stream()
        .filter(step -> summary.tasks().stream().anyMatch(t -> t.step().equals(step.name)))
        .map(step -> new ReportPage.Link(page(step.name), step.title))
        .toList();
  }

  /** Writes the pages. */
  void write(Path directory) throws IOException {
    List<ReportPage.Link> links = links();
    boolean anyChart = false;
    for (Step step : STEPS) {
      if (links.stream().anyMatch(l -> l.href().equals(page(step.name)))) {
        VisitSeries series = VisitSeries.of(registry, step.name, limits(step.name), columns());
        anyChart |= !series.columns().isEmpty();
        StepPage page =
            new StepPage(run, step.title, step.text, links, page(step.name), tables(step), series);
        ReportWriter.whole(directory.resolve(page(step.name)), page.html(verdict(step), hasVisits));
      }
    }
    if (anyChart) {
      PageAssets.charts(directory);
    }
  }

  /** Columns of the tables of visits, which say what the numbers of the same name mean. */
  private static Map<String, TableSchemas.Column> columns() {
    Map<String, TableSchemas.Column> out = new LinkedHashMap<>();
    for (ReleaseTable table : List.of(ReleaseTable.VISIT, ReleaseTable.CCD_VISIT)) {
      table.columns(List.of()).forEach(column -> out.put(column.name(), column));
    }
    return out;
  }

  private List<RunSummary.TaskCount> tasks(Step step) {
    return summary.tasks().stream().filter(t -> t.step().equals(step.name)).toList();
  }

  /** What of the step failed, in a sentence, and its tone. */
  private StepPage.Verdict verdict(Step step) {
    long failed = 0;
    long blocked = 0;
    long degraded = 0;
    for (RunSummary.TaskCount task : tasks(step)) {
      failed += task.count(QuantumStatus.FAILED);
      blocked += task.count(QuantumStatus.BLOCKED);
      degraded += task.degraded();
    }
    long open =
        gates(step.name).stream().filter(g -> g.verdict() == GateResult.Verdict.FAIL).count();
    String tone = failed + blocked > 0 ? "bad" : open + degraded > 0 ? "warn" : "good";
    return new StepPage.Verdict(
        tone,
        failed + blocked + degraded == 0
            ? "Every quantum of this step ended well" + gateWords(open)
            : "%,d quanta failed, %,d were blocked, %,d are degraded"
                    .formatted(failed, blocked, degraded)
                + gateWords(open));
  }

  private static String gateWords(long open) {
    return open == 0 ? "." : "; %d gates are not passed.".formatted(open);
  }

  private List<GateResult> gates(String step) {
    return gates.stream().filter(g -> g.gate().step().equals(step)).toList();
  }

  private List<ReportPage.TableSection> tables(Step step) {
    List<ReportPage.TableSection> out = new ArrayList<>();
    List<QuantumRecord> problems = problems().getOrDefault(step.name, List.of());
    if (!problems.isEmpty()) {
      out.add(reasons(problems));
      out.add(quanta(step, problems));
    }
    out.add(StepTables.tasks(registry, step.name, tasks(step), costs, campaign));
    out.add(StepTables.slowest(registry, step.name));
    if (!gates(step.name).isEmpty()) {
      out.add(GateTable.of(gates(step.name), false));
    }
    StepNumbers numbers = new StepNumbers(registry, step.name, columns(), limits(step.name));
    numbers.summary().ifPresent(out::add);
    numbers.farthest(hasVisits).ifPresent(out::add);
    return out;
  }

  /** Limits of the gates of a step by the metric that they look at. */
  private Map<String, List<GateResult>> limits(String step) {
    Map<String, List<GateResult>> out = new LinkedHashMap<>();
    for (GateResult gate : gates(step)) {
      String level = gate.gate().address().level();
      if (!level.equals("quanta") && !level.equals("*")) {
        out.computeIfAbsent(gate.gate().address().name(), n -> new ArrayList<>()).add(gate);
      }
    }
    return out;
  }

  /** Problems of the same kind together, the failures first. */
  private ReportPage.TableSection reasons(List<QuantumRecord> problems) {
    List<List<String>> rows = new ArrayList<>();
    List<QuantumRecord> first = new ArrayList<>();
    for (ProblemGroup group : ProblemGroup.of(problems)) {
      rows.add(
          List.of(
              state(group.first()),
              group.first().getTask(),
              cause(group.first()),
              message(group.first()),
              group.first().getDataId(),
              "%,d".formatted(group.count())));
      first.add(group.first());
    }
    return new ReportPage.TableSection(
        "reasons",
        "Why quanta failed or are degraded",
        "Those that ended in the same way together, with the first of them.",
        List.of("state", "task", "cause", "message", "for example", "quanta"),
        rows,
        5,
        (row, column) -> column == 4 ? href(first.get(row)) : "");
  }

  private ReportPage.TableSection quanta(Step step, List<QuantumRecord> problems) {
    List<List<String>> rows = new ArrayList<>();
    for (QuantumRecord r : problems) {
      rows.add(List.of(r.getDataId(), r.getTask(), state(r), cause(r), message(r)));
    }
    return new ReportPage.TableSection(
        "problems",
        "Quanta with problems",
        "Of a blocked one the cause is the quantum that failed first. At most %,d; the log of one: starbeam logs %s --task TASK --where visit=VISIT,detector=DETECTOR; all: starbeam status %s --failed."
            .formatted(MOST_PROBLEMS, run, run),
        List.of("data id", "task", "state", "cause", "message"),
        rows,
        5,
        new ReportPage.Links() {
          @Override
          public String href(int row, int column) {
            return column == 3 ? root(problems.get(row)) : "";
          }

          @Override
          public String id(int row) {
            return anchor(problems.get(row).getTask(), problems.get(row).getDataId());
          }
        });
  }

  /** Where the quantum is told of that blocks another one. */
  private String root(QuantumRecord record) {
    if (record.getRootCauses().isEmpty()) {
      return "";
    }
    String cause = record.getRootCauses().get(0);
    int open = cause.indexOf('(');
    if (open < 0 || !cause.endsWith(")")) {
      return "";
    }
    String task = cause.substring(0, open);
    String dataId = cause.substring(open + 1, cause.length() - 1);
    return summary.tasks().stream()
        .filter(t -> t.task().equals(task))
        .findFirst()
        .map(t -> href(t.step(), task, dataId))
        .orElse("");
  }

  private static boolean isDegraded(QuantumRecord r) {
    return r.getStatus() == QuantumStatus.DONE || r.getStatus() == QuantumStatus.ADOPTED;
  }

  /** How a quantum with a problem ended, as people read it. */
  static String state(QuantumRecord r) {
    return isDegraded(r) ? "degraded" : r.getStatus().toString().toLowerCase(Locale.ROOT);
  }

  /** Why a quantum did not end, or what its result lacks. */
  static String cause(QuantumRecord r) {
    return isDegraded(r)
        ? String.join(", ", r.getCaveats())
        : r.getErrorClass() == null
            ? String.join("; ", r.getRootCauses())
            : r.getErrorClass() + " " + r.getErrorCode();
  }

  private static String message(QuantumRecord r) {
    return r.getMessage() == null ? "" : r.getMessage();
  }
}
