package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * What an operator asks of a run of a million quanta ({@code -Dstarbeam.full=true}, else 4,000)
 * whose ledger and logs the real harness has written. Times are processor time of the command in a
 * JVM that is warm.
 */
class ManyQuantaTest {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");
  private static final int QUANTA = FULL ? 1_000_000 : 4_000;
  private static final int DETECTORS = 100;
  private static final int FAILS_EACH = 997;
  private static final List<String> TASKS =
      List.of("singleFrame", "finalVisit", "diffim", "forcedOnObjects");
  private static final Logger LOG = LoggerFactory.getLogger(ManyQuantaTest.class);

  @TempDir Path root;

  /** As the command line logs; the library's own tests log to the console only. */
  @BeforeAll
  static void logLikeTheCommandLine() throws JoranException {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Main.class.getResource("/logback.xml"));
  }

  /** Says what it does, names a dataset; one in many fails. */
  private record Frame(String name) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(name, "step1", 1, "{}", List.of(), List.of(DatasetTypes.VISIT_IMAGE));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      LOG.info("{} of {}", name, quantum.dataId());
      if (fails(name, quantum.dataId())) {
        throw new BadInputException("TRUNCATED", "frame " + quantum.dataId() + " ends early");
      }
      return Outcome.done();
    }
  }

  private static DataId id(int frame) {
    return DataId.of(
        "instrument", "SimCam", "visit", frame / DETECTORS, "detector", frame % DETECTORS);
  }

  private static boolean fails(String task, DataId id) {
    return Math.floorMod((task + id).hashCode(), FAILS_EACH) == 0;
  }

  /** Runs the quanta; returns those that failed. */
  private Set<String> run() throws IOException {
    Path campaign = RepositoryPaths.run(root, "run").resolve("campaign");
    Files.createDirectories(campaign);
    Files.writeString(campaign.resolve("resolved.yaml"), "starbeam: 1\ntemplate: many\n");
    Set<String> failed = new TreeSet<>();
    try (QuantumTester tester =
        QuantumTester.in(CampaignContext.of(root, "run").withRetryDelaysMillis(List.of()))) {
      for (int frame = 0; frame < QUANTA / TASKS.size(); frame++) {
        for (String task : TASKS) {
          DataId id = id(frame);
          if (tester.execute(new Frame(task), id).getStatus() == QuantumStatus.FAILED) {
            failed.add(task + "(" + id + ")");
          }
        }
      }
    }
    return failed;
  }

  private JsonNode ask(double limitSeconds, String... words) {
    CommandLine.run(words);
    double start = cpuSeconds();
    CommandLine.Answer answer = CommandLine.run(words);
    double seconds = cpuSeconds() - start;
    String asked = String.join(" ", words).replace(root.toString(), "REPO");
    System.out.printf("%.2f s of CPU at %,d quanta: %s%n", seconds, QUANTA, asked);
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(seconds).as(asked).isLessThanOrEqualTo(limitSeconds);
    return answer.json();
  }

  private static double cpuSeconds() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  @Test
  void statusAndLogsOfOneAreThereWithinASecondAndAllFailuresByOneCommand() throws Exception {
    Set<String> failed = run();
    assertThat(failed).isNotEmpty();
    String repo = root.toString();
    JsonNode status = ask(1, "status", "run", "--repo", repo, "--json");
    assertThat(status.path("totals").path("failed").asInt()).isEqualTo(failed.size());
    assertThat(status.path("totals").path("done").asInt()).isEqualTo(QUANTA - failed.size());

    String one = failed.iterator().next();
    String task = one.substring(0, one.indexOf('('));
    String id = one.substring(task.length() + 1, one.length() - 1);
    String where = id.replace("instrument=SimCam,", "");
    JsonNode logs =
        ask(1, "logs", "run", "--repo", repo, "--where", where, "--task", task, "--json");
    assertThat(logs.path("quanta").asInt()).isOne();
    assertThat(logs.path("lines").findValuesAsText("msg"))
        .contains(task + " of " + id)
        .anyMatch(line -> line.contains("frame " + id + " ends early"));

    Set<String> said = new TreeSet<>();
    for (JsonNode line :
        ask(60, "logs", "run", "--repo", repo, "--failed", "--json").path("lines")) {
      said.add(line.path("task").asText() + "(" + line.path("dataId").asText() + ")");
    }
    assertThat(said).isEqualTo(failed);
  }
}
