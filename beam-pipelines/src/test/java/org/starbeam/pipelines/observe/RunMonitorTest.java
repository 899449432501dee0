package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

/** The truth is what the synthetic ledger counted while it wrote. */
class RunMonitorTest {
  private static final String RUN = "rc2/m202109/r1";
  private static final int QUANTA = Boolean.getBoolean("starbeam.full") ? 1_000_000 : 40_000;

  @TempDir Path root;

  private static void assertCounts(RunState state, SyntheticLedger truth) {
    for (RunState.TaskState task : state.tasks()) {
      Counts counts = task.counts();
      assertThat(
              List.of(
                  counts.done(),
                  counts.failed(),
                  counts.blocked(),
                  counts.noWork(),
                  counts.running()))
          .as(task.task())
          .containsExactly(
              truth.count(task.task(), QuantumStatus.DONE),
              truth.count(task.task(), QuantumStatus.FAILED),
              truth.count(task.task(), QuantumStatus.BLOCKED),
              truth.count(task.task(), QuantumStatus.NO_WORK),
              truth.count(task.task(), QuantumStatus.RUNNING));
    }
    assertThat(state.coreSeconds()).isCloseTo(truth.coreSeconds, within(1e-6 * truth.coreSeconds));
    assertThat(state.failures().stream().mapToLong(RunState.ProblemKind::count).sum())
        .isEqualTo(state.totals().failed());
    assertThat(
            state.windows().stream()
                .mapToLong(w -> w.counts().ended() + w.counts().running())
                .sum())
        .isEqualTo(state.totals().total());
  }

  @Test
  void countsAreThoseOfTheLedgerAtEveryPoll() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 1)) {
      RunMonitor monitor = RunMonitor.open(root, RUN);
      assertThat(monitor.state().state()).isEqualTo("waiting");
      for (int poll = 0; poll < 20; poll++) {
        ledger.quanta(poll * 517, 517);
        ledger.flush();
        assertThat(monitor.refresh()).isPositive();
        assertCounts(monitor.state(), ledger);
        assertThat(monitor.refresh()).isZero();
      }
      assertThat(monitor.state().tasks()).hasSize(SyntheticLedger.TASKS.size());
    }
  }

  @Test
  void stateOfSomeTasksHasTheirQuantaAndProblemsAlone() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 4)) {
      ledger.quanta(0, 3000);
      ledger.flush();
      RunMonitor monitor = RunMonitor.open(root, RUN);
      monitor.refresh();
      String task = SyntheticLedger.TASKS.get(0);
      RunState whole = monitor.state();
      TaskChoice choice = TaskChoice.of(List.of(), List.of(task), whole);
      RunState own = choice.of(whole);
      assertThat(own.totals().failed()).isEqualTo(ledger.count(task, QuantumStatus.FAILED));
      assertThat(own.totals().done()).isEqualTo(ledger.count(task, QuantumStatus.DONE));
      assertThat(own.tasks()).extracting(RunState.TaskState::task).containsExactly(task);
      assertThat(own.failures()).isNotEmpty().allMatch(kind -> kind.task().equals(task));
      assertThat(
              Grouping.by(monitor, "visit", choice).stream()
                  .mapToLong(group -> group.counts().failed())
                  .sum())
          .isEqualTo(own.totals().failed());
      List<QuantumView> problems = monitor.problems(Integer.MAX_VALUE, choice);
      assertThat(problems).allMatch(quantum -> quantum.task().equals(task));
      assertThat(problems.stream().filter(q -> q.status() == QuantumStatus.FAILED))
          .hasSize((int) own.totals().failed());
      String step = SyntheticLedger.STEP_OF_TASK.get(task);
      RunState ofStep = TaskChoice.of(List.of(step), List.of(), whole).of(whole);
      assertThat(ofStep.steps()).extracting(RunState.StepState::step).containsExactly(step);
      assertThatThrownBy(() -> TaskChoice.of(List.of(), List.of(task + "x"), whole))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("did you mean '" + task + "'?");
    }
  }

  @Test
  void aMonitorGoesOnWhereAnotherHasSaved() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 2)) {
      ledger.quanta(0, 5000);
      ledger.flush();
      RunMonitor first = RunMonitor.open(root, RUN);
      long before = first.refresh();
      first.saveNow();
      RunState saved = RunMonitor.open(root, RUN).state();
      assertThat(saved.slowest().stream().map(QuantumView::id))
          .containsExactlyElementsOf(
              first.state().slowest().stream().map(QuantumView::id).toList());
      assertThat(saved.failures()).isEqualTo(first.state().failures());
      ledger.quanta(5000, 300);
      ledger.flush();
      RunMonitor second = RunMonitor.open(root, RUN);
      assertThat(second.refresh()).isLessThan(before / 5).isPositive();
      assertCounts(second.state(), ledger);
      first.refresh();
      assertThat(second.state().slowest()).isEqualTo(first.state().slowest());
      assertThat(second.state().failures()).isEqualTo(first.state().failures());
    }
  }

  @Test
  void aCacheOfAnotherLedgerIsNotBelieved() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 3)) {
      ledger.quanta(0, 4000);
    }
    RunMonitor monitor = RunMonitor.open(root, RUN);
    monitor.refresh();
    monitor.saveNow();
    for (String worker : List.of("worker0", "worker1", "worker2")) {
      Files.delete(RepositoryPaths.ledger(root, RUN).resolve("seg-" + worker + ".avro"));
    }
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 4)) {
      ledger.quanta(0, 60);
      ledger.flush();
      RunMonitor later = RunMonitor.open(root, RUN);
      later.refresh();
      assertCounts(later.state(), ledger);
    }
    Files.writeString(RepositoryPaths.monitorCache(root, RUN), "garbage");
    assertThat(RunMonitor.open(root, RUN).refresh()).isPositive();
  }

  @Test
  void aTornBlockWaitsUntilItIsWhole() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 5)) {
      ledger.quanta(0, 100);
      ledger.tear("worker1");
      RunMonitor monitor = RunMonitor.open(root, RUN);
      monitor.refresh();
      assertCounts(monitor.state(), ledger);
      monitor.refresh();
      assertCounts(monitor.state(), ledger);
    }
  }

  @Test
  void recordsOfAnOlderFenceOrWorkerDoNotReplaceNewerOnes() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 6)) {
      String id = "visit=1,detector=2";
      QuantumRecord done = ledger.record("singleFrame", id, QuantumStatus.DONE, 60001, "b");
      done.setFence(2);
      QuantumRecord late = ledger.record("singleFrame", id, QuantumStatus.FAILED, 60002, "a");
      late.setFence(1);
      QuantumRecord begun = ledger.record("singleFrame", id, QuantumStatus.RUNNING, 60003, "a");
      begun.setFence(2);
      ledger.append("a", late);
      ledger.append("b", done);
      ledger.flush();
      RunMonitor monitor = RunMonitor.open(root, RUN);
      monitor.refresh();
      assertThat(monitor.state().totals().done()).isOne();
      ledger.append("a", late);
      ledger.append("c", begun);
      ledger.flush();
      monitor.refresh();
      assertThat(monitor.state().totals().done()).isOne();
      assertThat(monitor.state().totals().failed()).isZero();
      QuantumRecord again = ledger.record("singleFrame", id, QuantumStatus.ADOPTED, 60004, "c");
      again.setFence(3);
      ledger.append("c", again);
      ledger.flush();
      monitor.refresh();
      assertThat(monitor.state().totals().adopted()).isOne();
      assertThat(monitor.state().totals().done()).isZero();
    }
  }

  @Test
  void everyQuantumIsFoundById() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 7)) {
      ledger.quanta(0, 2500);
    }
    RunMonitor monitor = RunMonitor.open(root, RUN);
    monitor.refresh();
    for (QuantumView view : monitor.quanta(0, 5000, QuantumFilter.all())) {
      assertThat(monitor.quantum(view.id())).isEqualTo(view);
      assertThat(view.id()).isEqualTo(SyntheticLedger.id(view.task(), view.dataId()));
    }
    List<QuantumView> some = monitor.quanta(1000, 7, QuantumFilter.all());
    assertThat(monitor.records(some).stream().map(QuantumRecord::getQuantumId))
        .containsExactlyElementsOf(some.stream().map(QuantumView::id).toList());
  }

  /**
   * At 40,000 quanta, at a million with {@code -Dstarbeam.full=true}. Processor time, so that a
   * machine with other work says the same.
   */
  @Test
  void aStatusAfterTheFirstCostsWhatIsNew() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 8)) {
      ledger.quanta(0, QUANTA);
      ledger.flush();
      double t0 = cpuSeconds();
      RunMonitor first = RunMonitor.open(root, RUN);
      long records = first.refresh();
      double t1 = cpuSeconds();
      first.saveNow();
      double t2 = cpuSeconds();
      RunMonitor second = RunMonitor.open(root, RUN);
      assertThat(second.refresh()).isZero();
      RunState state = second.state();
      double t3 = cpuSeconds();
      assertCounts(state, ledger);
      System.out.printf(
          "%,d records: first read %.2f s, save %.2f s (%,d bytes), status from the cache %.2f s%n",
          records, t1 - t0, t2 - t1, Files.size(RepositoryPaths.monitorCache(root, RUN)), t3 - t2);
      assertThat(t3 - t2).isLessThanOrEqualTo(1);
      assertThatWatchingIsCheap(second, ledger);
    }
  }

  /**
   * A terminal is redrawn each second: what one look at the run costs, with the document of the
   * status page and the numbers for Prometheus, is a hundredth of a second of two cores at most.
   */
  private static void assertThatWatchingIsCheap(RunMonitor monitor, SyntheticLedger ledger)
      throws IOException {
    int looks = 50;
    double[] seconds = new double[looks];
    for (int look = 0; look < looks; look++) {
      ledger.quanta(QUANTA + look * 50, 50);
      ledger.flush();
      double start = cpuSeconds();
      monitor.refresh();
      RunText.steps(monitor.state());
      RunStateJson.mapper().writeValueAsString(monitor.state());
      PrometheusText.of(monitor.metrics());
      seconds[look] = cpuSeconds() - start;
    }
    Arrays.sort(seconds);
    System.out.printf("one look costs %.1f ms%n", 1000 * seconds[looks / 2]);
    assertThat(seconds[looks / 2]).isLessThanOrEqualTo(0.02);
  }

  private static double cpuSeconds() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }
}
