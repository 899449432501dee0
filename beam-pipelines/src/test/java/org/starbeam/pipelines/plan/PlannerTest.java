package org.starbeam.pipelines.plan;

import static org.assertj.core.api.Assertions.assertThat;

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

  @Test
  void largePlansAreQuickAndSmall() {
    for (int visits :
        Boolean.getBoolean("starbeam.full") ? new int[] {300, 3_000} : new int[] {5}) {
      long start = System.nanoTime();
      Plan plan = planner(visits, 189, 1).plan();
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf("%,d quanta planned in %.1f s%n", plan.quanta(), seconds);
      assertThat(seconds / plan.quanta()).as("seconds per quantum").isLessThan(30e-6 * 4);
    }
  }
}
