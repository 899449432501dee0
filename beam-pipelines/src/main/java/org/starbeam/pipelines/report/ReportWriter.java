package org.starbeam.pipelines.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.audit.RunAudit;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.LaunchRules;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.pipelines.gates.GateResult;
import org.starbeam.pipelines.observe.CostText;
import org.starbeam.pipelines.observe.RunCosts;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.RunStateJson;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Makes the report of a run from its ledger, metrics, tables and coadds; works for failed and
 * partial runs.
 */
public final class ReportWriter {
  /** The first page of a report. */
  public static final String PAGE = "index.html";

  /** The numbers of a report for programs. */
  public static final String NUMBERS = "report.json";

  private ReportWriter() {}

  /** Writes {@code runs/RUN/report/index.html} and the pages beside it, and returns its path. */
  public static Path write(Path root, String run) {
    RunCatalog catalog = RunCatalog.open(root, run);
    RunSummary summary = RunSummary.of(catalog, LaunchRules.failures(root, run));
    Map<String, List<Path>> tables = catalog.tables();
    RunCosts costs = costs(root, run, tables, 0);
    try (RunDatabase database = Registry.of(root, catalog.run()).open(tables)) {
      RunAudit audit = RunAudit.of(database, tables, List.of());
      List<ReportPage.MetricRow> metrics = new ArrayList<>(metrics(database, tables));
      metrics.addAll(AuditSections.totals(audit));
      if (tables.containsKey("Object")) {
        metrics.addAll(new ObjectFigures(database).metrics());
      }
      List<GateResult> gates = GateReport.of(root, catalog.run()).results();
      StepPages steps =
          new StepPages(
              catalog.run(),
              database,
              summary,
              costs,
              gates,
              campaign(root, catalog.run()),
              VisitPage.isPresent(tables));
      List<ReportPage.TableSection> tableSections = new ArrayList<>();
      if (!gates.isEmpty()) {
        tableSections.add(GateTable.of(gates, true));
      }
      tableSections.addAll(VisitPage.worst(database, tables));
      tableSections.addAll(AuditSections.of(audit, run));
      tableSections.addAll(costSections(costs));
      Path directory = RepositoryPaths.run(root, run).resolve("report");
      Files.createDirectories(directory);
      steps.write(directory);
      List<CoaddPicture.Picture> pictures = CoaddPicture.of(catalog);
      List<ReportPage.Link> pages = pages(directory, catalog, database, pictures, audit);
      pages.addAll(steps.links());
      ReportPage page =
          new ReportPage(
              run,
              pages,
              overview(database, tables, summary),
              tasks(summary),
              problems(summary, steps),
              metrics,
              sections(catalog, pictures, database, tables),
              tableSections,
              facts(root, run, tables));
      writeJson(directory, costs, metrics, summary, steps);
      for (Map.Entry<String, byte[]> image : page.images().entrySet()) {
        Path file = directory.resolve(image.getKey());
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        whole(file, image.getValue());
      }
      return whole(directory.resolve(PAGE), page.html());
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write the report of run " + run + ": " + e.getMessage());
    }
  }

  /** Writes the pages beside the first one, those for which the run has something. */
  private static List<ReportPage.Link> pages(
      Path directory,
      RunCatalog catalog,
      RunDatabase database,
      List<CoaddPicture.Picture> pictures,
      RunAudit audit)
      throws IOException {
    List<ReportPage.Link> pages = new ArrayList<>();
    if (new SkyView(SkyView.Config.defaults()).write(directory, catalog, database, pictures)) {
      pages.add(new ReportPage.Link(SkyView.PAGE, "Sky view"));
    }
    if (VisitPage.write(directory, database, catalog.tables(), catalog.run())) {
      pages.add(new ReportPage.Link(VisitPage.PAGE, "All visits"));
    }
    if (AuditSections.write(directory, audit, catalog.run())) {
      pages.add(new ReportPage.Link("audit.html", "All columns"));
    }
    return pages;
  }

  /** What a run has cost, with the cost per object when it has objects. */
  public static RunCosts costs(
      Path root, String run, Map<String, List<Path>> tables, double perCoreHour) {
    RunMonitor monitor = RunMonitor.open(root, run);
    monitor.refresh();
    return monitor.costs(perCoreHour).withObjects(tables);
  }

  private static List<ReportPage.TableSection> costSections(RunCosts costs) {
    return List.of(
        new ReportPage.TableSection(
            "costs",
            "Costs",
            "Of all attempts in the ledger, those that failed among them.",
            List.of("figure", "value"),
            CostText.headline(costs),
            2),
        new ReportPage.TableSection(
            "costs-tasks",
            "Costs by task and step",
            "Core hours; p50 to p99 are CPU seconds of a quantum, weighted by memory counts"
                + " max(1, peak / 4 GB) cores.",
            CostText.HEADS,
            CostText.rows(costs),
            2),
        new ReportPage.TableSection(
            "costs-quanta",
            "Most expensive quanta",
            "The twenty quanta with the most CPU time.",
            CostText.TOP_HEADS,
            CostText.top(costs),
            2));
  }

  /** The numbers of the report for programs. */
  private static void writeJson(
      Path directory,
      RunCosts costs,
      List<ReportPage.MetricRow> metrics,
      RunSummary summary,
      StepPages steps)
      throws IOException {
    ObjectMapper mapper = RunStateJson.mapper();
    ObjectNode out = mapper.createObjectNode();
    out.put("run", costs.run()).put("summary", summary.line());
    out.set("tasks", mapper.valueToTree(tasks(summary)));
    out.set("problems", mapper.valueToTree(problems(summary, steps)));
    out.set("metrics", mapper.valueToTree(metrics));
    out.set("costs", mapper.valueToTree(costs));
    whole(directory.resolve(NUMBERS), out.toPrettyString() + "\n");
  }

  /** Writes a file that is there as a whole or not at all. */
  static Path whole(Path file, String text) throws IOException {
    return whole(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a file that is there as a whole or not at all. */
  static Path whole(Path file, byte[] content) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    Files.write(temporary, content);
    return Files.move(
        temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String overview(
      RunDatabase database, Map<String, List<Path>> tables, RunSummary summary) {
    List<String> parts = new ArrayList<>();
    for (String table :
        List.of(
            "Visit", "CcdVisit", "Source", "Object", "ForcedSource", "DiaSource", "DiaObject")) {
      if (tables.containsKey(table)) {
        double count = database.numbers("select count(*) from \"" + table + "\"")[0][0];
        parts.add("%,d %s rows".formatted((long) count, table));
      }
    }
    parts.add(summary.line());
    return String.join("; ", parts) + ".";
  }

  private static List<ReportPage.TaskRow> tasks(RunSummary summary) {
    return summary.tasks().stream()
        .map(
            t ->
                new ReportPage.TaskRow(
                    t.step(),
                    t.task(),
                    t.count(QuantumStatus.DONE),
                    t.count(QuantumStatus.ADOPTED),
                    t.count(QuantumStatus.FAILED),
                    t.count(QuantumStatus.BLOCKED),
                    t.count(QuantumStatus.NO_WORK),
                    t.degraded(),
                    t.coreSeconds()))
        .toList();
  }

  /** The campaign as it was frozen; null when the run has none. */
  private static @Nullable Campaign campaign(Path root, String run) {
    Path resolved = RepositoryPaths.run(root, run).resolve("campaign/resolved.yaml");
    return Files.exists(resolved) ? FrozenCampaign.load(root, run) : null;
  }

  private static List<ReportPage.ProblemRow> problems(RunSummary summary, StepPages steps) {
    List<ReportPage.ProblemRow> rows = new ArrayList<>();
    for (QuantumRecord r : summary.problems()) {
      rows.add(
          new ReportPage.ProblemRow(
              r.getTask(),
              r.getDataId(),
              StepPages.state(r),
              StepPages.cause(r),
              r.getMessage() == null ? "" : r.getMessage(),
              steps.href(r)));
    }
    return rows;
  }

  private static List<ReportPage.MetricRow> metrics(
      RunDatabase database, Map<String, List<Path>> tables) {
    if (!tables.containsKey("metric")) {
      return List.of();
    }
    List<ReportPage.MetricRow> rows = new ArrayList<>();
    try (var result =
        database.query(
            "select name || case subset when 'all' then '' else ' (' || subset || ')' end,"
                + " coalesce(band, ''), value, unit, n, threshold, status from metric"
                + " where level = 'run' order by 1, 2")) {
      while (result.next()) {
        double value = result.getDouble(3);
        boolean noValue = result.wasNull();
        double limit = result.getDouble(6);
        boolean noLimit = result.wasNull();
        rows.add(
            new ReportPage.MetricRow(
                result.getString(1),
                result.getString(2),
                noValue ? null : value,
                result.getString(4),
                result.getLong(5),
                noLimit ? null : limit,
                result.getString(7)));
      }
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
    return rows;
  }

  private static List<ReportPage.Section> sections(
      RunCatalog catalog,
      List<CoaddPicture.Picture> pictures,
      RunDatabase database,
      Map<String, List<Path>> tables)
      throws IOException {
    List<ReportPage.Section> sections = new ArrayList<>();
    if (!pictures.isEmpty()) {
      sections.add(
          new ReportPage.Section(
              "sky",
              "Coadds",
              "The patches of a tract, in the colours of three bands where there are so many; north"
                  + " is up, east to the left.",
              pictures.stream().map(CoaddPicture.Picture::figure).toList()));
    }
    if (tables.containsKey("star_residual")) {
      sections.add(
          new ReportPage.Section(
              "stars",
              "Stars against the reference catalogue",
              "Every source that matches a reference star, over all visits.",
              StarFigures.figures(database)));
    }
    if (tables.containsKey("rho_statistic")) {
      sections.add(
          new ReportPage.Section(
              "psf",
              "PSF model",
              "What the model leaves at the stars that it was not made with.",
              PsfFigures.figures(database)));
    }
    if (tables.containsKey("Object")) {
      List<ReportPage.Figure> objects = new ArrayList<>(new ObjectFigures(database).figures());
      objects.addAll(BlendFigures.figures(catalog));
      sections.add(
          new ReportPage.Section(
              "objects",
              "Objects on the coadds",
              "Whether the fluxes of all bands agree with each other, how deep they go, and how"
                  + " blends were taken apart.",
              objects));
    }
    return sections;
  }

  private static List<String[]> facts(Path root, String run, Map<String, List<Path>> tables)
      throws IOException {
    List<String[]> facts = new ArrayList<>();
    facts.add(new String[] {"run", run});
    Path resolved = RepositoryPaths.run(root, run).resolve("campaign/resolved.yaml");
    if (Files.exists(resolved)) {
      facts.add(new String[] {"campaign", Files.readString(resolved)});
    }
    tables
        .keySet()
        .forEach(
            t ->
                facts.add(
                    new String[] {
                      "table " + t,
                      "starbeam export " + run + " --what " + t + " --out " + t + ".fits"
                    }));
    return facts;
  }
}
