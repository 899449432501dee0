package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.mock.MockFault;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.LedgerTail;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;

/**
 * A mock campaign that goes on in this JVM while a test disturbs it. Its tasks take a given time
 * and write real files.
 */
final class MockLaunch {
  static final String RUN = "mock";
  private static final long PATIENCE_SECONDS = 300;

  private final Path repository;
  private final FutureTask<CampaignRunner.Result> result;
  private final LedgerTail tail;
  private int done;

  private MockLaunch(Path repository, Callable<CampaignRunner.Result> launch) {
    this.repository = repository;
    this.tail = new LedgerTail(RepositoryPaths.ledger(repository, RUN));
    this.result = new FutureTask<>(launch);
    new Thread(result, "mock launch").start();
  }

  /**
   * Some 35 quanta a visit.
   *
   * @param seconds run time of each quantum
   * @param bytes size of its dataset
   */
  static MockPlan plan(int visits, double seconds, long bytes) {
    MockPlan.MockCost cost = new MockPlan.MockCost(seconds, bytes, 0);
    Map<String, MockPlan.MockCost> costs =
        Map.of(
            "singleFrame", cost,
            "visitSummary", cost,
            "finalVisit", cost,
            "cellCoadd", cost,
            "diffim", cost,
            "forcedOnObjects", cost,
            "releaseTables", cost);
    return new MockPlan(
        visits,
        8,
        2,
        4,
        List.of("g", "r"),
        costs,
        true,
        1,
        new MockPlan.MockFailures(1, 0, Map.of(MockFault.EXCEPTION, 1.0)),
        3600,
        Isolate.AUTO);
  }

  /** How the campaign is run by this JVM; {@code how} is done with its runner before. */
  static CampaignRunner.Result run(CampaignRunner how, Path repository, String runner) {
    CampaignSettings settings =
        new CampaignSettings(
            Template.load("ci"),
            Map.of("input", repository.resolve("cache/mock-input").toString()),
            Template.ALL_STEPS,
            repository,
            RUN,
            runner,
            LaunchSettings.ofParallelism(3));
    return how.run(settings);
  }

  /** Starts the campaign on a thread of its own. */
  static MockLaunch start(CampaignRunner how, Path repository, String runner) {
    return new MockLaunch(repository, () -> run(how, repository, runner));
  }

  /** The same campaign for the command line: arguments that launch it. */
  static String[] arguments(Path repository, MockPlan plan, String... more) throws IOException {
    Path file = repository.resolveSibling("mock-plan.json");
    Files.writeString(file, CanonicalJson.write(plan));
    return Stream.concat(
            Stream.of(
                "launch",
                "ci",
                "--mock",
                file.toString(),
                "--repo",
                repository.toString(),
                "--name",
                RUN,
                "--parallelism",
                "3",
                "--status-port",
                "0",
                "-q"),
            Stream.of(more))
        .toArray(String[]::new);
  }

  /** Hash of every file of the run's data, by its path; what was never published is left out. */
  static Map<String, String> files(Path repository) throws IOException {
    Path data = repository.resolve("data");
    Map<String, String> out = new TreeMap<>();
    try (Stream<Path> all = Files.walk(data)) {
      for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        if (!file.getFileName().toString().startsWith(".")) {
          out.put(data.relativize(file).toString(), ContentHash.ofFile(file));
        }
      }
    }
    return out;
  }

  /** The ledger as it is now. */
  RunLedger ledger() {
    return RunLedger.read(repository, RUN);
  }

  boolean isRunning() {
    return !result.isDone();
  }

  /** Waits until as many quanta are done; fails when the launch ends before. */
  void awaitDone(int quanta) throws InterruptedException {
    await(() -> done() >= quanta, quanta + " quanta done");
  }

  /** How often a quantum was done, as far as the ledger has it. */
  int done() {
    try {
      tail.poll(record -> done += record.getStatus() == QuantumStatus.DONE ? 1 : 0);
      return done;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until something is so; fails when the launch ends before. */
  void await(BooleanSupplier condition, String what) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(isRunning()).as("the launch goes on until %s", what).isTrue();
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      Thread.sleep(20);
    }
  }

  /** How the launch ended; what it threw is thrown. */
  CampaignRunner.Result end() throws Throwable {
    try {
      return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause();
    } catch (TimeoutException e) {
      throw new AssertionError("the launch does not end", e);
    }
  }
}
