package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
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

/**
 * One key of eight hundred has a hundred times the inputs of the others, and takes a hundred times
 * as long: two slots are in use until the last tenth of the run, whenever the key's turn comes. On
 * a machine with nothing else to do.
 */
@EnabledIfSystemProperty(named = "starbeam.full", matches = "true")
class SkewTest {
  private static final int KEYS = 800;
  private static final int INPUTS = 5;
  private static final int TIMES = 100;
  private static final int MILLIS_PER_INPUT = 20;
  private static final int SLOTS = 2;

  @TempDir Path directory;

  private record GatherTask() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      List<InputRule> inputs = List.of(InputRule.gather("image", 1));
      return new TaskSpec("gather", "step3", 1, "{}", inputs, List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws InterruptedException {
      Thread.sleep((long) MILLIS_PER_INPUT * quantum.inputs().size());
      return Outcome.done();
    }
  }

  /** Frames of as many visits, one of which has many more detectors. */
  private static List<QuantumResult> images() {
    List<QuantumResult> out = new ArrayList<>(MockGraph.raws(KEYS, INPUTS));
    MockGraph.raws(1, TIMES * INPUTS).stream()
        .filter(r -> DataId.parse(r.getDataId()).getInt("detector") >= INPUTS)
        .forEach(out::add);
    return out;
  }

  private Collection<QuantumRecord> launch(String runner, String run, List<QuantumResult> images)
      throws IOException {
    CampaignContext campaign = CampaignContext.of(directory, run);
    PipelineLauncher.named(runner)
        .run(pipeline -> build(pipeline, campaign, images), LaunchSettings.ofParallelism(SLOTS));
    CampaignServices.close(campaign);
    return MockGraph.ended(campaign).values();
  }

  private static void build(
      Pipeline pipeline, CampaignContext campaign, List<QuantumResult> images) {
    QuantumStage.named("gather")
        .in(campaign)
        .route(
            QuantumSources.of(pipeline, "images", images),
            (r, reader, out) ->
                out.send(DataId.parse(r.getDataId()).only("instrument", "visit"), "image", r))
        .run(new GatherTask());
  }

  /** Share of the slots' time that quanta take in the first nine tenths of a run. */
  private static double use(Collection<QuantumRecord> quanta) {
    double begin = quanta.stream().mapToDouble(QuantumRecord::getStartTaiMjd).min().orElseThrow();
    double end = quanta.stream().mapToDouble(QuantumRecord::getEndTaiMjd).max().orElseThrow();
    double until = begin + 0.9 * (end - begin);
    double busy =
        quanta.stream()
            .mapToDouble(r -> Math.max(0, Math.min(until, r.getEndTaiMjd()) - r.getStartTaiMjd()))
            .sum();
    return busy / (SLOTS * (until - begin));
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void oneHeavyKeyLeavesNoSlotIdleUntilTheLastTenthOfTheRun(String runner) throws IOException {
    launch(runner, "warm", MockGraph.raws(KEYS / 10, 1));
    Collection<QuantumRecord> quanta = launch(runner, "run", images());
    assertThat(quanta).hasSize(KEYS);
    double heaviest = quanta.stream().mapToDouble(r -> r.getInputs().size()).max().orElseThrow();
    assertThat(heaviest).isEqualTo(TIMES * INPUTS);
    double use = use(quanta);
    System.out.printf("SkewTest: %s, use %.3f until the last tenth%n", runner, use);
    assertThat(use).isGreaterThanOrEqualTo(0.85);
  }
}
