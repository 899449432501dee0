package org.starbeam.transforms.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.QuantumSources;

class SkyExposuresTest {
  private static final List<QuantumResult> FRAMES =
      List.of(
          frame("SCIENCE", "g"),
          frame("SCIENCE", "r"),
          frame("CALIBRATED", "i"),
          frame("SCIENCE", null),
          frame("FLAT", "i"),
          frame("BIAS", null),
          QuantumSources.of("ingest", DataId.of("name", "refused"), List.of()));

  @Test
  void chosenBandsAndAllCalibrationFramesAreKept() {
    assertThat(FRAMES.stream().filter(f -> SkyExposures.inBands(List.of("g")).apply(f)))
        .containsExactly(FRAMES.get(0), FRAMES.get(3), FRAMES.get(4), FRAMES.get(5), FRAMES.get(6));
  }

  @Test
  void noChoiceKeepsEverything() {
    assertThat(FRAMES.stream().filter(f -> SkyExposures.inBands(List.of()).apply(f)))
        .containsExactlyElementsOf(FRAMES);
  }

  private static QuantumResult frame(String type, @Nullable String band) {
    DataId id = DataId.of("instrument", "SimCam", "exposure", 1, "detector", 0);
    QuantumResult out = QuantumSources.of("ingest", id, List.of());
    ObservationInfo info = new ObservationInfo();
    info.setObservationType(type);
    info.setBand(band);
    out.setPayload(info);
    return out;
  }
}
