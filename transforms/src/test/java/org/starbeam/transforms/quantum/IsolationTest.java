package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;
import org.starbeam.transforms.quantum.QuantumLimits.TimeLimit;

/** Tasks that would take their worker with them. */
class IsolationTest {
  @TempDir Path repository;

  /** What a task does to the JVM that it runs in. */
  private enum Deed {
    WORK,
    ALLOCATE,
    LOOP,
    LOOP_POLITELY,
    EXIT,
    OVERFLOW,
    HALT
  }

  private record DeedTask(Deed deed) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec("deed", "step1", 1, "{}", List.of(), List.of(DatasetTypes.VISIT_SUMMARY));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      switch (deed) {
        case WORK ->
            context.stageJson(
                DatasetTypes.VISIT_SUMMARY, quantum.dataId(), ProcessHandle.current().pid());
        case ALLOCATE -> allocate();
        case LOOP -> {
          long n = 0;
          while (n >= 0) {
            n = (n + 1) % 1000;
          }
        }
        case LOOP_POLITELY -> {
          while (true) {
            context.checkCancelled();
          }
        }
        case EXIT -> System.exit(0);
        case OVERFLOW -> overflow(0);
        case HALT -> Runtime.getRuntime().halt(137);
      }
      return Outcome.done();
    }

    private static void allocate() {
      List<long[]> all = new ArrayList<>();
      while (all.size() < Integer.MAX_VALUE) {
        all.add(new long[1 << 20]);
      }
    }

    private static long overflow(long n) {
      return overflow(n + 1) + n;
    }
  }

  private CampaignContext campaign(Isolate isolate) {
    return CampaignContext.of(repository, "run")
        .withRetryDelaysMillis(List.of())
        .withLimits(
            QuantumLimits.defaults()
                .withTime(TimeLimit.defaults().withSeconds(2, 1))
                .withMemoryCap(96 << 20)
                .isolating(isolate));
  }

  /** With time enough for a JVM that starts on a busy machine. */
  private CampaignContext patient(Isolate isolate) {
    QuantumLimits limits = campaign(isolate).limits();
    return campaign(isolate).withLimits(limits.withTime(TimeLimit.defaults().withSeconds(120, 1)));
  }

  private QuantumRecord run(CampaignContext campaign, Deed deed) throws IOException {
    try (QuantumTester tester = QuantumTester.in(campaign)) {
      DataId id = DataId.of("instrument", "SimCam", "visit", 1 + deed.ordinal());
      return tester.run(new DeedTask(deed), id).record();
    }
  }

  private static String end(QuantumRecord record) {
    return record.getStatus() + " " + record.getErrorClass() + " " + record.getErrorCode();
  }

  @Test
  void aProcessOfItsOwnGivesTheSameDatasetAndWorksElsewhere() throws IOException {
    QuantumRecord record = run(patient(Isolate.PROCESS), Deed.WORK);
    assertThat(record.getStatus()).isEqualTo(QuantumStatus.DONE);
    Path file = repository.resolve(record.getOutputs().get(0).getPath());
    assertThat(Files.readString(file)).isNotEqualTo(ProcessHandle.current().pid() + "");
    assertThat(record.getPeakBytes()).isPositive();
  }

  @Test
  void whatKillsItsProcessIsAFailureThatSaysHow() throws IOException {
    CampaignContext campaign = patient(Isolate.PROCESS);
    QuantumRecord exited = run(campaign, Deed.EXIT);
    assertThat(end(exited)).isEqualTo("FAILED DEFECT SYSTEM_EXIT");
    assertThat(exited.getMessage()).contains("deed(instrument=SimCam,visit=5)", "exit code 0");
    QuantumRecord halted = run(campaign, Deed.HALT);
    assertThat(end(halted)).isEqualTo("FAILED RESOURCE WORKER_DIED");
    assertThat(halted.getMessage()).contains("signal 9");
    assertThat(halted.getAttempt()).isEqualTo(3);
  }

  @Test
  void memoryWithoutBoundIsAFailureAfterThreeAttempts() throws IOException {
    QuantumRecord record = run(patient(Isolate.PROCESS), Deed.ALLOCATE);
    assertThat(end(record)).isEqualTo("FAILED RESOURCE OutOfMemoryError");
    assertThat(record.getAttempt()).isEqualTo(3);
  }

  @Test
  void aStackThatOverflowsHereGetsMoreElsewhere() throws IOException {
    QuantumRecord record = run(patient(Isolate.AUTO), Deed.OVERFLOW);
    assertThat(end(record)).isEqualTo("FAILED RESOURCE StackOverflowError");
    assertThat(record.getAttempt()).isEqualTo(3);
  }

  @Test
  void aLoopThatListensEndsAtItsLimitAndOneThatDoesNotIsGivenUp() throws IOException {
    CampaignContext campaign = campaign(Isolate.NEVER);
    long start = System.nanoTime();
    QuantumRecord polite = run(campaign, Deed.LOOP_POLITELY);
    assertThat(end(polite)).isEqualTo("FAILED RESOURCE TIME_LIMIT");
    assertThat(polite.getMessage()).contains("ran longer than it may");
    assertThat((System.nanoTime() - start) / 1e9).isBetween(6.0, 9.0);
  }

  @Test
  void aLoopThatDoesNotListenIsGivenUpWithItsStack() throws IOException {
    QuantumLimits limits =
        QuantumLimits.defaults()
            .withTime(TimeLimit.defaults().withSeconds(0.2, 0.2))
            .isolating(Isolate.NEVER);
    QuantumRecord deaf = run(campaign(Isolate.NEVER).withLimits(limits), Deed.LOOP);
    assertThat(end(deaf)).isEqualTo("FAILED RESOURCE TIME_LIMIT");
    assertThat(deaf.getStack()).contains("DeedTask.run");
  }

  @Test
  void aTaskMayHaveLimitsOfItsOwn() throws IOException {
    QuantumLimits all = patient(Isolate.NEVER).limits();
    QuantumLimits brief =
        all.withTasks(Map.of("deed", new QuantumLimits.TaskLimits(0.2, 64 << 20, null)));
    QuantumRecord ended = run(patient(Isolate.NEVER).withLimits(brief), Deed.LOOP_POLITELY);
    assertThat(end(ended)).isEqualTo("FAILED RESOURCE TIME_LIMIT");
    QuantumLimits apart =
        all.withTasks(Map.of("deed", new QuantumLimits.TaskLimits(null, 0, Isolate.PROCESS)));
    QuantumRecord record = run(patient(Isolate.NEVER).withLimits(apart), Deed.WORK);
    Path file = repository.resolve(record.getOutputs().get(0).getPath());
    assertThat(Files.readString(file)).isNotEqualTo(ProcessHandle.current().pid() + "");
  }

  @Test
  void aQuantumUnderWhichTwoWorkersDiedGetsAProcessOfItsOwn() throws IOException {
    DataId id = DataId.of("instrument", "SimCam", "visit", 1);
    for (int death = 0; death < 2; death++) {
      Path ledger = RepositoryPaths.ledger(repository, "run");
      InFlight gone = new InFlight(ledger.resolve("seg-" + death + InFlight.SUFFIX), "");
      QuantumRecord running =
          new RecordDraft(
                  campaign(Isolate.AUTO),
                  0,
                  new DeedTask(Deed.WORK).spec(),
                  Quantum.of(id, List.of()))
              .noWork(null);
      running.setWorker("99999999" + death + RecordDraft.workerName().replaceAll(".*@", "@"));
      gone.enter(running, 0);
    }
    QuantumRecord record = run(patient(Isolate.AUTO), Deed.WORK);
    Path file = repository.resolve(record.getOutputs().get(0).getPath());
    assertThat(Files.readString(file)).isNotEqualTo(ProcessHandle.current().pid() + "");
  }
}
