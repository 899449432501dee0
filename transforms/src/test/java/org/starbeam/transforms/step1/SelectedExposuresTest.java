package org.starbeam.transforms.step1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.Ledger;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.window.CampaignWindows;

class SelectedExposuresTest {
  @TempDir Path repository;

  @Test
  void whatTheSelectionLeavesOutIsRecordedAndCalibrationFramesGoOn() throws IOException {
    CampaignContext campaign =
        CampaignContext.of(repository, "r").selecting("band = 'g' AND seeing < 1");
    Pipeline pipeline = Pipeline.create();
    PCollection<QuantumResult> frames =
        QuantumSources.of(
            pipeline,
            "frames",
            List.of(frame(1, "SCIENCE", "g"), frame(2, "SCIENCE", "r"), frame(3, "FLAT", "r")));
    PCollection<String> on =
        Step1.selected(campaign, frames)
            .apply(MapElements.into(TypeDescriptors.strings()).via(QuantumResult::getDataId));
    PAssert.that(on).containsInAnyOrder(id(1).toString(), id(3).toString());
    pipeline.run().waitUntilFinish();
    CampaignServices.close(campaign);
    List<QuantumRecord> records = new ArrayList<>();
    Ledger.read(RepositoryPaths.ledger(repository, "r"), records::add);
    assertThat(records).hasSize(1);
    assertThat(records.get(0).getStatus()).isEqualTo(QuantumStatus.SKIPPED);
    assertThat(records.get(0).getTask()).isEqualTo("singleFrame");
    assertThat(records.get(0).getDataId()).isEqualTo("instrument=SimCam,visit=2,detector=0");
    assertThat(records.get(0).getMessage()).contains("band = 'g'").doesNotContain("seeing");
  }

  @Test
  void exposuresOutsideOfTheReleaseAreRecordedAsSuch() throws IOException {
    CampaignContext campaign = CampaignContext.of(repository, "r");
    Pipeline pipeline = Pipeline.create();
    QuantumResult later = frame(2, "SCIENCE", "g");
    ((ObservationInfo) later.getPayload()).setDayObs(20260908);
    QuantumResult flat = frame(3, "FLAT", "g");
    ((ObservationInfo) flat.getPayload()).setDayObs(20260908);
    PCollection<QuantumResult> frames =
        QuantumSources.of(pipeline, "frames", List.of(frame(1, "SCIENCE", "g"), later, flat));
    PCollection<String> on =
        Step1.ofRelease(campaign, frames, new CampaignWindows.Interval("DR1", 20260901, 20260907))
            .apply(MapElements.into(TypeDescriptors.strings()).via(QuantumResult::getDataId));
    PAssert.that(on).containsInAnyOrder(id(1).toString(), id(3).toString());
    pipeline.run().waitUntilFinish();
    CampaignServices.close(campaign);
    List<QuantumRecord> records = new ArrayList<>();
    Ledger.read(RepositoryPaths.ledger(repository, "r"), records::add);
    assertThat(records).hasSize(1);
    assertThat(records.get(0).getStatus()).isEqualTo(QuantumStatus.SKIPPED);
    assertThat(records.get(0).getDataId()).isEqualTo("instrument=SimCam,visit=2,detector=0");
    assertThat(records.get(0).getMessage())
        .startsWith("OUT_OF_RELEASE: night 20260908")
        .contains("20260901..20260907 of release DR1");
  }

  @Test
  void withoutASelectionNothingIsAddedToTheGraph() {
    Pipeline pipeline = Pipeline.create();
    PCollection<QuantumResult> frames =
        QuantumSources.of(pipeline, "frames", List.of(frame(1, "SCIENCE", "g")));
    CampaignContext campaign = CampaignContext.of(repository, "r");
    assertThat(Step1.selected(campaign, frames)).isSameAs(frames);
    assertThat(Step1.selected(campaign.selecting("seeing < 1"), frames)).isSameAs(frames);
  }

  private static DataId id(int exposure) {
    return DataId.of("instrument", "SimCam", "exposure", exposure, "detector", 0);
  }

  private static QuantumResult frame(int exposure, String type, @Nullable String band) {
    QuantumResult out = QuantumSources.of("ingest", id(exposure), List.of());
    out.setPayload(
        ObservationInfo.newBuilder()
            .setInstrument("SimCam")
            .setExposureId(exposure)
            .setDayObs(20260907)
            .setSeqNum(exposure)
            .setObservationType(type)
            .setPhysicalFilter("f")
            .setBand(band)
            .setDetector(0)
            .setBeginTaiMjd(61_000)
            .setMidTaiMjd(61_000.1)
            .setEndTaiMjd(61_000.2)
            .setExposureTime(30)
            .build());
    return out;
  }
}
