package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.AmplifierRow;
import org.starbeam.schema.CalibVerifyRow;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.Preset;
import org.starbeam.transforms.dataset.TableReader;

/** Gains from the flat pairs of a simulated camera, through the steps that make calibrations. */
class PtcIT {
  @TempDir static Path directory;
  private static Path survey;

  @BeforeAll
  static void simulate() {
    survey = directory.resolve("survey");
    Campaigns.simulate(survey, "r", 1, new Preset.CalibSequence(6, 3, 3, 30000, 10, false, false));
  }

  private static RunCatalog calibrated(Path repository, Map<String, String> set) {
    Map<String, String> values = new HashMap<>(set);
    values.put("input", survey.toString());
    CampaignRunner.Result result =
        Campaigns.launch("ci", values, repository, "run", "direct", 2, List.of("..calibs"));
    assertThat(result.summary().total(QuantumStatus.DONE)).isPositive();
    return RunCatalog.open(repository, "run");
  }

  private static <T extends org.apache.avro.specific.SpecificRecord> List<T> table(
      RunCatalog run, String name, Class<T> rowClass) throws IOException {
    List<T> out = new ArrayList<>();
    for (Path file : run.tables().getOrDefault(name, List.of())) {
      out.addAll(TableReader.read(file, rowClass));
    }
    return out;
  }

  private static double[] truth(String column) {
    try (FitsReader reader = FitsReader.open(survey.resolve("truth/amplifiers.fits"))) {
      FitsTable table = reader.readTable("AMPLIFIERS");
      return (double[]) table.columns().get(column);
    }
  }

  @Test
  void gainsAndReadNoisesAreTheTrueOnesAndAllProductsAreGood() throws IOException {
    RunCatalog run = calibrated(directory.resolve("repo"), Map.of());
    assertThat(run.quanta())
        .extracting(QuantumRecord::getStatus)
        .doesNotContain(QuantumStatus.FAILED, QuantumStatus.BLOCKED);
    List<AmplifierRow> rows = table(run, "amplifier", AmplifierRow.class);
    double[] gain = truth("gain");
    double[] noise = truth("read_noise");
    assertThat(rows).hasSize(8);
    double mean = 0;
    for (int k = 0; k < 8; k++) {
      assertThat(rows.get(k).getGain()).isCloseTo(gain[k], within(0.01 * gain[k]));
      assertThat(rows.get(k).getReadNoise()).isCloseTo(noise[k], within(0.03 * noise[k]));
      mean += (rows.get(k).getGain() / gain[k] - 1) / 8;
    }
    assertThat(mean).isCloseTo(0, within(0.003));
    assertThat(table(run, "calib_verify", CalibVerifyRow.class))
        .filteredOn(row -> row.getTest().equals("CERTIFIABLE"))
        .hasSize(4)
        .allSatisfy(row -> assertThat(row.getPass()).isTrue());
  }

  @Test
  void aCurveThatIsNotGoodIsRefusedAndTheMastersAreMade() {
    RunCatalog run =
        calibrated(
            directory.resolve("refused"), Map.of("tasks.calibVerify.limits.gainTolerance", "1e-5"));
    QuantumRecord refused =
        run.quanta().stream()
            .filter(q -> q.getStatus() == QuantumStatus.FAILED)
            .reduce((a, b) -> null)
            .orElseThrow();
    assertThat(refused.getTask()).isEqualTo("certify");
    assertThat(refused.getDataId()).endsWith("name=ptc");
    assertThat(refused.getMessage()).contains("GAIN of C0");
  }
}
