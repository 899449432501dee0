package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.SideResults;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/** A graph as wide and deep as a data release production, on embedded Flink. */
class WideGraphTest {
  @TempDir Path directory;

  private record PassTask(String name, List<String> roles) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          name,
          "step1",
          1,
          "{}",
          roles.stream().map(role -> InputRule.gather(role, 0)).toList(),
          List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      return Outcome.done();
    }
  }

  private static void build(Pipeline pipeline, CampaignContext campaign) {
    List<PCollection<QuantumResult>> collections = new ArrayList<>();
    collections.add(QuantumSources.of(pipeline, "raws", MockGraph.raws(3, 4)));
    collections.add(QuantumSources.of(pipeline, "more", MockGraph.raws(4, 2)));
    for (int stage = 0; stage < 24; stage++) {
      String name = "stage" + stage;
      QuantumStage next = QuantumStage.named(name).in(campaign);
      List<String> roles = new ArrayList<>(List.of("side"));
      for (int back = 1; back <= 3 && back <= collections.size(); back++) {
        String role = "in" + back;
        roles.add(role);
        next.route(
            collections.get(collections.size() - back),
            (r, reader, out) -> out.send(DataId.parse(r.getDataId()), role, r));
      }
      if (stage % 4 == 0) {
        next.side(SideResults.of("side" + stage, List.of(collections.get(collections.size() / 2))));
      }
      collections.add(next.run(new PassTask(name, roles)));
    }
  }

  @Test
  void twentyFourStagesWithThreeInputsEachRunOnEmbeddedFlink() throws Exception {
    CampaignContext campaign = CampaignContext.of(directory, "run");
    Set<Integer> listening = new TreeSet<>();
    Thread watcher = new Thread(() -> watch(listening));
    watcher.start();
    var result =
        PipelineLauncher.named("flink")
            .run(pipeline -> build(pipeline, campaign), LaunchSettings.ofParallelism(4));
    watcher.interrupt();
    watcher.join();
    CampaignServices.close(campaign);
    assertThat(result.done()).isTrue();
    Map<String, QuantumRecord> ended = MockGraph.ended(campaign);
    assertThat(ended).hasSizeGreaterThan(24 * 12);
    assertThat(ended.values()).allMatch(r -> r.getStatus() == QuantumStatus.DONE);
    assertThat(listening).as("ports open to other hosts").isEmpty();
  }

  /** Collects ports of this process that listen on another address than the loopback. */
  private static void watch(Set<Integer> ports) {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Set<String> mine = sockets();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
          for (String line : Files.readAllLines(Path.of(table))) {
            String[] cells = line.trim().split("\\s+");
            boolean open = cells.length > 9 && cells[3].equals("0A");
            if (open && mine.contains(cells[9]) && isPublic(cells[1])) {
              ports.add(Integer.parseInt(cells[1].split(":")[1], 16));
            }
          }
        }
        Thread.sleep(100);
      } catch (IOException | InterruptedException e) {
        return;
      }
    }
  }

  private static boolean isPublic(String address) {
    return !address.startsWith("0100007F:")
        && !address.startsWith("0000000000000000FFFF00000100007F:")
        && !address.startsWith("00000000000000000000000001000000:");
  }

  private static Set<String> sockets() throws IOException {
    Set<String> inodes = new TreeSet<>();
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:[")) {
            inodes.add(target.substring(8, target.length() - 1));
          }
        } catch (IOException e) {
          continue;
        }
      }
    }
    return inodes;
  }
}
