package org.starbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Answers REST as a Flink JobManager does, with what a test says. */
public final class FakeCluster implements AutoCloseable {
  private final HttpServer server;
  private final String flinkVersion;
  private final int slots;
  private final Map<String, String> states = new LinkedHashMap<>();
  private final Map<String, String> names = new LinkedHashMap<>();

  /** Ids of the jobs that somebody ended. */
  public final List<String> cancelled = new CopyOnWriteArrayList<>();

  public FakeCluster(String flinkVersion, int slots) throws IOException {
    this.flinkVersion = flinkVersion;
    this.slots = slots;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  public String master() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  public FakeCluster withJob(String id, String name, String state) {
    names.put(id, name);
    states.put(id, state);
    return this;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String body;
    synchronized (this) {
      if (path.equals("/overview")) {
        body =
            "{\"taskmanagers\":1,\"slots-total\":%d,\"slots-available\":%d,\"flink-version\":\"%s\"}"
                .formatted(slots, slots, flinkVersion);
      } else if (path.equals("/jobs/overview")) {
        body = "{\"jobs\":[" + jobs() + "]}";
      } else if (path.equals("/jobmanager/config")) {
        body = "[{\"key\":\"rest.port\",\"value\":\"1\"}]";
      } else if (exchange.getRequestMethod().equals("PATCH")) {
        String id = path.substring("/jobs/".length());
        cancelled.add(id);
        states.put(id, "CANCELED");
        body = "{}";
      } else {
        body = "{}";
      }
    }
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String jobs() {
    return new ArrayList<>(names.keySet())
        .stream()
            .map(
                id ->
                    "{\"jid\":\"%s\",\"name\":\"%s\",\"state\":\"%s\",\"start-time\":1}"
                        .formatted(id, names.get(id), states.get(id)))
            .collect(Collectors.joining(","));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
