package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.FailurePolicy.OnViolation;
import org.starbeam.transforms.quantum.FailurePolicy.StopEarly;
import org.starbeam.transforms.quantum.FailurePolicy.Tolerance;

class FailureWatchTest {
  private static QuantumRecord record(boolean failed, String signature) {
    QuantumRecord record = new QuantumRecord();
    record.setTask("singleFrame");
    record.setDataId("visit=1");
    record.setStatus(failed ? QuantumStatus.FAILED : QuantumStatus.DONE);
    record.setSignature(signature);
    return record;
  }

  private static FailurePolicy policy(Tolerance tolerance, StopEarly early, OnViolation on) {
    return new FailurePolicy(tolerance, Map.of(), early, on);
  }

  /** After how many quanta, of which every {@code nth} fails, the run is stopped; -1 for never. */
  private static int stopsAfter(FailurePolicy policy, int nth) {
    FailureWatch watch = new FailureWatch(FailureRules.of(policy));
    for (int i = 1; i <= 1000; i++) {
      if (watch.ended(record(i % nth == 0, null)) != null) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void aBrokenRunEndsWhenTheWindowIsFullAndNotBefore() {
    FailurePolicy policy = policy(Tolerance.NOTHING, new StopEarly(200, 0.5), OnViolation.FINISH);
    assertThat(stopsAfter(policy, 1)).isEqualTo(200);
    assertThat(stopsAfter(policy, 2)).isEqualTo(-1);
  }

  @Test
  void aViolationStopsOnlyWhenThePolicySaysSo() {
    assertThat(stopsAfter(policy(Tolerance.NOTHING, null, OnViolation.FINISH), 3)).isEqualTo(-1);
    assertThat(stopsAfter(policy(Tolerance.NOTHING, null, OnViolation.STOP), 3)).isEqualTo(3);
    Tolerance four = new Tolerance(1, 4L);
    assertThat(stopsAfter(policy(four, null, OnViolation.STOP), 3)).isEqualTo(15);
    Tolerance half = Tolerance.ofFraction(0.4);
    assertThat(stopsAfter(policy(half, null, OnViolation.STOP), 2)).isEqualTo(200);
    assertThat(stopsAfter(policy(half, null, OnViolation.STOP), 3)).isEqualTo(-1);
  }

  @Test
  void anErrorThatWasMendedEndsTheRunWhenItIsBack() {
    ErrorSignature mended =
        new ErrorSignature("old", "X", null, null, null, 0, "T-1", "mended", true);
    FailureWatch watch =
        new FailureWatch(
            new FailureRules(FailurePolicy.ofFraction(1), List.of(mended), false, List.of()));
    assertThat(watch.ended(record(true, "another"))).isNull();
    assertThat(watch.ended(record(true, "old"))).contains("old", "said to be resolved");
  }

  @Test
  void aSignatureGivesItsClassAndNote() {
    Failure failure = Failure.of(FailureClass.DEFECT, "HttpException", "read x: 503 slow down", "");
    ErrorSignature known =
        new ErrorSignature(
            "slow",
            "Http.*",
            "\\b503\\b",
            null,
            FailureClass.TRANSIENT,
            0,
            null,
            "it passes",
            false);
    Failure seen = failure.recognised("singleFrame", List.of(known));
    assertThat(seen.failureClass()).isEqualTo(FailureClass.TRANSIENT);
    assertThat(seen.signature()).isEqualTo("slow");
    assertThat(seen.message()).endsWith("(slow: it passes)");
  }

  @Test
  void jitterIsAQuarterAtMostAndTheSameEveryTime() {
    for (int i = 0; i < 200; i++) {
      long pause = Backoff.jittered(1000, "q" + i, 1);
      assertThat(pause).isBetween(750L, 1250L).isEqualTo(Backoff.jittered(1000, "q" + i, 1));
    }
    assertThat(Backoff.jittered(1000, "q", 1)).isNotEqualTo(Backoff.jittered(1000, "q", 2));
  }

  @Test
  void aLargeQuantumIsOvertakenUntilItHasWaitedLongEnough() throws Exception {
    MemoryPermits permits = new MemoryPermits(100, 0.3);
    long small = permits.acquire(60);
    CountDownLatch got = new CountDownLatch(1);
    Thread large =
        new Thread(
            () -> {
              try {
                permits.acquire(1000);
                got.countDown();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    large.start();
    Thread.sleep(100);
    permits.release(permits.acquire(40));
    Thread.sleep(400);
    Thread late =
        new Thread(
            () -> {
              try {
                permits.acquire(10);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    late.start();
    Thread.sleep(200);
    assertThat(permits.free()).isEqualTo(40);
    permits.release(small);
    got.await();
    assertThat(permits.free()).isZero();
    permits.release(100);
    late.join();
    large.join();
  }
}
