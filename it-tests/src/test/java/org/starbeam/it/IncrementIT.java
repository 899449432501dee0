package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
 * dataset that one run over both makes.
 */
@Tag("acceptance")
class IncrementIT {
  private static final String FIRST_MONTH = "20210930";

  @TempDir static Path directory;
  private static List<QuantumRecord> second;
  private static Map<String, String> grown;
  private static Map<String, String> atOnce;

  @BeforeAll
  static void reduceByMonthsAndAtOnce() {
    Path survey = directory.resolve("survey");
    CampaignWriter.write(survey, Presets.it(), 1, ProgressListener.NONE);
    launch(survey, "m1", Map.of("through", FIRST_MONTH));
    launch(survey, "m2", Map.of("base", "m1"));
    launch(survey, "full", Map.of());
    second = RunCatalog.open(directory.resolve("repo"), "m2").quanta();
    grown = datasets("m2");
    atOnce = datasets("full");
  }

  private static void launch(Path survey, String run, Map<String, String> values) {
    Map<String, String> all = new TreeMap<>(values);
    all.put("input", survey.toString());
    CampaignRunner.Result result =
        Campaigns.launch(
            "survey-monthly", all, directory.resolve("repo"), run, "direct", 2, Template.ALL_STEPS);
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
    assertThat(grown.keySet()).isEqualTo(atOnce.keySet());
    assertThat(grown).isEqualTo(atOnce);
    for (String type :
        List.of("visit_image", "cell_coadd", "artifact_mask", "cell_accumulator", "object")) {
      assertThat(grown.keySet()).anyMatch(name -> name.startsWith(type + "("));
    }
  }

  @Test
  void whatTheFirstMonthMadeOfItsExposuresIsAdopted() {
    for (String task : List.of("singleFrame", "astrometricSolve", "finalVisit")) {
      assertThat(second)
          .filteredOn(r -> r.getTask().equals(task))
          .as(task)
          .anyMatch(r -> r.getStatus() == QuantumStatus.ADOPTED)
          .allMatch(
              r ->
                  (r.getStatus() == QuantumStatus.ADOPTED)
                      == r.getDataId().contains("visit=20210907"));
    }
    assertThat(second)
        .filteredOn(r -> r.getTask().equals("isolatedStars"))
        .extracting(r -> r.getDataId().replaceAll(".*name=", ""))
        .contains("m202109", "m202110");
  }

  @Test
  void coaddsGrowByWhatIsNew() {
    double folded = metric("cellsFolded");
    assertThat(folded).isGreaterThan(0);
    assertThat(folded).isGreaterThan(metric("cellsMade"));
    assertThat(metric("inputsAdded")).isLessThan(metric("inputs"));
  }

  private static double metric(String name) {
    return second.stream()
        .filter(r -> r.getTask().equals("cellCoadd") && r.getStatus() == QuantumStatus.DONE)
        .mapToDouble(r -> r.getMetrics().getOrDefault(name, 0.0))
        .sum();
  }
}
