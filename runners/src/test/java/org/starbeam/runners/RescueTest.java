package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.mock.MockGraph;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;

/**
 * A new run after a change of configuration executes the task that was changed and what comes of
 * it, and nothing else. Truth: the edges of the mock graph.
 */
class RescueTest {
  private static final MockPlan PLAN = MockPlan.of(18, 3, 3, 2);

  @TempDir Path directory;

  private void launch(String run, String... more) throws IOException {
    Path mock = Files.writeString(directory.resolve("mock.json"), CanonicalJson.write(PLAN));
    List<String> words = new ArrayList<>(List.of("launch", "ci", "--mock", mock.toString()));
    words.addAll(List.of("--repo", directory.resolve("repo").toString(), "--name", run));
    words.addAll(List.of("--parallelism", "2", "--status-port", "0", "-q"));
    words.addAll(List.of(more));
    assertThat(Main.execute(words.toArray(String[]::new))).isZero();
  }

  /** Number of quanta that a run executed, by task; all others were adopted. */
  private Map<String, Long> executed(String run) {
    Map<String, Long> executed = new TreeMap<>();
    RunCatalog.open(directory.resolve("repo"), run)
        .forEachLast(
            record -> {
              assertThat(record.getStatus()).isIn(QuantumStatus.DONE, QuantumStatus.ADOPTED);
              if (record.getStatus() == QuantumStatus.DONE) {
                executed.merge(record.getTask(), 1L, Long::sum);
              }
            });
    return executed;
  }

  /** Quanta of a task and of all that depend on it. */
  private static Map<String, Long> from(String task) {
    Set<String> reached = new TreeSet<>(Set.of(task));
    for (MockGraph.MockStage stage : MockGraph.stages()) {
      if (stage.inputs().stream().anyMatch(reached::contains)) {
        reached.add(stage.task());
      }
    }
    Map<String, Long> out = new TreeMap<>(PLAN.counts());
    out.keySet().retainAll(reached);
    return out;
  }

  @Test
  void whatWasChangedIsExecutedAndWhatComesOfItAndNothingElse() throws IOException {
    launch("first");
    assertThat(executed("first")).isEqualTo(PLAN.counts());
    launch("solve", "--rescue", "first", "--set", "tasks.astrometricSolve.referenceEpochYr=2017");
    assertThat(executed("solve")).isEqualTo(from("astrometricSolve"));
    launch("diffim", "--rescue", "first", "--set", "tasks.diffim.maxSources=4000");
    assertThat(executed("diffim")).isEqualTo(from("diffim"));
    launch("nothing", "--rescue", "first");
    assertThat(executed("nothing")).as("nothing was changed").isEmpty();
    new Chains(directory.resolve("repo")).prepend("ci/all", List.of(Collection.run("first")));
    launch("reverted", "--rescue", "solve");
    assertThat(executed("reverted")).as("the first run is in the window's chain").isEmpty();
  }
}
