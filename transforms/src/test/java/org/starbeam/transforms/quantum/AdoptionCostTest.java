package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/**
 * What the bookkeeping of a quantum costs without graph and science; {@code -Dstarbeam.full=true}
 * takes 200,000 quanta. Processor time of the whole process, collection of garbage and compilation
 * among it.
 */
class AdoptionCostTest {
  private static final int QUANTA = Boolean.getBoolean("starbeam.full") ? 200_000 : 5_000;
  private static final DatasetType IMAGE =
      new DatasetType(
          "mock_image",
          List.of("instrument", "visit", "detector"),
          DatasetType.StorageClass.BINARY,
          DatasetType.Retention.INTERMEDIATE);
  private static final TaskSpec SPEC =
      new TaskSpec(
          "finalVisit",
          "step2",
          1,
          "{}",
          List.of(InputRule.required("frame"), InputRule.required("solution")),
          List.of(IMAGE));

  @TempDir Path repository;

  /** Names its dataset. */
  private record NamingTask() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return SPEC;
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      context.stageExisting(dataset(IMAGE.name(), quantum.dataId()));
      return Outcome.done();
    }
  }

  private static DatasetRef dataset(String type, DataId id) {
    String hash = ContentHash.ofText(type + id);
    return new DatasetRef(type, id.toString(), "", "nofile:" + type + "/" + id, hash, 1L);
  }

  private static QuantumInput input(String role, String task, DataId id) {
    return new QuantumInput(
        role, QuantumSources.of(task, id, List.of(dataset("mock_" + task, id))));
  }

  private static List<Quantum> quanta() {
    List<Quantum> out = new ArrayList<>();
    for (int i = 0; i < QUANTA; i++) {
      DataId id = DataId.of("instrument", "Mock", "visit", i / 50, "detector", i % 50);
      DataId visit = id.only("instrument", "visit");
      out.add(
          Quantum.of(
              id,
              List.of(
                  input("frame", "singleFrame", id),
                  input("solution", "astrometricSolve", visit))));
    }
    return out;
  }

  private static double cpuSeconds() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  private static int count(CampaignContext campaign, List<Quantum> quanta, QuantumStatus status) {
    QuantumHarness harness = new QuantumHarness(CampaignServices.of(campaign), new NamingTask());
    int count = 0;
    for (Quantum quantum : quanta) {
      QuantumResult result = harness.execute(quantum);
      count += result.getStatus() == status ? 1 : 0;
    }
    return count;
  }

  private static double micros(double since) {
    return (cpuSeconds() - since) / QUANTA * 1e6;
  }

  @Test
  void aQuantumThatIsDoneIsAdoptedInAFractionOfAMillisecond() throws Exception {
    CampaignContext first = CampaignContext.of(repository, "run");
    List<Quantum> quanta = quanta();
    double start = cpuSeconds();
    assertThat(count(first, quanta, QuantumStatus.DONE)).isEqualTo(QUANTA);
    CampaignServices.close(first);
    double run = micros(start);

    CampaignContext second = first.relaunched();
    start = cpuSeconds();
    CampaignServices.of(second);
    double index = micros(start);
    start = cpuSeconds();
    assertThat(count(second, quanta, QuantumStatus.ADOPTED)).isEqualTo(QUANTA);
    CampaignServices.close(second);
    double adopt = micros(start);

    start = cpuSeconds();
    int[] last = new int[1];
    LastRecords.of(RepositoryPaths.ledger(repository, "run"))
        .forEachWithoutInputs(record -> last[0]++);
    assertThat(last[0]).isEqualTo(QUANTA);
    System.out.printf(
        "CPU of a quantum: run %.0f us, read into the index %.1f us, adopt %.0f us, read last %.1f us%n",
        run, index, adopt, micros(start));
    assertThat(run).isLessThan(3000);
    assertThat(adopt).isLessThan(1000);
  }
}
