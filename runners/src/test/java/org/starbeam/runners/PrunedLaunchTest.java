package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.Ledger;

/**
 * What was pruned from a run and is needed by a later launch is made again, that and no more, with
 * the content that it had. By the command line, with mock tasks that write files and open those of
 * their inputs.
 */
class PrunedLaunchTest {
  private static final List<String> BANDS = List.of("g", "r", "i");

  @TempDir Path directory;

  private Path repository;

  @BeforeEach
  void launchFirst() throws IOException {
    repository = directory.resolve("repo");
    launch("run");
  }

  private static MockPlan plan() {
    MockPlan size = MockPlan.of(18, 3, 3, 2);
    Map<String, MockPlan.MockCost> costs = new TreeMap<>();
    size.counts().keySet().forEach(task -> costs.put(task, new MockPlan.MockCost(0, 1000, 0)));
    return new MockPlan(
        size.visits(),
        size.detectors(),
        size.fields(),
        size.patches(),
        BANDS,
        costs,
        true,
        1,
        size.failures(),
        size.timeLimitSeconds(),
        size.isolate());
  }

  private static void command(String... words) {
    assertThat(Main.execute(words)).as(String.join(" ", words)).isZero();
  }

  private void launch(String run, String... more) throws IOException {
    Path mock = Files.writeString(directory.resolve("mock.json"), CanonicalJson.write(plan()));
    List<String> words = new ArrayList<>(List.of("launch", "ci", "--mock", mock.toString()));
    words.addAll(List.of("--repo", repository.toString(), "--name", run));
    words.addAll(List.of("--parallelism", "2", "--status-port", "0", "-q"));
    words.addAll(List.of(more));
    command(words.toArray(String[]::new));
  }

  private void prune(String... more) {
    List<String> words = new ArrayList<>(List.of("repo", "prune", "run", "--yes", "--force"));
    words.addAll(List.of("--repo", repository.toString()));
    words.addAll(List.of(more));
    command(words.toArray(String[]::new));
  }

  /** Quanta that the ledger of a run says were executed to their end. */
  private List<String> executed(String run) throws IOException {
    List<String> out = new ArrayList<>();
    Ledger.read(
        RepositoryPaths.ledger(repository, run),
        record -> {
          if (record.getStatus() == QuantumStatus.DONE) {
            out.add(record.getTask() + "(" + record.getDataId() + ")");
          }
        });
    return out;
  }

  /** Hash of every file of the data, by its path. */
  private Map<String, String> files() throws IOException {
    Map<String, String> out = new TreeMap<>();
    try (Stream<Path> files = Files.walk(repository.resolve("data"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        out.put(repository.relativize(file).toString(), ContentHash.ofFile(file));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return out;
  }

  @Test
  void ofWhatWasPrunedALaunchMakesWhatItNeedsAndNoMore() throws IOException {
    Map<String, String> before = files();
    List<String> first = executed("run");
    prune("--type", "mock_cell_coadd,mock_select_visits,mock_visit_summary");
    List<String> kept = List.copyOf(files().keySet());
    assertThat(kept).hasSize(before.size() - 18 - 9 - 18);

    launch("run");
    assertThat(files()).as("nobody needs it").containsOnlyKeys(kept);
    assertThat(executed("run")).isEqualTo(first);

    String lost = kept.stream().filter(file -> file.contains("detect_objects")).toList().get(2);
    Files.delete(repository.resolve(lost));
    String patch = lost.replaceAll(".*__|\\.bin", "");
    String tract = patch.replaceAll(",patch=.*", "");
    launch("run");
    Set<String> expected = new TreeSet<>(Set.of("detectObjects(" + patch + ")"));
    UnaryOperator<String> all = band -> ",band=" + band + ")";
    BANDS.forEach(band -> expected.add("cellCoadd(" + patch + all.apply(band)));
    BANDS.forEach(band -> expected.add("selectVisits(" + tract + all.apply(band)));
    List<String> again = new ArrayList<>(executed("run"));
    first.forEach(again::remove);
    assertThat(again).containsExactlyInAnyOrderElementsOf(expected);
    Map<String, String> after = files();
    assertThat(before).as("with the content that it had").containsAllEntriesOf(after);
    Set<String> made = new HashSet<>(after.keySet());
    made.removeAll(kept);
    assertThat(made).as("files of datasets that were pruned").hasSize(6);
    command("repo", "verify", "run", "--sample", "1", "--repo", repository.toString());
  }
}
