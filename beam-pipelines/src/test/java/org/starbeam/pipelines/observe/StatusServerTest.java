package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

class StatusServerTest {
  private static final String RUN = "run";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path root;

  @SuppressWarnings("NullAway.Init")
  private SyntheticLedger ledger;

  @SuppressWarnings("NullAway.Init")
  private StatusServer server;

  @BeforeEach
  void serve() throws IOException {
    ledger = new SyntheticLedger(root, RUN, 1);
    server =
        StatusServer.open(
            RunMonitor.open(root, RUN), new StatusServer.Address(0, "127.0.0.1", null));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    ledger.close();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws Exception {
    HttpResponse<String> response = get("api/v1/" + path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return new ObjectMapper().readTree(response.body());
  }

  /** Counts by task and status that the Prometheus page shows. */
  private Map<String, Map<String, Long>> prometheus() throws Exception {
    Pattern line =
        Pattern.compile(
            "starbeam_quanta_total\\{run=\"run\",step=\"\\w+\",task=\"(\\w+)\",status=\"(\\w+)\"\\}"
                + " (\\d+)");
    Map<String, Map<String, Long>> out = new TreeMap<>();
    Matcher matcher = line.matcher(get("metrics").body());
    while (matcher.find()) {
      out.computeIfAbsent(matcher.group(1), t -> new LinkedHashMap<>())
          .put(matcher.group(2), Long.parseLong(matcher.group(3)));
    }
    return out;
  }

  @Test
  void filesOfTheReportAreServedAndNothingBesideThem() throws Exception {
    Path run = RepositoryPaths.run(root, RUN);
    Files.createDirectories(run.resolve("report"));
    assertThat(get("report/").statusCode()).isEqualTo(404);
    Files.writeString(run.resolve("report/index.html"), "<!doctype html><title>R</title>");
    Files.writeString(run.resolve("report/report.json"), "{}");
    Files.writeString(run.resolve("report/.index.html.tmp"), "half");
    Files.writeString(run.resolve("secret.json"), "{}");
    HttpResponse<String> page = get("report/");
    assertThat(page.body()).isEqualTo("<!doctype html><title>R</title>");
    assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .as("no scripts in the page itself, none from elsewhere")
        .contains("default-src 'none'")
        .contains("script-src 'self';");
    assertThat(get("report/report.json").body()).isEqualTo("{}");
    Files.createDirectories(run.resolve("report/sky/k/.tmp"));
    Files.writeString(run.resolve("report/sky.html"), "sky");
    Files.write(run.resolve("report/sky/k/0.jpg"), new byte[] {-1, -40, 0});
    Files.writeString(run.resolve("report/sky/k/.tmp/0.jpg"), "half");
    assertThat(get("report/sky.html").body()).isEqualTo("sky");
    assertThat(get("report/sky/k/0.jpg").headers().firstValue("Content-Type"))
        .hasValue("image/jpeg");
    assertThat(get("report/sky/k/0.jpg").headers().firstValue("Content-Length")).hasValue("3");
    for (String other :
        List.of(
            "report/sky/k/.tmp/0.jpg",
            "report/sky/../../secret.json",
            "report/sky//k/0.jpg",
            "report/.index.html.tmp",
            "report/../secret.json",
            "report/..%2Fsecret.json",
            "report/%2e%2e/secret.json",
            "report/nosuch.html")) {
      assertThat(get(other).statusCode()).as(other).isEqualTo(404);
    }
  }

  @Test
  void restPrometheusAndLedgerCountAlikeAtEveryPoll() throws Exception {
    for (int poll = 0; poll < 5; poll++) {
      ledger.quanta(poll * 300, 300);
      ledger.flush();
      JsonNode tasks = json("tasks");
      Map<String, Map<String, Long>> exported = prometheus();
      assertThat(tasks).hasSize(SyntheticLedger.TASKS.size());
      for (JsonNode task : tasks) {
        String name = task.path("task").asText();
        for (QuantumStatus status :
            new QuantumStatus[] {
              QuantumStatus.DONE, QuantumStatus.FAILED, QuantumStatus.BLOCKED, QuantumStatus.NO_WORK
            }) {
          String key = status.name().toLowerCase(java.util.Locale.ROOT);
          long truth = ledger.count(name, status);
          assertThat(task.path(key).asLong()).isEqualTo(truth);
          assertThat(exported.get(name)).containsEntry(key, truth);
        }
      }
      assertThat(json("quanta?status=failed&limit=1000").path("items"))
          .hasSize(
              (int)
                  SyntheticLedger.TASKS.stream()
                      .mapToLong(t -> ledger.count(t, QuantumStatus.FAILED))
                      .sum());
    }
  }

  @Test
  void pagesOfQuantaTogetherAreAllOfThemOnce() throws Exception {
    ledger.quanta(0, 730);
    ledger.flush();
    Set<String> ids = new HashSet<>();
    String cursor = "0";
    while (!cursor.equals("null")) {
      JsonNode page = json("quanta?limit=100&cursor=" + cursor);
      page.path("items").forEach(q -> assertThat(ids.add(q.path("id").asText())).isTrue());
      cursor = page.path("next").asText();
    }
    assertThat(ids).hasSize(730);
    String id = ids.iterator().next();
    assertThat(json("quanta/" + id).path("record").path("quantumId").asText()).isEqualTo(id);
    assertThat(json("quanta/" + id + "/log").isArray()).isTrue();
    assertThat(get("api/v1/quanta?limit=1001").statusCode()).isEqualTo(400);
    assertThat(get("api/v1/quanta?where=vsit%3D1").body()).contains("visit");
    assertThat(get("api/v1/quanta/nosuch").statusCode()).isEqualTo(404);
  }

  @Test
  void everyEndpointAnswers() throws Exception {
    ledger.quanta(0, 100);
    ledger.flush();
    for (String path :
        new String[] {"run", "steps", "groups?by=visit", "detectors?metric=seeing", "patches"}) {
      assertThat(json(path).isMissingNode()).isFalse();
    }
    assertThat(json("gates").path("gates").isArray()).isTrue();
    assertThat(json("metrics/latest").isArray()).isTrue();
    assertThat(get("api/v1/plan").statusCode()).isEqualTo(404);
    assertThat(get("healthz").statusCode()).isIn(200, 503);
    for (String page : new String[] {"", "status.js", "status.css"}) {
      HttpResponse<String> response = get(page);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).doesNotContain("https://").doesNotContain("innerHTML");
      assertThat(response.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("default-src 'none'")
          .doesNotContain("unsafe");
    }
  }

  @Test
  void whatHasNotChangedIsNotSentAgain() throws Exception {
    ledger.quanta(0, 50);
    ledger.flush();
    HttpResponse<String> first = get("api/v1/tasks");
    String tag = first.headers().firstValue("ETag").orElse("");
    assertThat(get("api/v1/tasks", "If-None-Match", tag).statusCode()).isEqualTo(304);
    ledger.quanta(50, 50);
    ledger.flush();
    assertThat(get("api/v1/tasks", "If-None-Match", tag).statusCode()).isEqualTo(200);
  }

  /** The first line of the answer to a request as it stands. */
  private String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.UTF_8));
      out.flush();
      socket.setSoTimeout(5000);
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
          .readLine();
    }
  }

  @Test
  void otherHostsAndMethodsAreRefused() throws Exception {
    String end = "\r\nConnection: close\r\n\r\n";
    assertThat(raw("GET / HTTP/1.1\r\nHost: localhost:1" + end)).contains("200");
    assertThat(raw("GET / HTTP/1.1\r\nHost: evil.example" + end)).contains("421");
    assertThat(raw("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example" + end)).contains("421");
    assertThat(raw("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0" + end))
        .contains("405");
    assertThat(raw("DELETE /api/v1/run HTTP/1.1\r\nHost: localhost" + end)).contains("405");
    assertThat(raw("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost" + end)).contains("404");
  }

  @Test
  void anotherInterfaceNeedsATokenAndEveryRequestCarriesIt() throws Exception {
    assertThatThrownBy(() -> StatusServer.Address.of(0, "0.0.0.0", null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--status-token-file");
    Path file = Files.writeString(root.resolve("token"), "0123456789abcdefXYZ\n");
    StatusServer.Address address = StatusServer.Address.of(0, "127.0.0.1", file);
    try (StatusServer guarded = StatusServer.open(RunMonitor.open(root, RUN), address)) {
      server.close();
      server = guarded;
      assertThat(get("api/v1/run").statusCode()).isEqualTo(401);
      assertThat(get("api/v1/run", "Authorization", "Bearer wrong").statusCode()).isEqualTo(401);
      assertThat(get("api/v1/run", "Authorization", "Bearer 0123456789abcdefXYZ").statusCode())
          .isEqualTo(200);
      HttpResponse<String> page = get("?token=0123456789abcdefXYZ");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Set-Cookie").orElse("")).contains("HttpOnly");
    }
  }

  @Test
  void aPortThatIsTakenIsReplaced() {
    try (StatusServer second =
        StatusServer.open(
            RunMonitor.open(root, RUN), StatusServer.Address.loopback(server.port()))) {
      assertThat(second.port()).isNotEqualTo(server.port());
    }
  }

  @Test
  void hostileValuesStayValues() throws Exception {
    String evil = "<script>alert(\"1\")</script>\n\"}{=,\\";
    QuantumRecord record =
        ledger.record("singleFrame", evil, QuantumStatus.FAILED, 60000, "w\"\n<b>");
    record.setErrorClass("BAD \"INPUT\"\n");
    record.setMessage(evil);
    ledger.append("worker0", record);
    ledger.flush();
    HttpResponse<String> run = get("api/v1/run");
    assertThat(run.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
    JsonNode failure = new ObjectMapper().readTree(run.body()).path("failures").path(0);
    assertThat(failure.path("example").asText()).isEqualTo(evil);
    for (String line : get("metrics").body().split("\n")) {
      assertThat(line).matches(PrometheusGrammar.LINE);
    }
  }

  @Test
  void eventsTellWhatHasChanged() throws Exception {
    ledger.quanta(0, 20);
    ledger.flush();
    Iterator<String> lines =
        CLIENT
            .send(
                HttpRequest.newBuilder(URI.create(server.url() + "api/v1/events")).build(),
                HttpResponse.BodyHandlers.ofLines())
            .body()
            .iterator();
    assertThat(event(lines).path("totals").path("total").asLong()).isEqualTo(20);
    ledger.quanta(20, 30);
    ledger.flush();
    assertThat(event(lines).path("totals").path("total").asLong()).isEqualTo(50);
  }

  private static JsonNode event(Iterator<String> lines) throws IOException {
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.startsWith("data: ")) {
        return new ObjectMapper().readTree(line.substring(6));
      }
    }
    throw new IOException("the stream ended");
  }
}
