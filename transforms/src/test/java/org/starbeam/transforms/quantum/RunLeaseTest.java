package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.log.HostName;

class RunLeaseTest {
  private static final RunLease.Timing FAST = new RunLease.Timing(50, 1500);

  @TempDir Path repository;

  private CampaignContext launch() {
    return CampaignContext.of(repository, "run");
  }

  private RunFiles files() {
    return RunFiles.of(repository, "run");
  }

  private void holder(String host, long pid) throws Exception {
    Files.createDirectories(files().lease().getParent());
    var holder = new RunLease.Holder("other", host, pid, 0, 7, 3, "active", -1);
    Files.writeString(files().lease(), CanonicalJson.write(holder));
  }

  private RunControl control(String launch, long fence) {
    DiskGuard disk = new DiskGuard(files(), QuantumLimits.TimeLimit.defaults());
    StoragePresence storage = new StoragePresence(repository, files(), true);
    return new RunControl(files(), launch, fence, disk, storage);
  }

  @Test
  void aHolderIsKnownByTheTicksOfItsStartWhichNoClockChanges() throws Exception {
    try (RunLease lease = RunLease.take(launch(), FAST)) {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String ticks = stat.replaceFirst(".*\\) ", "").split(" ")[19];
      assertThat(RunLease.read(files()).started()).isEqualTo(Long.parseLong(ticks));
      assertThat(RunLease.read(files()).isDead()).isFalse();
    }
  }

  @Test
  void aLeaseThatCannotBeReadForAWhileEndsNothing() throws Exception {
    try (RunLease lease = RunLease.take(launch(), FAST)) {
      RunControl control = control(RunLease.read(files()).uuid(), lease.fence());
      String good = Files.readString(files().lease());
      Files.writeString(files().lease(), "{");
      control.lookAtLease();
      assertThat(control.stopped()).isNull();
      Files.writeString(files().lease(), good);
      control.lookAtLease();
      assertThat(control.stopped()).isNull();
      Files.move(files().lease(), repository.resolve("away"));
      control.lookAtLease();
      assertThat(control.stopped().cause()).isEqualTo(RunStop.Cause.STORAGE);
    }
  }

  @Test
  void eachHolderHasAHigherFenceAndOneThatEndedIsSucceededAtOnce() throws Exception {
    for (int fence = 1; fence <= 3; fence++) {
      try (RunLease lease = RunLease.take(launch(), FAST)) {
        assertThat(lease.fence()).isEqualTo(fence);
        assertThat(files().reserve()).exists();
      }
      assertThat(RunLease.read(files()).isActive()).isFalse();
      assertThat(files().reserve()).doesNotExist();
    }
  }

  @Test
  void aHolderWhoseBeatRisesIsNotSucceeded() throws Exception {
    try (RunLease lease = RunLease.take(launch(), FAST)) {
      assertThatThrownBy(() -> RunLease.take(launch(), FAST))
          .isInstanceOf(RunActiveException.class)
          .hasMessageContaining("run run is being worked on by process");
      assertThat(lease.fence()).isEqualTo(1);
    }
  }

  @Test
  void shardsOfARunGoOnSideBySide() throws Exception {
    CampaignContext first =
        launch().computing(new Slice(Set.of(), Set.of(), new Slice.Shard("visit", 0, 2), Set.of()));
    CampaignContext second =
        launch().computing(new Slice(Set.of(), Set.of(), new Slice.Shard("visit", 1, 2), Set.of()));
    try (RunLease one = RunLease.take(first, FAST);
        RunLease two = RunLease.take(second, FAST)) {
      assertThat(one.fence()).isEqualTo(two.fence());
      assertThatThrownBy(() -> RunLease.take(second, FAST)).isInstanceOf(RunActiveException.class);
    }
  }

  @Test
  void aHolderElsewhereIsSucceededWhenItsBeatHasNotRisenForAWhile() throws Exception {
    holder("another-host", 1);
    long start = System.nanoTime();
    try (RunLease lease = RunLease.take(launch(), FAST)) {
      assertThat(lease.fence()).isEqualTo(8);
    }
    assertThat((System.nanoTime() - start) / 1e9).isGreaterThan(1.5);
  }

  @Test
  void aHolderOnThisHostWhoseProcessIsGoneIsSucceededAtOnce() throws Exception {
    holder(HostName.here(), 999_999_999);
    long start = System.nanoTime();
    try (RunLease lease = RunLease.take(launch(), new RunLease.Timing(50, 60_000))) {
      assertThat(lease.fence()).isEqualTo(8);
    }
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(30);
  }

  @Test
  void aWorkerOfALaunchThatLostItsRunBeginsNothing() throws Exception {
    holder("another-host", 1);
    RunControl control = control("mine", 6);
    control.lookAtLease();
    assertThat(control.stopped().cause()).isEqualTo(RunStop.Cause.LEASE_LOST);
    assertThat(control.leaves()).isTrue();
    assertThatThrownBy(() -> CampaignServices.of(launch()))
        .isInstanceOf(LaunchStoppedException.class)
        .hasMessageContaining("was taken by process 1 on another-host");
  }

  @Test
  void aRequestReachesTheLaunchThatItIsMeantForOnly() throws Exception {
    try (RunLease lease = RunLease.take(launch(), FAST)) {
      RunStop stop = new RunStop(RunStop.Cause.OPERATOR, "stopped by somebody", false);
      RunLease.requestStop(files(), stop);
      RunControl mine = control("mine", lease.fence());
      RunControl old = control("old", lease.fence() - 1);
      mine.look();
      old.look();
      assertThat(mine.stopped()).isEqualTo(stop);
      assertThat(mine.leaves()).isFalse();
      assertThat(old.stopped()).isNull();
    }
    assertThat(files().stop()).doesNotExist();
  }
}
