package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.mock.MockFault;
import org.starbeam.pipelines.mock.MockOracle;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;

/**
 * Tasks among others that want more memory than there is, call themselves for ever or end their
 * JVM, without {@code isolate: process}: each is a failure with its data id, and every other
 * quantum ends as the rules say. One that ends the JVM takes the launch with it, which is launched
 * again, as the launcher script does. Loops are among the faults of {@code MockCampaignTest}.
 */
@Tag("acceptance")
class HarmfulTasksTest {
  private static final Map<MockFault, Double> FAULTS =
      Map.of(MockFault.MEMORY, 1.0, MockFault.STACK, 1.0, MockFault.EXIT, 1.0);

  /** Workers that a quantum may take with it before it gets a JVM of its own. */
  private static final int DEATHS = 2;

  @TempDir Path directory;

  /** The first seed by which each fault happens to one quantum. */
  private static MockPlan plan() {
    return LongStream.iterate(1, seed -> seed + 1)
        .mapToObj(
            seed ->
                MockLaunch.plan(1, 0, 100).failing(seed, 0.06, FAULTS).limited(600, Isolate.AUTO))
        .filter(HarmfulTasksTest::hasEachOnce)
        .findFirst()
        .orElseThrow();
  }

  private static boolean hasEachOnce(MockPlan plan) {
    Map<MockFault, Integer> faults = faults(plan);
    return faults.size() == FAULTS.size() && faults.values().stream().allMatch(n -> n == 1);
  }

  /** How often each fault happens to a quantum that is begun. */
  private static Map<MockFault, Integer> faults(MockPlan plan) {
    Map<MockFault, Integer> out = new EnumMap<>(MockFault.class);
    MockOracle.forEach(
        plan,
        (name, end) -> {
          if (end.status().equals("FAILED")) {
            String task = name.substring(0, name.indexOf('('));
            String id = name.substring(task.length() + 1, name.length() - 1);
            out.merge(plan.fault(task, id), 1, Integer::sum);
          }
        });
    return out;
  }

  private static Map<String, String> expected(MockPlan plan) {
    Map<String, String> out = new TreeMap<>();
    MockOracle.forEach(
        plan,
        (name, end) ->
            out.put(name, end.status() + " " + end.errorClass() + " " + end.firstRoots()));
    return out;
  }

  private static String end(QuantumRecord r) {
    QuantumStatus status =
        r.getStatus() == QuantumStatus.ADOPTED ? QuantumStatus.DONE : r.getStatus();
    return status + " " + r.getErrorClass() + " " + r.getRootCauses();
  }

  @Test
  void eachIsAFailureWithItsDataIdAndAllOthersFinish() throws Exception {
    MockPlan plan = plan();
    Path repository = directory.resolve("repo");
    List<Integer> codes = new ArrayList<>();
    StringBuilder printed = new StringBuilder();
    do {
      StarbeamProcess launch =
          StarbeamProcess.ofClasses(
              directory, "256m", List.of(), MockLaunch.arguments(repository, plan));
      codes.add(launch.await());
      printed.append(launch.printed()).append('\n');
    } while (codes.get(codes.size() - 1) == ExitCode.INFRASTRUCTURE.code()
        && codes.size() <= DEATHS);
    assertThat(codes).as("%s", printed).startsWith(ExitCode.INFRASTRUCTURE.code());
    assertThat(codes).as("%s", printed).endsWith(ExitCode.POLICY.code());
    Map<String, QuantumRecord> last = new TreeMap<>();
    RunCatalog.open(repository, MockLaunch.RUN)
        .forEachLast(r -> last.put(r.getTask() + "(" + r.getDataId() + ")", r));
    Map<String, String> ends = new TreeMap<>();
    last.forEach((name, record) -> ends.put(name, end(record)));
    assertThat(ends).isEqualTo(expected(plan));
    assertThat(
            last.values().stream()
                .filter(r -> r.getStatus() == QuantumStatus.FAILED)
                .map(r -> r.getErrorClass() + " " + r.getErrorCode())
                .collect(Collectors.toList()))
        .containsExactlyInAnyOrder(
            "RESOURCE OutOfMemoryError", "RESOURCE StackOverflowError", "DEFECT SYSTEM_EXIT");
    last.forEach(
        (name, record) -> {
          if (record.getStatus() == QuantumStatus.FAILED) {
            assertThat(record.getMessage()).as(name).contains(name);
          }
        });
  }
}
