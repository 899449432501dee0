package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;
import org.starbeam.transforms.window.CampaignWindows;

/** Exposures fall into nights by the middle of their exposure, and nights join again. */
class CampaignWindowsStageTest {
  private static final double MJD_20260907_NOON = 61290.5;

  @TempDir Path directory;

  /** Gives an exposure its time: half a day apart, from the noon at which a night begins. */
  private record IngestTask() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "ingest", "ingest", 1, "{}", List.of(InputRule.required("path")), List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      int n = quantum.dataId().getInt("visit");
      double middle = MJD_20260907_NOON + n / 2.0 + 0.1;
      return Outcome.done(
          ObservationInfo.newBuilder()
              .setInstrument("SimCam")
              .setExposureId(n)
              .setDayObs(0)
              .setSeqNum(n)
              .setObservationType("science")
              .setPhysicalFilter("r")
              .setDetector(0)
              .setBeginTaiMjd(middle)
              .setMidTaiMjd(middle)
              .setEndTaiMjd(middle)
              .setExposureTime(0)
              .build());
    }
  }

  private record CountTask(String name) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(name, "step1", 1, "{}", List.of(InputRule.gather("in", 1)), List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      context.metric("inputs", quantum.results("in").size());
      return Outcome.done();
    }
  }

  private static void build(Pipeline pipeline, CampaignContext campaign) {
    List<QuantumResult> paths = new ArrayList<>();
    for (int visit = 0; visit < 5; visit++) {
      DataId id = DataId.of("instrument", "SimCam", "visit", visit);
      paths.add(QuantumSources.of("input", id, List.of()));
    }
    PCollection<QuantumResult> exposures =
        QuantumStage.named("ingest")
            .in(campaign)
            .route(
                QuantumSources.of(pipeline, "paths", paths),
                (r, reader, out) -> out.send(DataId.parse(r.getDataId()), "path", r))
            .run(new IngestTask());
    PCollection<QuantumResult> nights =
        QuantumStage.named("night")
            .in(campaign)
            .window(CampaignWindows.nights(12))
            .route(exposures, (r, reader, out) -> out.send(day(r), "in", r))
            .run(new CountTask("night"));
    QuantumStage.named("all")
        .in(campaign)
        .window(CampaignWindows.global())
        .route(nights, (r, reader, out) -> out.send(DataId.GLOBAL, "in", r))
        .run(new CountTask("all"));
  }

  private static DataId day(QuantumResult result) {
    return DataId.of("day_obs", CampaignWindows.dayObs(result.getEventTimeMs(), 12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void exposuresGatherByNightAndNightsOverTheCampaign(String runner) throws Exception {
    CampaignContext campaign = CampaignContext.of(directory, "run");
    var result =
        PipelineLauncher.named(runner)
            .run(
                pipeline -> build(pipeline, campaign),
                LaunchSettings.ofParallelism(2).withChecks());
    CampaignServices.close(campaign);
    assertThat(result.done()).isTrue();
    Map<String, QuantumRecord> ended = MockGraph.ended(campaign);
    assertThat(night(ended, 20260907)).isEqualTo("n20260907 {inputs=2.0}");
    assertThat(night(ended, 20260908)).isEqualTo("n20260908 {inputs=2.0}");
    assertThat(night(ended, 20260909)).isEqualTo("n20260909 {inputs=1.0}");
    QuantumRecord all = ended.get("all()");
    assertThat(all).isNotNull();
    assertThat(all.getWindow() + " " + all.getMetrics()).isEqualTo("all {inputs=3.0}");
  }

  private static String night(Map<String, QuantumRecord> ended, int dayObs) {
    QuantumRecord record = ended.get("night(day_obs=" + dayObs + ")");
    return record == null ? "absent" : record.getWindow() + " " + record.getMetrics();
  }
}
