package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.mock.MockFault;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.StatusServer;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.Ledger;

/**
 * What {@code status}, REST and Prometheus count of a campaign that is under way is what its ledger
 * has, by task and status. The launch stands still while they are asked.
 */
@EnabledOnOs(OS.LINUX)
class CountsWhileRunningTest {
  private static final MockPlan PLAN =
      MockLaunch.plan(3, 0.1, 100)
          .failing(7, 0.05, Map.of(MockFault.EXCEPTION, 1.0, MockFault.CORRUPT, 1.0));

  /** How often it is looked, with so many more quanta each time. */
  private static final int POLLS = 5;

  private static final int QUANTA = 15;

  private static final List<QuantumStatus> ENDS =
      List.of(
          QuantumStatus.DONE,
          QuantumStatus.ADOPTED,
          QuantumStatus.FAILED,
          QuantumStatus.BLOCKED,
          QuantumStatus.NO_WORK,
          QuantumStatus.SKIPPED);
  private static final String OF_TASK = "\\{run=\"mock\",step=\"\\w+\",task=\"(\\w+)\"";
  private static final Pattern ENDED =
      Pattern.compile("starbeam_quanta_total" + OF_TASK + ",status=\"(\\w+)\"\\} ([1-9]\\d*)");
  private static final Pattern IN_FLIGHT =
      Pattern.compile("starbeam_in_flight" + OF_TASK + "\\} ([1-9]\\d*)");

  @TempDir Path directory;
  private Path repository;

  private static String key(QuantumStatus status) {
    return ENDS.contains(status) ? status.name().toLowerCase(Locale.ROOT) : "running";
  }

  /** Counts that are not zero, as {@code task status}; what has no end runs. */
  private Map<String, Long> ledger() throws IOException {
    Map<String, QuantumRecord> last = new HashMap<>();
    Ledger.read(
        RepositoryPaths.ledger(repository, MockLaunch.RUN),
        record -> last.put(record.getQuantumId(), record));
    Map<String, Long> out = new TreeMap<>();
    last.values().forEach(r -> out.merge(r.getTask() + " " + key(r.getStatus()), 1L, Long::sum));
    return out;
  }

  private static Map<String, Long> counts(JsonNode tasks) {
    Map<String, Long> out = new TreeMap<>();
    for (JsonNode task : tasks) {
      for (QuantumStatus status : QuantumStatus.values()) {
        long count = task.path(key(status)).asLong();
        if (count > 0) {
          out.put(task.path("task").asText() + " " + key(status), count);
        }
      }
    }
    return out;
  }

  private Map<String, Long> status() {
    String where = repository.toString();
    return counts(
        CommandLine.run("status", MockLaunch.RUN, "--repo", where, "--json").json().path("tasks"));
  }

  private static String get(StatusServer server, String path) throws Exception {
    URI address = URI.create(server.url() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static Map<String, Long> rest(StatusServer server) throws Exception {
    return counts(new ObjectMapper().readTree(get(server, "api/v1/tasks")));
  }

  private static Map<String, Long> prometheus(StatusServer server) throws Exception {
    Map<String, Long> out = new TreeMap<>();
    String page = get(server, "metrics");
    Matcher ended = ENDED.matcher(page);
    while (ended.find()) {
      out.put(ended.group(1) + " " + ended.group(2), Long.valueOf(ended.group(3)));
    }
    Matcher inFlight = IN_FLIGHT.matcher(page);
    while (inFlight.find()) {
      out.put(inFlight.group(1) + " running", Long.valueOf(inFlight.group(2)));
    }
    return out;
  }

  private void assertThatAllCountAlike(StatusServer server, Map<String, Long> truth)
      throws Exception {
    assertThat(status()).as("status").isEqualTo(truth);
    assertThat(rest(server)).as("REST").isEqualTo(truth);
    assertThat(prometheus(server)).as("Prometheus").isEqualTo(truth);
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void statusRestAndPrometheusCountAsTheLedgerDoesAtEveryPoll() throws Exception {
    repository = directory.resolve("repo");
    StarbeamProcess launch =
        StarbeamProcess.ofClasses(
            directory, "512m", List.of(), MockLaunch.arguments(repository, PLAN));
    RunMonitor monitor = RunMonitor.open(repository, MockLaunch.RUN);
    int underWay = 0;
    try (StatusServer server = StatusServer.open(monitor, StatusServer.Address.loopback(0))) {
      while (launch.isAlive() && underWay < POLLS) {
        if (sum(ledger()) >= (underWay + 1) * QUANTA) {
          launch.hold();
          assertThatAllCountAlike(server, ledger());
          launch.signal("CONT");
          underWay++;
        }
        Thread.sleep(50);
      }
      assertThat(underWay).as("polls of a launch that is alive").isEqualTo(POLLS);
      launch.await();
      Map<String, Long> end = ledger();
      assertThat(end)
          .isNotEmpty()
          .allSatisfy((key, n) -> assertThat(key).doesNotEndWith("running"));
      assertThat(end.keySet()).anyMatch(key -> key.endsWith("failed"));
      assertThatAllCountAlike(server, end);
    } finally {
      launch.kill();
    }
  }
}
