package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.common.base.Splitter;
import com.google.common.hash.Hashing;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The status page of a run, its REST interface, its Prometheus page (specs/05 sections 7.2 and 9.6)
 * and its report, read only. It listens on the loopback interface; on another one only together
 * with a token. Requests must name the host that they were meant for, so that a page of another
 * site cannot read them through a name that it controls.
 */
public final class StatusServer implements AutoCloseable {
  /** Where the page is by default. */
  public static final int DEFAULT_PORT = 8642;

  private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);
  private static final String CSP =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** The report has its pictures, scripts and data beside it. */
  private static final String REPORT_CSP =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** Where the report of the run is. */
  public static final String REPORT = "report/";

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html",
          "json", "application/json",
          "js", "text/javascript",
          "css", "text/css",
          "jpg", "image/jpeg",
          "png", "image/png");
  private static final Map<String, String> PAGES =
      Map.of(
          "/", "index.html text/html",
          "/status.js", "status.js text/javascript",
          "/status.css", "status.css text/css");
  private static final int MOST_STREAMS = 16;
  private static final int THREADS = 24;
  private static final long STREAM_MILLIS = 1000;
  private static final long HEARTBEAT_MILLIS = 15_000;

  /**
   * Where to listen.
   *
   * @param port 0 for any free one
   * @param bind interface, by default the loopback
   * @param token what requests must carry; null only on the loopback interface
   */
  public record Address(int port, String bind, @Nullable String token) {
    public static Address loopback(int port) {
      return new Address(port, "127.0.0.1", null);
    }

    /**
     * An address as the options give it.
     *
     * @param tokenFile file with the token; needed when the address is not the loopback's
     */
    public static Address of(int port, String bind, @Nullable Path tokenFile) {
      boolean loopback = isLoopback(bind);
      if (!loopback && tokenFile == null) {
        throw new UserException(
            ExitCode.USAGE,
            "--status-bind "
                + bind
                + " is not the loopback interface and needs --status-token-file");
      }
      if (tokenFile == null) {
        return new Address(port, bind, null);
      }
      try {
        String token = Files.readString(tokenFile).strip();
        if (token.length() < 16) {
          throw new UserException(
              ExitCode.USAGE,
              "--status-token-file " + tokenFile + ": expected 16 characters or more");
        }
        return new Address(port, bind, token);
      } catch (IOException e) {
        throw new UserException(
            ExitCode.USAGE, "--status-token-file " + tokenFile + ": " + e.getMessage());
      }
    }

    private static boolean isLoopback(String bind) {
      try {
        return InetAddress.getByName(bind).isLoopbackAddress();
      } catch (IOException e) {
        throw new UserException(ExitCode.USAGE, "--status-bind " + bind + ": no such address");
      }
    }
  }

  /** An answer that is no success. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    Refusal(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  private final HttpServer server;
  private final StatusApi api;
  private final RunMonitor monitor;
  private final Address address;
  private final Semaphore streams = new Semaphore(MOST_STREAMS);
  private volatile boolean closed;

  private StatusServer(HttpServer server, RunMonitor monitor, Address address) {
    this.server = server;
    this.monitor = monitor;
    this.address = address;
    this.api = new StatusApi(monitor);
    server.createContext("/", this::answer);
    server.setExecutor(
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "starbeam-status");
              thread.setDaemon(true);
              return thread;
            }));
    server.start();
  }

  /** Serves a run; when the port is taken, on another one. */
  public static StatusServer open(RunMonitor monitor, Address address) {
    try {
      return new StatusServer(bind(address, address.port()), monitor, address);
    } catch (BindException e) {
      try {
        return new StatusServer(bind(address, 0), monitor, address);
      } catch (IOException again) {
        throw cannot(address, again);
      }
    } catch (IOException e) {
      throw cannot(address, e);
    }
  }

  private static HttpServer bind(Address address, int port) throws IOException {
    return HttpServer.create(new InetSocketAddress(address.bind(), port), 64);
  }

  private static UserException cannot(Address address, IOException e) {
    return new UserException(
        ExitCode.INFRASTRUCTURE,
        "the status page cannot listen on " + address.bind() + ":" + address.port() + ": " + e);
  }

  /** Port that the server listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Address of the page. */
  public String url() {
    return "http://" + address.bind() + ":" + port() + "/";
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        headers(exchange);
        check(exchange);
        route(exchange);
      } catch (Refusal e) {
        send(exchange, e.status, "text/plain", String.valueOf(e.getMessage()));
      } catch (UserException e) {
        send(exchange, 400, "text/plain", String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        LOG.debug("{}", exchange.getRequestURI(), e);
        send(exchange, 500, "text/plain", "internal error");
      }
    }
  }

  private static void headers(HttpExchange exchange) {
    exchange.getResponseHeaders().set("Content-Security-Policy", CSP);
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.getResponseHeaders().set("Referrer-Policy", "no-referrer");
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
  }

  private void check(HttpExchange exchange) {
    if (!exchange.getRequestMethod().equals("GET")) {
      exchange.getResponseHeaders().set("Allow", "GET");
      throw new Refusal(405, "only GET is answered");
    }
    String host = String.valueOf(exchange.getRequestHeaders().getFirst("Host"));
    if (!hostIsOurs(host)) {
      throw new Refusal(421, "this server is not " + host);
    }
    if (address.token() != null && !authorised(exchange, address.token())) {
      throw new Refusal(401, "a token is needed: Authorization: Bearer TOKEN");
    }
  }

  private boolean hostIsOurs(String header) {
    String host = header.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
    return List.of("localhost", "127.0.0.1", "[::1]").contains(host)
        || (address.token() != null && host.equals(address.bind().toLowerCase(Locale.ROOT)))
        || (address.token() != null && host.matches("[\\d.]+|\\[[0-9a-f:]+\\]"));
  }

  /** A token comes in a header, or in a cookie that a first request with {@code ?token=} sets. */
  private static boolean authorised(HttpExchange exchange, String token) {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    String cookies = exchange.getRequestHeaders().getFirst("Cookie");
    String query = query(exchange).get("token");
    if (query != null && same(query, token)) {
      exchange
          .getResponseHeaders()
          .set("Set-Cookie", "starbeam=" + token + "; HttpOnly; SameSite=Strict; Path=/");
      return true;
    }
    return (given != null && same(given, "Bearer " + token))
        || (cookies != null
            && Splitter.on(';')
                .trimResults()
                .splitToStream(cookies)
                .anyMatch(cookie -> same(cookie, "starbeam=" + token)));
  }

  private static boolean same(String one, String other) {
    return MessageDigest.isEqual(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  private void route(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String page = PAGES.get(path);
    if (page != null) {
      List<String> fileAndType = Splitter.on(' ').splitToList(page);
      send(exchange, 200, fileAndType.get(1), resource(fileAndType.get(0)));
    } else if (path.startsWith("/" + REPORT)) {
      report(exchange, path.substring(1 + REPORT.length()));
    } else if (path.equals("/healthz")) {
      health(exchange);
    } else if (path.equals("/metrics")) {
      monitor.refresh();
      send(exchange, 200, PrometheusText.CONTENT_TYPE, PrometheusText.of(monitor.metrics()));
    } else if (path.equals("/api/v1/events")) {
      stream(exchange);
    } else if (path.startsWith("/api/v1/")) {
      Object document = api.get(path.substring("/api/v1/".length()), query(exchange));
      if (document == null) {
        throw new Refusal(404, "nothing at " + path);
      }
      send(exchange, 200, "application/json", json(document));
    } else {
      throw new Refusal(404, "nothing at " + path);
    }
  }

  /** A file of the run's report. */
  private void report(HttpExchange exchange, String name) throws IOException {
    String wanted = name.isEmpty() ? "index.html" : name;
    String type = TYPES.get(wanted.substring(wanted.lastIndexOf('.') + 1));
    Path file = RepositoryPaths.run(monitor.root(), monitor.run()).resolve(REPORT).resolve(wanted);
    boolean plain =
        wanted.matches("([A-Za-z0-9_-][A-Za-z0-9._-]*/){0,5}[A-Za-z0-9_-][A-Za-z0-9._-]*");
    if (type == null || !plain || !Files.isRegularFile(file)) {
      throw new Refusal(404, "no such file of the report; starbeam report " + monitor.run());
    }
    exchange.getResponseHeaders().set("Content-Security-Policy", REPORT_CSP);
    if (type.startsWith("image/")) {
      send(exchange, 200, type, Files.readAllBytes(file));
    } else {
      send(exchange, 200, type, Files.readString(file));
    }
  }

  private void health(HttpExchange exchange) throws IOException {
    String reason = api.unhealthy();
    send(exchange, reason == null ? 200 : 503, "text/plain", reason == null ? "ok" : reason);
  }

  private static String json(Object document) {
    try {
      return RunStateJson.mapper().writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = StatusServer.class.getResourceAsStream("/status/" + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> out = new LinkedHashMap<>();
    String query = exchange.getRequestURI().getRawQuery();
    if (query != null) {
      for (String pair : Splitter.on('&').split(query)) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        try {
          out.put(key, URLDecoder.decode(value, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
          throw new Refusal(400, "the query cannot be decoded");
        }
      }
    }
    return out;
  }

  /** Sends a body with its ETag, or 304 when the client has it. */
  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    String charset = type.contains("charset") ? "" : "; charset=utf-8";
    send(exchange, status, type + charset, body.getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] bytes)
      throws IOException {
    String tag = "\"" + Hashing.sha256().hashBytes(bytes).toString().substring(0, 32) + "\"";
    exchange.getResponseHeaders().set("Content-Type", type);
    if (status == 200) {
      exchange.getResponseHeaders().set("ETag", tag);
      if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
        exchange.sendResponseHeaders(304, -1);
        return;
      }
    }
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  /** Server-sent events: the run's state whenever it has changed. */
  private void stream(HttpExchange exchange) throws IOException {
    if (!streams.tryAcquire()) {
      throw new Refusal(503, "too many streams");
    }
    try {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
      exchange.sendResponseHeaders(200, 0);
      OutputStream out = exchange.getResponseBody();
      String before = "";
      long silent = 0;
      while (!closed) {
        monitor.refresh();
        RunState state = monitor.state();
        String now = state.state() + state.ledgerRecords();
        if (!now.equals(before)) {
          out.write(("event: run\ndata: " + json(state) + "\n\n").getBytes(StandardCharsets.UTF_8));
          out.flush();
          before = now;
          silent = 0;
        } else if (silent >= HEARTBEAT_MILLIS) {
          out.write(": alive\n\n".getBytes(StandardCharsets.UTF_8));
          out.flush();
          silent = 0;
        }
        Thread.sleep(STREAM_MILLIS);
        silent += STREAM_MILLIS;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      streams.release();
    }
  }

  @Override
  public void close() {
    closed = true;
    server.stop(0);
  }
}
