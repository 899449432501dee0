package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.Tombstones;

/** A dataset that was deleted on purpose is made again when, and only when, it is needed. */
class PrunedInputsTest {
  private static final DataId ID = DataId.of("instrument", "SimCam", "visit", 7);
  private static final DataId OTHER = DataId.of("instrument", "SimCam", "visit", 8);

  @TempDir Path repository;

  private final AtomicInteger produced = new AtomicInteger();
  private final AtomicInteger consumed = new AtomicInteger();
  private double value = 1;

  private final class Producer implements QuantumTask {
    private static final long serialVersionUID = 1L;

    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "produce", "step2", 1, "{}", List.of(), List.of(DatasetTypes.VISIT_SUMMARY));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      produced.incrementAndGet();
      context.stageJson(DatasetTypes.VISIT_SUMMARY, quantum.dataId(), Map.of("value", value));
      return Outcome.done();
    }
  }

  private final class Consumer implements QuantumTask {
    private static final long serialVersionUID = 1L;
    private final String config;

    Consumer(String config) {
      this.config = config;
    }

    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "consume",
          "step2",
          1,
          config,
          List.of(TaskSpec.InputRule.required("in")),
          List.of(DatasetTypes.VISIT_SOLUTION));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      Map<?, ?> in = context.reader().json(quantum.ref("in", "visit_summary"), Map.class);
      consumed.incrementAndGet();
      context.stageJson(
          DatasetTypes.VISIT_SOLUTION, quantum.dataId(), List.of(config, in.get("value")));
      return Outcome.done();
    }
  }

  private CampaignContext campaign() {
    return CampaignContext.of(repository, "run").withRetryDelaysMillis(List.of());
  }

  /** One launch: producer, then consumer. */
  private List<QuantumResult> launch(CampaignContext campaign, String config) throws IOException {
    try (QuantumTester tester = QuantumTester.in(campaign)) {
      QuantumResult made = tester.run(new Producer(), ID).result();
      QuantumResult used = tester.run(new Consumer(config), ID, tester.input("in", made)).result();
      return List.of(made, used);
    }
  }

  private Path prune(DatasetRef ref) throws IOException {
    new Tombstones(repository).add("run", List.of(ref), "test");
    Path file = repository.resolve(ref.getPath());
    Files.delete(file);
    return file;
  }

  private CampaignContext rerunning(CampaignContext ended, String quantumId) throws IOException {
    Path list = repository.resolve("again.list");
    Files.writeString(list, quantumId + "\n");
    return ended.relaunched().rerunning(new AdoptionSettings("again.list", false));
  }

  @Test
  void whatNobodyReadsStaysDoneWithoutItsBytes() throws IOException {
    DatasetRef ref = launch(campaign(), "{}").get(0).getOutputs().get(0);
    Path file = prune(ref);
    CampaignContext again = campaign();
    List<QuantumResult> results = launch(again, "{}");
    assertThat(results)
        .extracting(QuantumResult::getStatus)
        .containsExactly(QuantumStatus.ADOPTED, QuantumStatus.ADOPTED);
    assertThat(results.get(0).getOutputs()).containsExactly(ref);
    assertThat(PrunedInputs.needed(again)).isEmpty();
    assertThat(file).doesNotExist();
    assertThat(produced).hasValue(1);
  }

  @Test
  void aConsumerThatMustRunHasItMadeAgainWithTheSameHash() throws IOException {
    QuantumResult made = launch(campaign(), "{}").get(0);
    DatasetRef ref = made.getOutputs().get(0);
    Path file = prune(ref);
    CampaignContext changed = campaign();
    assertThat(launch(changed, "{\"a\":2}").get(1).getStatus()).isEqualTo(QuantumStatus.BLOCKED);
    assertThat(consumed).hasValue(1);
    assertThat(PrunedInputs.needed(changed))
        .containsExactly(
            new PrunedInputs.Needed(ref.getDatasetType(), ref.getDataId(), ref.getContentHash()));

    List<QuantumResult> second = launch(rerunning(changed, made.getQuantumId()), "{\"a\":2}");
    assertThat(second)
        .extracting(QuantumResult::getStatus)
        .containsExactly(QuantumStatus.DONE, QuantumStatus.DONE);
    assertThat(second.get(0).getOutputs()).containsExactly(ref);
    assertThat(file).exists();
    assertThat(produced).hasValue(2);
    assertThat(consumed).hasValue(2);
  }

  @Test
  void aLaunchThatLacksAnInputMakesNothingNew() throws IOException {
    prune(launch(campaign(), "{}").get(0).getOutputs().get(0));
    CampaignContext changed = campaign();
    try (QuantumTester tester = QuantumTester.in(changed)) {
      QuantumResult made = tester.run(new Producer(), ID).result();
      tester.run(new Consumer("{\"a\":2}"), ID, tester.input("in", made));
      QuantumResult other = tester.run(new Producer(), OTHER).result();
      assertThat(other.getStatus()).isEqualTo(QuantumStatus.BLOCKED);
    }
    assertThat(produced).hasValue(1);
  }

  @Test
  void otherBytesThanBeforeAreADefect() throws IOException {
    QuantumResult made = launch(campaign(), "{}").get(0);
    prune(made.getOutputs().get(0));
    value = 2;
    CampaignContext again = rerunning(campaign(), made.getQuantumId());
    try (QuantumTester tester = QuantumTester.in(again)) {
      QuantumTester.Ended ended = tester.run(new Producer(), ID);
      assertThat(ended.record().getErrorCode()).isEqualTo("NONDETERMINISM");
    }
  }

  @Test
  void whatIsLostButWasNotPrunedIsMadeAgainAtOnce() throws IOException {
    DatasetRef ref = launch(campaign(), "{}").get(0).getOutputs().get(0);
    Files.delete(repository.resolve(ref.getPath()));
    assertThat(launch(campaign(), "{}").get(0).getStatus()).isEqualTo(QuantumStatus.DONE);
    assertThat(repository.resolve(ref.getPath())).exists();
  }

  @Test
  void aForcedQuantumRunsThoughItsOutputsAreThere() throws IOException {
    QuantumResult made = launch(campaign(), "{}").get(0);
    Files.writeString(repository.resolve("again.list"), made.getQuantumId() + "\n");
    CampaignContext replay =
        CampaignContext.of(repository, "scratch")
            .adoptingFrom(List.of("run"))
            .rerunning(new AdoptionSettings("again.list", true));
    List<QuantumResult> results = launch(replay, "{}");
    assertThat(results)
        .extracting(QuantumResult::getStatus)
        .containsExactly(QuantumStatus.DONE, QuantumStatus.ADOPTED);
    assertThat(results.get(0).getOutputs().get(0).getContentHash())
        .isEqualTo(made.getOutputs().get(0).getContentHash());
    assertThat(results.get(0).getOutputs().get(0).getPath()).startsWith("data/scratch/");
  }
}
