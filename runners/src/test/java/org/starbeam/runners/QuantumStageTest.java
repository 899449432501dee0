package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;

class QuantumStageTest {
  private static final LaunchSettings CHECKED = LaunchSettings.ofParallelism(2).withChecks();

  @TempDir Path directory;

  private static void launch(
      String runner, CampaignContext campaign, List<QuantumResult> raws, Set<Integer> failing)
      throws IOException {
    var result =
        PipelineLauncher.named(runner)
            .run(pipeline -> MockGraph.build(pipeline, campaign, raws, failing), CHECKED);
    CampaignServices.close(campaign);
    assertThat(result.done()).isTrue();
  }

  @Test
  void directAndFlinkGiveTheSameStatusesAndContents() throws Exception {
    List<QuantumResult> raws = MockGraph.raws(4, 5);
    CampaignContext direct =
        CampaignContext.of(Files.createDirectory(directory.resolve("direct")), "run");
    launch("direct", direct, raws, Set.of(3));
    Collections.shuffle(raws, new Random(7));
    CampaignContext flink =
        CampaignContext.of(Files.createDirectory(directory.resolve("flink")), "run");
    launch("flink", flink, raws, Set.of(3));
    assertThat(summary(flink)).isEqualTo(summary(direct)).hasSize(4 * 5 + 4 + 4 * 5);
  }

  private static Map<String, String> summary(CampaignContext campaign) throws IOException {
    Map<String, String> out = new TreeMap<>();
    MockGraph.ended(campaign)
        .forEach(
            (name, record) ->
                out.put(
                    name,
                    record.getStatus()
                        + " "
                        + record.getCaveats()
                        + " "
                        + record.getRootCauses()
                        + " "
                        + record.getOutputs().stream()
                            .map(DatasetRef::getContentHash)
                            .collect(Collectors.joining(","))));
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void aFailedFrameIsARecordAndBlocksOnlyWhatNeedsIt(String runner) throws Exception {
    CampaignContext campaign = CampaignContext.of(directory, "run");
    launch(runner, campaign, MockGraph.raws(1, 4), Set.of(2));
    Map<String, QuantumRecord> ended = MockGraph.ended(campaign);
    String id = "(instrument=SimCam,visit=1,detector=2)";
    QuantumRecord failed = ended.get("mockFrame" + id);
    assertThat(failed.getStatus()).isEqualTo(QuantumStatus.FAILED);
    assertThat(failed.getErrorClass()).isEqualTo("BAD_INPUT");
    assertThat(failed.getErrorCode()).isEqualTo("TRUNCATED");
    assertThat(failed.getMessage()).contains("visit=1,detector=2");
    QuantumRecord visit = ended.get("mockVisit(instrument=SimCam,visit=1)");
    assertThat(visit.getStatus()).isEqualTo(QuantumStatus.DONE);
    assertThat(visit.getCaveats()).containsExactly("UPSTREAM_MISSING");
    QuantumRecord blocked = ended.get("mockFinal" + id);
    assertThat(blocked.getStatus()).isEqualTo(QuantumStatus.BLOCKED);
    assertThat(blocked.getRootCauses()).containsExactly("mockFrame" + id);
    assertThat(ended.values()).filteredOn(r -> r.getStatus() == QuantumStatus.DONE).hasSize(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void aSecondLaunchRunsNothingAndAdoptsEverything(String runner) throws Exception {
    List<QuantumResult> raws = MockGraph.raws(3, 4);
    CampaignContext first = CampaignContext.of(directory, "run");
    launch(runner, first, raws, Set.of());
    Map<String, QuantumRecord> done = MockGraph.ended(first);
    int started = MockGraph.started(first);
    assertThat(started).isEqualTo(done.size());
    CampaignContext second = CampaignContext.of(directory, "run");
    launch(runner, second, raws, Set.of());
    Map<String, QuantumRecord> adopted = MockGraph.ended(second);
    assertThat(MockGraph.started(second)).isEqualTo(started);
    assertThat(adopted.values()).allMatch(r -> r.getStatus() == QuantumStatus.ADOPTED);
    adopted.forEach(
        (name, record) -> assertThat(record.getOutputs()).isEqualTo(done.get(name).getOutputs()));
  }

  @Test
  void anotherRunAdoptsByReferenceAndRunsWhatHasOtherInputs() throws Exception {
    CampaignContext first = CampaignContext.of(directory, "first");
    launch("direct", first, MockGraph.raws(2, 3), Set.of());
    CampaignContext second = CampaignContext.of(directory, "second").adoptingFrom(List.of("first"));
    launch("direct", second, MockGraph.raws(3, 3), Set.of());
    Map<String, QuantumRecord> ended = MockGraph.ended(second);
    assertThat(ended.get("mockVisit(instrument=SimCam,visit=1)").getStatus())
        .isEqualTo(QuantumStatus.ADOPTED);
    assertThat(ended.get("mockVisit(instrument=SimCam,visit=3)").getStatus())
        .isEqualTo(QuantumStatus.DONE);
    assertThat(ended.get("mockVisit(instrument=SimCam,visit=1)").getOutputs().get(0).getRun())
        .isEqualTo("first");
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void oneKeyHoldsMoreThanTenThousandValues(String runner) throws Exception {
    CampaignContext campaign = CampaignContext.of(directory, "run");
    List<QuantumResult> raws = MockGraph.raws(1, 12_000);
    var result =
        PipelineLauncher.named(runner)
            .run(pipeline -> BigKey.build(pipeline, campaign, raws), CHECKED);
    CampaignServices.close(campaign);
    assertThat(result.done()).isTrue();
    QuantumRecord record = MockGraph.ended(campaign).get("count()");
    assertThat(record.getStatus()).isEqualTo(QuantumStatus.DONE);
    assertThat(record.getMetrics()).containsEntry("inputs", 12_000.0);
  }
}
