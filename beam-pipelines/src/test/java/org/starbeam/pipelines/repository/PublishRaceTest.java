package org.starbeam.pipelines.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.RunLease;

/**
 * Processes of one launch publish the same datasets at the same time, and each is killed again and
 * again in the middle of its work. 8 processes, 1,000 quanta and 5 deaths each with {@code
 * -Dstarbeam.full=true}, else 3, 60 and 1.
 */
class PublishRaceTest {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");
  private static final int PROCESSES = FULL ? 8 : 3;
  private static final int QUANTA = FULL ? 1000 : 60;
  private static final int DEATHS = FULL ? 5 : 1;

  @TempDir Path directory;

  private Path root;
  private Path campaignFile;
  private Path errors;
  private final CyclicBarrier lastLife = new CyclicBarrier(PROCESSES);

  @Test
  @Timeout(1800)
  void everyDatasetIsThereOnceAndWholeAndWhatDiedIsSwept() throws Exception {
    long seed = Long.getLong("starbeam.seed", System.nanoTime());
    System.out.printf("PublishRaceTest: seed %d%n", seed);
    root = Files.createDirectory(directory.resolve("repo"));
    errors = directory.resolve("errors.txt");
    CampaignContext campaign = CampaignContext.of(root, "run").withRetryDelaysMillis(List.of());
    Files.createDirectories(RepositoryPaths.run(root, "run").resolve("campaign"));
    campaignFile = directory.resolve("campaign.ser");
    try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(campaignFile))) {
      out.writeObject(campaign);
    }
    Map<String, String> expected = expected();
    int looks = 0;
    try (RunLease lease = RunLease.take(campaign, RunLease.Timing.defaults())) {
      ExecutorService threads = Executors.newFixedThreadPool(PROCESSES);
      List<Future<?>> lives = new ArrayList<>();
      for (int process = 0; process < PROCESSES; process++) {
        Random random = new Random(seed + process);
        lives.add(threads.submit(() -> live(random)));
      }
      while (!lives.stream().allMatch(Future::isDone)) {
        assertThat(expected).as("what readers see").containsAllEntriesOf(visible());
        looks++;
      }
      for (Future<?> life : lives) {
        life.get();
      }
      threads.shutdown();
      lease.end(0);
    }
    assertThat(looks).isGreaterThan(5);
    assertThat(visible()).isEqualTo(expected);
    assertThatTheLedgerHasEachOnce();
    assertThatLitterIsSwept(expected);
  }

  /** One process: dies as often as it is to, then goes to the end beside the others. */
  private Void live(Random random) throws Exception {
    for (int death = 0; death < DEATHS; death++) {
      Process process = start();
      // So few that there is work left for all other lives, whoever is first.
      int executed = 1 + random.nextInt(QUANTA / (PROCESSES * DEATHS) - 1);
      try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
        for (int line = 0; line < executed; line++) {
          assertThat(out.readLine()).as("%d quanta are left to run", executed).isNotNull();
        }
        TimeUnit.MICROSECONDS.sleep(random.nextInt(20_000));
        process.destroyForcibly().waitFor();
      }
      assertThat(process.exitValue()).as("killed, not ended").isEqualTo(128 + 9);
    }
    lastLife.await();
    Process process = start();
    List<String> executed;
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      executed = out.lines().toList();
    }
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    assertThat(executed).isNotEmpty();
    return null;
  }

  private Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema",
            "-cp",
            System.getProperty("java.class.path"),
            PublishRace.class.getName(),
            campaignFile.toString(),
            Integer.toString(QUANTA))
        .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
        .start();
  }

  private static Map<String, String> expected() {
    Map<String, String> out = new TreeMap<>();
    for (int i = 0; i < QUANTA; i++) {
      DataId id = PublishRace.id(i);
      for (DatasetType type : PublishRace.TYPES) {
        out.put(RepositoryPaths.dataset("run", type, id), PublishRace.content(type, id));
      }
    }
    return out;
  }

  /** Every file below {@code data/} that is no staging file. */
  private Map<String, String> visible() throws IOException {
    Map<String, String> out = new TreeMap<>();
    if (!Files.isDirectory(root.resolve("data"))) {
      return out;
    }
    try (Stream<Path> files = Files.walk(root.resolve("data"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!file.getFileName().toString().startsWith(".") && Files.isRegularFile(file)) {
          out.put(root.relativize(file).toString(), Files.readString(file));
        }
      }
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof NoSuchFileException)) {
        throw e;
      }
      // A staging file was renamed while the directory was being listed.
    }
    return out;
  }

  private void assertThatTheLedgerHasEachOnce() {
    try (RunDatabase database = Registry.of(root, "run").open()) {
      assertThat(database.texts("select data_id from quanta where status in ('DONE', 'ADOPTED')"))
          .hasSize(QUANTA)
          .doesNotHaveDuplicates();
      assertThat(database.texts("select data_id from quanta")).hasSize(QUANTA);
      assertThat(database.texts("select path from datasets"))
          .containsExactlyInAnyOrderElementsOf(expected().keySet());
      double executions = database.numbers("select sum(executions) from quanta")[0][0];
      System.out.printf("%d quanta were run %.0f times%n", QUANTA, executions);
      assertThat(executions).as("it was a race").isGreaterThan(QUANTA);
    }
  }

  private void assertThatLitterIsSwept(Map<String, String> expected) throws IOException {
    GarbageCollection sweep = new GarbageCollection(root, Duration.ofHours(24));
    List<GarbageCollection.Item> litter =
        sweep.find(System.currentTimeMillis() + Duration.ofHours(25).toMillis());
    System.out.printf("%d staging files of the dead are swept%n", litter.size());
    assertThat(litter).as("what was published is no litter").allMatch(item -> item.staging());
    sweep.delete(litter);
    RepositoryCheck.Result check = new RepositoryCheck(root, 1).run(List.of("run"));
    assertThat(check.findings()).isEmpty();
    assertThat(check.hashed()).isEqualTo(expected.size());
    assertThat(visible()).isEqualTo(expected);
    try (Stream<Path> ledger = Files.list(RepositoryPaths.ledger(root, "run"))) {
      assertThat(ledger.map(file -> file.getFileName().toString()))
          .allMatch(name -> name.matches("seg-.*\\.avro"));
    }
  }
}
