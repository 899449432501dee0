package org.starbeam.pipelines.observe;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * Sends lines of InfluxDB's protocol to a database or a file: in batches, from its own thread, out
 * of a bounded queue. {@link #offer} never waits; lines that do not fit, and batches that the
 * database does not take, are dropped and counted.
 */
public final class InfluxSink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InfluxSink.class);
  private static final int QUEUE_LINES = 20_000;
  private static final int BATCH_LINES = 2000;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long CLOSE_MILLIS = 3000;

  /** Where batches go. */
  @FunctionalInterface
  interface Target {
    void send(String lines) throws IOException, InterruptedException;
  }

  private final BlockingQueue<String> queue;
  private final Target target;
  private final String name;
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final Thread worker;
  private volatile boolean closing;
  private boolean failing;

  InfluxSink(String name, Target target, int queueLines) {
    this.name = name;
    this.target = target;
    this.queue = new ArrayBlockingQueue<>(queueLines);
    this.worker = new Thread(this::work, "starbeam-metrics");
    worker.setDaemon(true);
    worker.start();
  }

  /**
   * Opens the sink that the option {@code --metrics} names.
   *
   * @param text {@code influx:http://host:port/database} or {@code influx:file:PATH}
   */
  public static InfluxSink open(String text) {
    String rest = text.startsWith("influx:") ? text.substring("influx:".length()) : "";
    if (rest.startsWith("file:")) {
      Path file = Path.of(rest.substring("file:".length())).toAbsolutePath();
      return new InfluxSink(file.toString(), lines -> append(file, lines), QUEUE_LINES);
    }
    if (rest.startsWith("http://") || rest.startsWith("https://")) {
      try {
        URI uri = URI.create(rest);
        String database = uri.getPath().replaceFirst("^/", "");
        if (uri.getHost() != null && !database.isEmpty() && !database.contains("/")) {
          return new InfluxSink(uri.getHost(), http(uri, database), QUEUE_LINES);
        }
      } catch (IllegalArgumentException e) {
        // Reported below.
      }
    }
    throw new UserException(
        ExitCode.USAGE,
        "--metrics " + text + ": expected influx:http://host:port/database or influx:file:PATH");
  }

  private static void append(Path file, String lines) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static Target http(URI uri, String database) {
    HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    URI write =
        URI.create(
            uri.getScheme()
                + "://"
                + uri.getHost()
                + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
                + "/write?precision=ns&db="
                + database);
    String user = uri.getUserInfo();
    return lines -> {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(write)
              .timeout(TIMEOUT)
              .POST(HttpRequest.BodyPublishers.ofString(lines));
      if (user != null) {
        String token = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
        request.header("Authorization", "Basic " + token);
      }
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IOException("status " + response.statusCode() + ": " + response.body());
      }
    };
  }

  /** Takes lines without waiting. */
  public void offer(List<String> lines) {
    for (String line : lines) {
      if (!line.isEmpty() && !queue.offer(line)) {
        dropped.incrementAndGet();
      }
    }
  }

  /** Lines that were not sent. */
  public long dropped() {
    return dropped.get();
  }

  /** Lines that were sent. */
  public long sent() {
    return sent.get();
  }

  private void work() {
    while (!closing || !queue.isEmpty()) {
      try {
        String first = queue.poll(200, TimeUnit.MILLISECONDS);
        if (first != null) {
          List<String> batch = new ArrayList<>();
          batch.add(first);
          queue.drainTo(batch, BATCH_LINES - 1);
          send(batch);
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void send(List<String> batch) throws InterruptedException {
    try {
      target.send(String.join("\n", batch) + "\n");
      sent.addAndGet(batch.size());
      failing = false;
    } catch (IOException | RuntimeException e) {
      dropped.addAndGet(batch.size());
      if (!failing) {
        LOG.warn("metrics do not reach {}: {}; the run goes on without them", name, text(e));
        failing = true;
      }
    }
  }

  private static @Nullable String text(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** Sends what is queued, for at most three seconds. */
  @Override
  public void close() {
    closing = true;
    try {
      worker.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    worker.interrupt();
    dropped.addAndGet(queue.size());
    if (dropped.get() > 0) {
      LOG.warn("{} lines of metrics were dropped, {} sent to {}", dropped.get(), sent.get(), name);
    }
  }
}
