package org.starbeam.runners.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/** Asks a Flink cluster over its REST interface (specs/00 section 5.2). */
public final class ClusterRest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String master;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  /** A cluster at {@code host:port}. */
  public ClusterRest(String master) {
    if (!master.matches("[A-Za-z0-9_.-]+:[0-9]{1,5}")) {
      throw new UserException(
          ExitCode.USAGE,
          "--master " + master + ": expected HOST:PORT, for example 127.0.0.1:8081");
    }
    this.master = master;
  }

  /**
   * What a cluster is.
   *
   * @param flinkVersion version of its Flink
   * @param taskManagers workers that have registered
   * @param slots quanta at a time in all workers
   * @param freeSlots those that no job has
   */
  public record Overview(String flinkVersion, int taskManagers, int slots, int freeSlots) {}

  /** A job of the cluster; {@code state} is Flink's word. */
  public record Job(String id, String name, String state, long startMillis) {
    private static final Set<String> ENDED = Set.of("FINISHED", "FAILED", "CANCELED", "SUSPENDED");

    public boolean ended() {
      return ENDED.contains(state);
    }
  }

  /** A worker: what Flink calls it, its slots, the MiB of its heap. */
  public record Worker(String id, int slots, int freeSlots, long heapMebibytes) {}

  public String master() {
    return master;
  }

  public Overview overview() throws IOException {
    JsonNode found = get("/overview");
    return new Overview(
        found.path("flink-version").asText(),
        found.path("taskmanagers").asInt(),
        found.path("slots-total").asInt(),
        found.path("slots-available").asInt());
  }

  public List<Job> jobs() throws IOException {
    List<Job> out = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      out.add(
          new Job(
              job.path("jid").asText(),
              job.path("name").asText(),
              job.path("state").asText(),
              job.path("start-time").asLong()));
    }
    return out;
  }

  public List<Worker> workers() throws IOException {
    List<Worker> out = new ArrayList<>();
    for (JsonNode worker : get("/taskmanagers").path("taskmanagers")) {
      out.add(
          new Worker(
              worker.path("id").asText(),
              worker.path("slotsNumber").asInt(),
              worker.path("freeSlots").asInt(),
              worker.path("memoryConfiguration").path("taskHeap").asLong() >> 20));
    }
    return out;
  }

  /** The settings that the JobManager was started with. */
  public Map<String, String> configuration() throws IOException {
    Map<String, String> out = new TreeMap<>();
    for (JsonNode entry : get("/jobmanager/config")) {
      out.put(entry.path("key").asText(), entry.path("value").asText());
    }
    return out;
  }

  /** Asks for the end of a job. */
  public void cancel(String job) throws IOException {
    send(
        HttpRequest.newBuilder(uri("/jobs/" + job + "?mode=cancel"))
            .method("PATCH", HttpRequest.BodyPublishers.noBody()));
  }

  /**
   * Ends the jobs of a name and waits for their end.
   *
   * @return how many there were
   */
  public int cancelAll(String name, Duration patience) throws IOException {
    List<Job> running =
        jobs().stream().filter(job -> job.name().equals(name) && !job.ended()).toList();
    for (Job job : running) {
      cancel(job.id());
    }
    long end = System.nanoTime() + patience.toNanos();
    while (!running.isEmpty()
        && jobs().stream().anyMatch(job -> job.name().equals(name) && !job.ended())) {
      if (System.nanoTime() > end) {
        throw new IOException(
            "job '" + name + "' does not end within " + patience.toSeconds() + " s");
      }
      pause();
    }
    return running.size();
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private JsonNode get(String path) throws IOException {
    return JSON.readTree(send(HttpRequest.newBuilder(uri(path)).GET()));
  }

  private URI uri(String path) {
    return URI.create("http://" + master + path);
  }

  private String send(HttpRequest.Builder request) throws IOException {
    try {
      HttpResponse<String> answer =
          http.send(request.timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new IOException(
            answer.uri() + " answered " + answer.statusCode() + ": " + answer.body());
      }
      return answer.body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
