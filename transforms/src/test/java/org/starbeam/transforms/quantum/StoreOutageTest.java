package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.store.MemoryStore;

/** Quanta of a repository whose datasets rest in an object store that goes away and comes back. */
class StoreOutageTest {
  private static final DataId ID = DataId.of("instrument", "SimCam", "visit", 7);
  private static final String STORE = "memory://bucket/outage";
  private static final QuantumLimits.TimeLimit SOON = new QuantumLimits.TimeLimit(60, 60, 0.05, 60);

  @TempDir Path repository;
  private final AtomicInteger runs = new AtomicInteger();

  @BeforeEach
  void store(@TempDir Path cache) throws IOException {
    System.setProperty("starbeam.cache", cache.toString());
    MemoryStore.reset();
    Files.writeString(repository.resolve("repo.json"), "{\"data\": \"" + STORE + "\"}");
  }

  /** Writes one dataset; goes on with what the test wants in between. */
  private record WriteTask(AtomicInteger runs, Runnable between) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec("work", "step2", 1, "{}", List.of(), List.of(DatasetTypes.VISIT_SUMMARY));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      runs.incrementAndGet();
      context.stageJson(DatasetTypes.VISIT_SUMMARY, ID, List.of(1.5));
      between.run();
      return Outcome.done();
    }
  }

  private QuantumTester.Ended run(QuantumLimits.TimeLimit time, Runnable between)
      throws IOException {
    CampaignContext campaign =
        CampaignContext.of(repository, "run").withLimits(QuantumLimits.defaults().withTime(time));
    try (QuantumTester tester = QuantumTester.in(campaign)) {
      return tester.run(new WriteTask(runs, between), ID);
    }
  }

  @Test
  void aStoreThatGoesAwayHoldsTheRunUpAndCountsAsNoAttempt() throws IOException {
    Path paused = RunFiles.of(repository, "run").paused();
    Thread operator =
        new Thread(
            () -> {
              while (!Files.exists(paused)) {
                Thread.onSpinWait();
              }
              MemoryStore.refusal = null;
            });
    operator.start();
    var ended =
        run(
            SOON,
            () -> {
              if (runs.get() == 1) {
                MemoryStore.refusal = "Access Denied (Status Code: 403)";
              }
            });
    assertThat(ended.requireDone().record().getAttempt()).isEqualTo(1);
    assertThat(ended.record().getCaveats()).isEmpty();
    assertThat(runs).hasValue(2);
    assertThat(paused).doesNotExist();
    assertThat(MemoryStore.FILES.keySet())
        .singleElement()
        .asString()
        .startsWith(STORE + "/data/run/visit_summary/");
  }

  @Test
  void whatIsDoneIsAdoptedAndWhatIsGoneIsMadeAgain() throws IOException {
    run(SOON, () -> {});
    assertThat(run(SOON, () -> {}).record().getStatus()).isEqualTo(QuantumStatus.ADOPTED);
    assertThat(runs).hasValue(1);
    MemoryStore.FILES.clear();
    run(SOON, () -> {});
    assertThat(runs).hasValue(2);
    assertThat(MemoryStore.FILES).hasSize(1);
  }

  @Test
  void whenAStoreStaysAwayTheLaunchEndsAndNothingHasFailed() throws Exception {
    RunFiles files = RunFiles.of(repository, "run");
    QuantumLimits.TimeLimit brief = new QuantumLimits.TimeLimit(60, 60, 0.05, 0.2);
    DiskGuard guard = new DiskGuard(files, brief, () -> true);
    RunControl control =
        new RunControl(files, "launch", 1, guard, new StoragePresence(repository, files, false));
    guard.beginStore("a test", () -> false);
    assertThat(CanonicalJson.parse(Files.readString(files.paused())).path("reason").asText())
        .isEqualTo("STORE_UNAVAILABLE");
    RunStop stop = control.gate();
    assertThat(stop.cause()).isEqualTo(RunStop.Cause.STORE_UNAVAILABLE);
    assertThat(control.leaves()).isTrue();
  }
}
