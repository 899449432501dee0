package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.runners.cluster.Listeners;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;

/**
 * A launch with its status page and its runner, and the JVMs that it starts for quanta, listen
 * where no other host reaches them. The JVMs of a cluster are looked at by {@code ClusterIT}.
 */
@EnabledOnOs(OS.LINUX)
class LaunchListenersTest {
  /** Every quantum has a JVM of its own. */
  private static final MockPlan PLAN = MockLaunch.plan(1, 0.5, 100).limited(600, Isolate.PROCESS);

  @TempDir Path directory;

  private StarbeamProcess launch(String runner, int page) throws IOException {
    String[] launch = MockLaunch.arguments(directory.resolve("repo"), PLAN, "--runner", runner);
    List<String> words = new ArrayList<>(List.of(launch));
    words.set(words.indexOf("--status-port") + 1, Integer.toString(page));
    return StarbeamProcess.ofClasses(directory, "512m", List.of(), words.toArray(String[]::new));
  }

  private static Set<Long> children(StarbeamProcess launch) {
    return ProcessHandle.of(launch.pid()).stream()
        .flatMap(ProcessHandle::descendants)
        .map(ProcessHandle::pid)
        .collect(Collectors.toSet());
  }

  /** Looks until the page has been served and a child has come and gone. */
  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void nothingOfALaunchListensExceptOnTheLoopback(String runner) throws Exception {
    int page = Listeners.freePort();
    StarbeamProcess launch = launch(runner, page);
    Set<String> open = new TreeSet<>();
    Set<Long> seen = new HashSet<>();
    boolean served = false;
    boolean gone = false;
    try {
      while (launch.isAlive() && !(served && gone)) {
        Set<Long> children = children(launch);
        gone = !children.containsAll(seen);
        seen.addAll(children);
        served |= Listeners.ports(launch.pid()).contains(page);
        open.addAll(Listeners.notLoopback(launch.pid()));
        for (long child : children) {
          open.addAll(Listeners.notLoopback(child));
        }
        Thread.sleep(50);
      }
      assertThat(launch.isAlive()).as(launch.printed()).isTrue();
      assertThat(open).isEmpty();
    } finally {
      launch.kill();
    }
  }
}
