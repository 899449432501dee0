package org.starbeam.pipelines.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.plan.PlannedVisit.Outline;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.sky.SkyRouting;

/**
 * Counts of a plan; {@code -Dstarbeam.full=true} measures plans of a million and of ten million
 * quanta.
 */
class PlannerTest {
  private static final Set<String> ALL =
      TaskGraph.all().stream().map(TaskGraph.Stage::name).collect(Collectors.toSet());

  @TempDir Path directory;

  private static SyntheticSurvey survey(int visits, int detectors) {
    return new SyntheticSurvey(
        new SyntheticSurvey.Config(
            visits,
            SyntheticSurvey.Config.defaults().bands(),
            -72,
            12,
            0,
            360,
            0,
            0.7,
            detectors,
            4_000,
            0.2));
  }

  private static Planner planner(int visits, int detectors, int threads) {
    return new Planner(
        new Planner.Config(threads, 0, false, 5.75, Map.of(), ALL, Set.of()),
        List.of(),
        survey(visits, detectors));
  }

  private static Map<String, Long> counts(Plan plan) {
    Map<String, Long> out = new TreeMap<>();
    plan.tasks().forEach(t -> out.put(t.name(), t.quanta()));
    return out;
  }

  @Test
  void countsDoNotDependOnTheNumberOfThreads() {
    Map<String, Long> one = counts(planner(13, 20, 1).plan());
    assertThat(counts(planner(13, 20, 2).plan())).isEqualTo(one);
    assertThat(counts(planner(13, 20, 5).plan())).isEqualTo(one);
  }

  /** Truth: the data ids that the routers of the graph make of the same outlines. */
  @Test
  void countsAreThoseOfTheRouters() {
    SyntheticSurvey survey = survey(6, 12);
    Set<DataId> tracts = new TreeSet<>();
    Set<DataId> blocks = new TreeSet<>();
    for (int i = 0; i < survey.size(); i++) {
      PlannedVisit visit = survey.get(i);
      for (Outline outline : visit.detectors()) {
        ExposureSummary summary = new ExposureSummary();
        summary.setBand(visit.band());
        summary.setRaCorners(java.util.Arrays.stream(outline.raDeg()).boxed().toList());
        summary.setDecCorners(java.util.Arrays.stream(outline.decDeg()).boxed().toList());
        SkyRouting.tracts(summary).forEach(t -> tracts.add(t.with("band", visit.band())));
        blocks.addAll(SkyRouting.blocks(summary));
      }
    }
    Map<String, Long> counts = counts(planner(6, 12, 2).plan());
    assertThat(counts.get("selectVisits")).isEqualTo(tracts.size());
    assertThat(counts.get("cellCoadd")).isEqualTo(blocks.size());
    assertThat(counts.get("singleFrame")).isEqualTo(6 * 12);
    assertThat(counts.get("visitTables")).isEqualTo(6);
    assertThat(counts.get("runMetrics")).isEqualTo(1);
  }

  @Test
  void aMarginGivesTheLeastAndTheMost() {
    Planner planner =
        new Planner(
            new Planner.Config(1, 30, false, 5.75, Map.of(), ALL, Set.of()),
            List.of(),
            survey(4, 9));
    Map<String, Long> nominal = counts(planner(4, 9, 1).plan());
    for (Plan.Task task : planner.plan().tasks()) {
      assertThat(nominal.get(task.name())).isBetween(task.least(), task.most());
      boolean onTheSky = Set.of("cellCoadd", "isolatedStars").contains(task.name());
      assertThat(task.most() > task.least() || !onTheSky).as(task.name()).isTrue();
    }
  }

  @Test
  void theListOfQuantaHasAsManyRowsAsThePlanCounts() throws Exception {
    Planner planner = planner(3, 6, 1);
    Path file = directory.resolve("quanta.parquet");
    long rows = planner.write(file, CostModel.shipped());
    assertThat(rows).isEqualTo(planner.plan().quanta());
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT count(*), count(DISTINCT (task, data_id)) FROM '"
                    + file
                    + "'"
                    + " WHERE task != 'measureObjects'")) {
      result.next();
      assertThat(result.getLong(1)).isEqualTo(result.getLong(2)).isPositive();
    }
    assertThat(Files.list(directory)).containsExactly(file);
  }

  /**
   * In a process of its own, with one thread and a heap no larger than what is asked: some 19,000
   * quanta, with {@code -Dstarbeam.full=true} a million in 30 s and 1 GB and ten million in 5
   * minutes and 4 GB. Processor time, garbage collection and compilation among it.
   */
  @Test
  void largePlansAreQuickAndSmall() throws Exception {
    if (Boolean.getBoolean("starbeam.full")) {
      plan(300, "1g", 1_000_000, 30);
      plan(3_000, "4g", 10_000_000, 300);
    } else {
      plan(5, "64m", 10_000, 30);
    }
  }

  private static void plan(int visits, String heap, long quanta, double limitSeconds)
      throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                PlannerTest.class.getName(),
                Integer.toString(visits))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> said = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertThat(process.waitFor()).as("within a heap of " + heap).isZero();
    long planned = Long.parseLong(said.get(0));
    double seconds = Double.parseDouble(said.get(1));
    System.out.printf("%,d quanta planned in %.1f s within %s%n", planned, seconds, heap);
    assertThat(planned).isGreaterThanOrEqualTo(quanta);
    assertThat(seconds).isLessThanOrEqualTo(limitSeconds);
  }

  /** Plans a survey of so many visits; prints the number of quanta and what it cost. */
  public static void main(String[] arguments) {
    Plan plan = planner(Integer.parseInt(arguments[0]), 189, 1).plan();
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    System.out.println(plan.quanta());
    System.out.println(system.getProcessCpuTime() / 1e9);
  }
}
