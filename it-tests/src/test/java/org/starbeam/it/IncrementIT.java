package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.time.YearMonth;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * A simulated survey of two months: the second month added to the run of the first makes every
 * dataset that one run over both makes. {@code -Dstarbeam.survey=DIR} takes the months of another
 * survey, {@code -Dstarbeam.increment.steps=..step3:templateCoadd} ends after its coadds.
 */
@Tag("acceptance")
class IncrementIT {
  private static final List<String> STEPS =
      Optional.ofNullable(System.getProperty("starbeam.increment.steps"))
          .map(List::of)
          .orElse(Template.ALL_STEPS);

  @TempDir static Path directory;
  private static List<YearMonth> months;
  private static List<QuantumRecord> last;
  private static Map<String, String> grown;
  private static Map<String, String> atOnce;

  @BeforeAll
  static void reduceByMonthsAndAtOnce() {
    Path survey = Surveys.given().orElseGet(IncrementIT::simulated);
    months = Surveys.nights(survey).stream().map(IncrementIT::month).distinct().toList();
    for (int m = 0; m < months.size(); m++) {
      Map<String, String> values = new TreeMap<>();
      values.put("through", months.get(m).atEndOfMonth().format(DateTimeFormatter.BASIC_ISO_DATE));
      if (m > 0) {
        values.put("base", run(m - 1));
      }
      launch(survey, run(m), values);
    }
    launch(survey, "full", Map.of());
    String grownRun = run(months.size() - 1);
    last = RunCatalog.open(directory.resolve("repo"), grownRun).quanta();
    grown = datasets(grownRun);
    atOnce = datasets("full");
  }

  private static Path simulated() {
    Path survey = directory.resolve("survey");
    CampaignWriter.write(survey, Presets.it(), 1, ProgressListener.NONE);
    return survey;
  }

  private static String run(int month) {
    return "m" + (month + 1);
  }

  private static YearMonth month(int night) {
    return YearMonth.of(night / 10_000, night / 100 % 100);
  }

  private static void launch(Path survey, String run, Map<String, String> values) {
    Map<String, String> all = new TreeMap<>(values);
    all.put("input", survey.toString());
    CampaignRunner.Result result =
        Campaigns.launch("survey-monthly", all, directory.resolve("repo"), run, "direct", 2, STEPS);
    assertThat(result.summary().exitCode()).as(run).isEqualTo(ExitCode.SUCCESS);
  }

  /** Content of every dataset of a run. */
  private static Map<String, String> datasets(String run) {
    Map<String, String> out = new TreeMap<>();
    for (QuantumRecord record : RunCatalog.open(directory.resolve("repo"), run).quanta()) {
      for (DatasetRef ref : record.getOutputs()) {
        out.put(ref.getDatasetType() + "(" + ref.getDataId() + ")", ref.getContentHash());
      }
    }
    return out;
  }

  @Test
  void bothHaveTheSameDatasetsBitByBit() {
    System.out.printf(
        "IncrementIT: %d months, %d datasets, %d differ%n",
        months.size(),
        atOnce.size(),
        atOnce.entrySet().stream()
            .filter(e -> !e.getValue().equals(grown.get(e.getKey())))
            .count());
    assertThat(grown.keySet()).isEqualTo(atOnce.keySet());
    assertThat(grown).isEqualTo(atOnce);
    List<String> types = List.of("visit_image", "cell_coadd", "artifact_mask", "cell_accumulator");
    assertThat(types).allMatch(IncrementIT::isMade);
    assertThat(isMade("object")).isEqualTo(STEPS == Template.ALL_STEPS);
  }

  private static boolean isMade(String type) {
    return grown.keySet().stream().anyMatch(name -> name.startsWith(type + "("));
  }

  /** A fringe frame that has got more exposures changes the frames of all months. */
  private static void assumeThatMastersStay() {
    assumeThat(last)
        .filteredOn(r -> r.getTask().equals("combineFringe"))
        .as("fringe frames that the last month has changed")
        .noneMatch(r -> r.getStatus() == QuantumStatus.DONE);
  }

  @Test
  void whatTheMonthsBeforeMadeOfTheirExposuresIsAdopted() {
    assumeThatMastersStay();
    for (String task : List.of("singleFrame", "astrometricSolve", "finalVisit")) {
      assertThat(last)
          .filteredOn(r -> r.getTask().equals(task))
          .as(task)
          .anyMatch(r -> r.getStatus() == QuantumStatus.ADOPTED)
          .allMatch(r -> (r.getStatus() == QuantumStatus.ADOPTED) == isOfAMonthBefore(r));
    }
    assertThat(last)
        .filteredOn(r -> r.getTask().equals("isolatedStars"))
        .extracting(r -> r.getDataId().replaceAll(".*name=", ""))
        .containsAll(months.stream().map(m -> "m" + m.toString().replace("-", "")).toList());
  }

  private static boolean isOfAMonthBefore(QuantumRecord record) {
    int night = Integer.parseInt(record.getDataId().replaceAll(".*visit=(\\d{8}).*", "$1"));
    return month(night).isBefore(months.get(months.size() - 1));
  }

  @Test
  void coaddsGrowByWhatIsNew() {
    assumeThatMastersStay();
    double folded = metric("cellsFolded");
    assertThat(folded).isGreaterThan(0);
    assertThat(folded).isGreaterThan(metric("cellsMade"));
    assertThat(metric("inputsAdded")).isLessThan(metric("inputs"));
  }

  private static double metric(String name) {
    return last.stream()
        .filter(r -> r.getTask().equals("cellCoadd") && r.getStatus() == QuantumStatus.DONE)
        .mapToDouble(r -> r.getMetrics().getOrDefault(name, 0.0))
        .sum();
  }
}
