package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;

class QuantumHarnessTest {
  private static final DataId ID = DataId.of("instrument", "SimCam", "visit", 7);

  @TempDir Path repository;

  /** What a test lets its task do. */
  @FunctionalInterface
  private interface Work {
    void run(QuantumContext context) throws Exception;
  }

  private record WorkTask(int version, String config, AtomicInteger runs, Work work)
      implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "work",
          "step2",
          version,
          config,
          List.of(),
          List.of(DatasetTypes.VISIT_SUMMARY, DatasetTypes.VISIT_SOLUTION));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      runs.incrementAndGet();
      work.run(context);
      return Outcome.done();
    }
  }

  private record FrameTask(Work work) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "frame", "step1", 1, "{}", List.of(TaskSpec.InputRule.required("raw")), List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      work.run(context);
      return Outcome.done();
    }
  }

  private final AtomicInteger runs = new AtomicInteger();

  private WorkTask task(Work work) {
    return new WorkTask(1, "{}", runs, work);
  }

  private static Work write(double value) {
    return context -> context.stageJson(DatasetTypes.VISIT_SUMMARY, ID, List.of(value));
  }

  private QuantumTester.Ended run(CampaignContext campaign, QuantumTask task) throws IOException {
    try (QuantumTester tester = QuantumTester.in(campaign)) {
      return tester.run(task, ID);
    }
  }

  private CampaignContext campaign() {
    return CampaignContext.of(repository, "run").withRetryDelaysMillis(List.of());
  }

  private String failure(Work work) throws IOException {
    String config = "{\"case\":" + runs + "}";
    var ended = run(campaign(), new WorkTask(1, config, runs, work));
    assertThat(ended.result().getStatus()).isEqualTo(QuantumStatus.FAILED);
    assertThat(ended.record().getMessage()).startsWith("work(instrument=SimCam,visit=7): ");
    assertThat(files()).isZero();
    return ended.record().getErrorClass() + " " + ended.record().getErrorCode();
  }

  private long files() throws IOException {
    Path data = repository.resolve("data");
    if (!Files.exists(data)) {
      return 0;
    }
    try (Stream<Path> walk = Files.walk(data)) {
      return walk.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void whateverATaskThrowsIsClassified() throws IOException {
    assertThat(
            failure(
                c -> {
                  write(1).run(c);
                  throw new IllegalStateException("after staging");
                }))
        .isEqualTo("DEFECT IllegalStateException");
    assertThat(
            failure(
                c -> {
                  throw new AssertionError("no");
                }))
        .isEqualTo("DEFECT AssertionError");
    assertThat(failure(c -> c.stageJson(DatasetTypes.SOURCE, ID, "x")))
        .isEqualTo("DEFECT IllegalStateException");
    assertThat(failure(c -> Files.readString(repository.resolve("absent"))))
        .isEqualTo("BAD_INPUT NoSuchFileException");
    assertThat(
            failure(
                c -> {
                  throw new UncheckedIOException(new NoSuchFileException("f"));
                }))
        .isEqualTo("BAD_INPUT NoSuchFileException");
    assertThat(
            failure(
                c -> {
                  throw new BadInputException("MISSING_CALIB", "no flat in r");
                }))
        .isEqualTo("BAD_INPUT MISSING_CALIB");
    assertThat(runs).hasValue(6);
    assertThat(
            failure(
                c -> {
                  throw new IOException("timeout");
                }))
        .isEqualTo("TRANSIENT IOException");
    assertThat(runs).hasValue(10);
  }

  @Test
  void aFullDiskHoldsTheRunUpAndCountsAsNoAttempt() throws IOException {
    QuantumLimits.TimeLimit soon = new QuantumLimits.TimeLimit(60, 60, 0.05, 60);
    RunFiles files = RunFiles.of(repository, "run");
    DiskGuard.reserve(files);
    var ended =
        run(
            campaign().withLimits(QuantumLimits.defaults().withTime(soon)),
            task(
                c -> {
                  write(1).run(c);
                  if (runs.get() < 3) {
                    throw new IOException("No space left on device");
                  }
                }));
    assertThat(ended.requireDone().record().getAttempt()).isEqualTo(1);
    assertThat(ended.record().getCaveats()).isEmpty();
    assertThat(ended.record().getWaitSeconds()).isGreaterThan(0.08);
    assertThat(runs).hasValue(3);
    assertThat(files.paused()).doesNotExist();
    assertThat(files.reserve()).hasSize(64 << 20);
  }

  @Test
  void whenADiskStaysFullTheLaunchEndsAndNothingHasFailed() throws IOException {
    QuantumLimits.TimeLimit soon = new QuantumLimits.TimeLimit(60, 60, 0.05, 0.2);
    RunFiles files = RunFiles.of(repository, "run");
    DiskGuard guard = new DiskGuard(files, soon, () -> false);
    RunControl control =
        new RunControl(files, "launch", 1, guard, new StoragePresence(repository, files, false));
    guard.begin("a test");
    assertThat(Files.readString(files.paused())).contains("DISK_FULL");
    RunStop stop = gate(control);
    assertThat(stop.cause()).isEqualTo(RunStop.Cause.DISK_FULL);
    assertThat(control.leaves()).isTrue();
  }

  @Test
  void aDiskHasNoRoomAgainWhenAllThereIsWasTheReserve() throws Exception {
    QuantumLimits.TimeLimit soon = new QuantumLimits.TimeLimit(60, 60, 0.02, 0.3);
    RunFiles files = RunFiles.of(repository, "run");
    DiskGuard.reserve(files);
    DiskGuard guard = new DiskGuard(files, soon, () -> !Files.exists(files.reserve()));
    guard.begin("a test");
    assertThat(files.reserve()).as("is given up").doesNotExist();
    assertThat(guard.await(() -> false)).as("patience ends, there is no room").isFalse();
    assertThat(files.paused()).exists();
  }

  @Test
  void afterALaunchHasEndedItsThreadsGetNoServices() throws IOException {
    CampaignContext campaign = campaign();
    run(campaign, task(write(1)));
    CampaignServices.end(campaign);
    assertThatThrownBy(() -> CampaignServices.of(campaign))
        .isInstanceOf(LaunchStoppedException.class);
  }

  @Test
  void aFullDiskIsFoundHoweverLibrariesWrapIt() throws IOException {
    RunFiles files = RunFiles.of(repository, "run");
    QuantumLimits.TimeLimit soon = new QuantumLimits.TimeLimit(60, 60, 0.01, 60);
    List<Exception> wrapped =
        List.of(
            new IllegalStateException(new IOException("No space left on device")),
            new BadInputException("UNREADABLE", "x", new IOException("x: No space left on device")),
            new UncheckedIOException(new IOException("Disk quota exceeded")));
    for (Exception error : wrapped) {
      runs.set(0);
      var ended =
          run(
              campaign().withLimits(QuantumLimits.defaults().withTime(soon)),
              new WorkTask(
                  1,
                  "{\"error\":\"" + error.getClass().getSimpleName() + "\"}",
                  runs,
                  c -> {
                    write(1).run(c);
                    if (runs.get() < 2) {
                      throw error;
                    }
                  }));
      assertThat(ended.requireDone().record().getAttempt()).isEqualTo(1);
      assertThat(files.paused()).doesNotExist();
    }
  }

  @Test
  void whatFailsForWantOfTheRepositoryOrTheInputIsNoFailure() throws IOException {
    Path input = Files.createDirectories(repository.resolve("survey/raw/night"));
    Path frame = Files.writeString(input.resolve("frame.fits"), "x");
    Path away = repository.resolve("away");
    DatasetRef raw = new DatasetRef("raw", "visit=7", "", frame.toString(), "hash", 1L);
    CampaignContext campaign = campaign();
    try (QuantumTester tester = QuantumTester.in(campaign)) {
      QuantumResult given =
          QuantumResult.newBuilder(tester.given("ingest", ID).result())
              .setOutputs(List.of(raw))
              .build();
      var ended =
          tester.run(
              new FrameTask(
                  c -> {
                    Files.move(repository.resolve("survey"), away);
                    Files.readString(frame);
                  }),
              ID,
              tester.input("raw", given));
      assertThat(ended.record().getStatus()).isEqualTo(QuantumStatus.ABORTED);
      RunStop stop = CampaignServices.stopped(campaign);
      assertThat(stop.cause()).isEqualTo(RunStop.Cause.STORAGE);
      assertThat(stop.text()).contains("the input directory " + input.getParent() + " is gone");
    }
    Files.move(away, repository.resolve("survey"));
    run(campaign(), task(write(1))).requireDone();
  }

  private static RunStop gate(RunControl control) {
    try {
      return control.gate();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anotherConfigurationVersionOrReleaseRunsAgainTheSameOneDoesNot() throws IOException {
    run(campaign(), new WorkTask(1, "{\"a\":1}", runs, write(1)));
    run(campaign(), new WorkTask(1, "{\"a\":1}", runs, write(1)));
    assertThat(runs).hasValue(1);
    run(campaign(), new WorkTask(1, "{\"a\":2}", runs, write(1)));
    assertThat(runs).hasValue(2);
    run(campaign(), new WorkTask(2, "{\"a\":1}", runs, write(1)));
    assertThat(runs).hasValue(3);
    run(campaign().withRelease(1), new WorkTask(1, "{\"a\":1}", runs, write(1)));
    assertThat(runs).hasValue(4);
  }

  @Test
  void aMissingOutputIsMadeAgainAndMustBeTheSame() throws IOException {
    var first = run(campaign(), task(write(1)));
    Path output = repository.resolve(first.result().getOutputs().get(0).getPath());
    Files.delete(output);
    var again = run(campaign(), task(write(1)));
    assertThat(again.result().getStatus()).isEqualTo(QuantumStatus.DONE);
    assertThat(again.result().getOutputs()).isEqualTo(first.result().getOutputs());
    Files.delete(output);
    var other = run(campaign(), task(write(2)));
    assertThat(other.record().getErrorCode()).isEqualTo("NONDETERMINISM");
    assertThat(output).doesNotExist();
  }

  @Test
  void aFailureIsTriedAgainOnlyWhenAskedOrWithOtherCode() throws IOException {
    Work bad =
        c -> {
          throw new BadInputException("TRUNCATED", "file ends early");
        };
    run(campaign(), task(bad));
    var second = run(campaign(), task(bad));
    assertThat(second.result().getStatus()).isEqualTo(QuantumStatus.FAILED);
    assertThat(second.record().getErrorCode()).isEqualTo("TRUNCATED");
    assertThat(runs).hasValue(1);
    run(campaign().retrying(Set.of(FailureClass.ALGORITHM)), task(bad));
    assertThat(runs).hasValue(1);
    run(campaign().retrying(Set.of(FailureClass.BAD_INPUT)), task(bad));
    assertThat(runs).hasValue(2);
    run(campaign().withCodeVersion("next"), task(write(1)));
    assertThat(runs).hasValue(3);
  }

  @Test
  void aDefectIsTriedAgainByTheNextLaunch() throws IOException {
    run(
        campaign(),
        task(
            c -> {
              throw new IllegalStateException("a bug");
            }));
    assertThat(run(campaign(), task(write(1))).result().getStatus()).isEqualTo(QuantumStatus.DONE);
  }

  @Test
  void aResultThatIsTooLargeForAShuffleIsADefect() throws IOException {
    var ended =
        run(
            campaign(),
            task(
                c -> {
                  for (int i = 0; i < 4000; i++) {
                    c.stageExisting(
                        new DatasetRef(
                            "visit_summary", "visit=" + i, "run", "x".repeat(300), "hash", 1L));
                  }
                }));
    assertThat(ended.record().getErrorClass()).isEqualTo("DEFECT");
    assertThat(ended.record().getMessage()).contains("bytes, at most 1048576");
    assertThat(ended.result().getOutputs()).isEmpty();
  }

  @Test
  void instrumentsHaveTheirNumbersAndUnknownOnesShareTheLast() throws IOException {
    CampaignContext campaign = campaign().withInstrument("Mine", 4);
    run(
            campaign,
            task(
                c -> {
                  assertThat(c.instrumentNumber("LSSTCam")).isZero();
                  assertThat(c.instrumentNumber("Mine")).isEqualTo(4);
                  assertThat(c.instrumentNumber("Nowhere")).isEqualTo(7);
                }))
        .requireDone();
  }

  private List<QuantumRecord> records() throws IOException {
    List<QuantumRecord> out = new ArrayList<>();
    Ledger.read(RepositoryPaths.ledger(repository, "run"), out::add);
    return out;
  }

  @Test
  void theHarnessCostsLessThanThreeMillisecondsPerQuantum() throws IOException {
    int n = 2000;
    try (QuantumTester tester = QuantumTester.in(campaign())) {
      CampaignServices services = CampaignServices.of(tester.campaign());
      QuantumHarness harness = new QuantumHarness(services, task(context -> {}));
      double cpu = 0;
      for (int i = 0; i < n; i++) {
        harness.execute(Quantum.of(DataId.of("visit", i), List.of()));
      }
      services.flush();
      for (QuantumRecord record : records()) {
        cpu += record.getStatus() == QuantumStatus.DONE ? record.getCpuSeconds() : 0;
      }
      double millis = 1000 * cpu / n;
      System.out.printf("harness: %.3f ms of CPU per quantum%n", millis);
      assertThat(millis).isLessThan(3);
    }
  }
}
