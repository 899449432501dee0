package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a header says of ISR (specs/01 section 3.3). */
class IsrReportTest {
  private static final IsrReport.AmplifierReport AMPLIFIER =
      new IsrReport.AmplifierReport(
          "C00", 1000.5, 3.2, 0, 0, 0.25, 1.6, 5.1, 120_000, 0, 0, 0, 0, 500);

  private static Map<String, Object> cards(BrighterFatterCorrector.Report brighterFatter) {
    return new IsrReport(
            Map.of("BIAS", IsrReport.Status.APPLIED, "FRINGE", IsrReport.Status.FAILED),
            List.of(AMPLIFIER),
            IsrReport.PTC,
            List.of(),
            brighterFatter,
            List.of("amplifier C01: no image"),
            List.of("fringes were not subtracted"))
        .cards();
  }

  @Test
  void aHeaderSaysStepsLevelsAndWhatAnOperatorShouldKnow() {
    assertThat(cards(new BrighterFatterCorrector.Report(3, 0.05)))
        .containsEntry("ISRUNITS", "electron")
        .containsEntry("ISR BIAS", "APPLIED")
        .containsEntry("ISR FRINGE", "FAILED")
        .containsEntry("GAINSRC", "ptc")
        .containsEntry("GAIN C00", 1.6)
        .containsEntry("RDNOISE C00", 5.1)
        .containsEntry("SATURATE C00", 120_000.0)
        .containsEntry("OSCANMEAN C00", 1000.5)
        .containsEntry("OSCANNOISE C00", 3.2)
        .containsEntry("BFITER", 3)
        .containsEntry("BFCHANGE", 0.05)
        .containsEntry("ISRWRN0", "amplifier C01: no image")
        .containsEntry("ISRWRN1", "fringes were not subtracted");
  }

  @Test
  void aHeaderTellsNoIterationsWhereNothingWasCorrected() {
    assertThat(cards(BrighterFatterCorrector.Report.NONE)).doesNotContainKeys("BFITER", "BFCHANGE");
  }
}
