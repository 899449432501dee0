package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.ImageF;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.Preset;

/** Fringe frames of raw exposures of the sky, through the steps that make calibrations. */
class FringeIT {
  private static final int EXPOSURES = 6;

  @TempDir static Path directory;
  private static Path survey;

  @BeforeAll
  static void simulate() {
    survey = directory.resolve("survey");
    Campaigns.simulate(
        survey, "i", EXPOSURES, new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false));
  }

  private static QuantumRecord combined(Path repository, Map<String, String> set) {
    Map<String, String> values = new HashMap<>(set);
    values.put("input", survey.toString());
    CampaignRunner.Result result =
        Campaigns.launch("ci", values, repository, "run", "direct", 2, List.of("..calibs"));
    assertThat(result.summary().total(QuantumStatus.FAILED)).isZero();
    assertThat(result.summary().total(QuantumStatus.BLOCKED)).isZero();
    return RunCatalog.open(repository, "run").quanta().stream()
        .filter(q -> q.getTask().equals("combineFringe"))
        .findAny()
        .orElseThrow();
  }

  @Test
  void exposuresOfTheSkyGiveThePatternOfTheirDetector() throws IOException {
    Path repository = directory.resolve("repo");
    assertThat(combined(repository, Map.of()).getStatus()).isEqualTo(QuantumStatus.DONE);
    try (Stream<Path> files = Files.walk(repository.resolve("data/run/fringe"))) {
      Path file = files.filter(f -> f.toString().endsWith(".fits")).findAny().orElseThrow();
      FringeFrame frame = FringeFrame.read(file);
      assertThat(frame.cards().get("CPPN")).isEqualTo(EXPOSURES);
      assertThat(correlation(frame.patterns().get(0), truth())).isGreaterThan(0.9);
    }
  }

  @Test
  void tooFewExposuresAreNoWork() {
    QuantumRecord none =
        combined(directory.resolve("few"), Map.of("tasks.combineFringe.fringe.minInputs", "7"));
    assertThat(none.getStatus()).isEqualTo(QuantumStatus.NO_WORK);
    assertThat(none.getMessage()).contains("6 exposures with a sky, needed 7");
  }

  private static float[] truth() {
    try (FitsReader reader = FitsReader.open(survey.resolve("truth/response/detector_00.fits"))) {
      return reader.readFloats(reader.hdu("FRINGE")).data;
    }
  }

  private static double correlation(ImageF pattern, float[] truth) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < truth.length; i++) {
      ab += pattern.data[i] * truth[i];
      aa += pattern.data[i] * pattern.data[i];
      bb += truth[i] * truth[i];
    }
    return ab / Math.sqrt(aa * bb);
  }
}
