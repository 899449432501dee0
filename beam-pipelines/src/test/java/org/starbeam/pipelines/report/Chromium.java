package org.starbeam.pipelines.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A page in the Chromium of this machine without a window, led by the DevTools protocol. No name of
 * the network can be resolved in it. It keeps what the page asked for and what its console said.
 */
final class Chromium implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Longest wait for an answer: machines that have other work are slow. */
  private static final long SECONDS = 180;

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger last = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();

  /** The browser, when this machine has one. */
  static Optional<Path> executable() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .flatMap(
            directory ->
                List.of("chromium", "chromium-browser", "google-chrome").stream()
                    .map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * @param profile directory that the browser may fill
   */
  Chromium(Path executable, Path profile) throws Exception {
    process =
        new ProcessBuilder(
                executable.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolveSibling("chromium.log").toFile())
            .start();
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest newPage =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(profile) + "/json/new"))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    JsonNode page =
        JSON.readTree(client.send(newPage, HttpResponse.BodyHandlers.ofString()).body());
    socket =
        client
            .newWebSocketBuilder()
            .buildAsync(URI.create(page.path("webSocketDebuggerUrl").asText()), new Listener())
            .get(SECONDS, TimeUnit.SECONDS);
    for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
      send(domain + ".enable", JSON.createObjectNode());
    }
  }

  private int port(Path profile) throws Exception {
    Path file = profile.resolve("DevToolsActivePort");
    for (int tenths = 0; tenths < 10 * SECONDS; tenths++) {
      if (Files.exists(file) && !Files.readString(file).isBlank()) {
        return Integer.parseInt(Files.readAllLines(file).get(0));
      }
      if (!process.isAlive()) {
        break;
      }
      Thread.sleep(100);
    }
    throw new IOException("chromium did not start: see chromium.log beside " + profile);
  }

  /** Addresses that the page asked for. */
  List<String> requests() {
    return requests;
  }

  /** Errors and warnings of the console, exceptions, requests that failed. */
  List<String> complaints() {
    return complaints;
  }

  /** Sets the size of the window in CSS pixels. */
  void resize(int width, int height) throws Exception {
    ObjectNode size = JSON.createObjectNode();
    size.put("width", width).put("height", height).put("deviceScaleFactor", 1);
    size.put("mobile", false);
    send("Emulation.setDeviceMetricsOverride", size);
  }

  /** Opens a page and waits until it is loaded. */
  void open(String url) throws Exception {
    loaded = new CompletableFuture<>();
    send("Page.navigate", JSON.createObjectNode().put("url", url));
    loaded.get(SECONDS, TimeUnit.SECONDS);
  }

  /** Value of an expression. */
  JsonNode value(String expression) throws Exception {
    ObjectNode call = JSON.createObjectNode().put("expression", expression);
    call.put("returnByValue", true).put("awaitPromise", true);
    JsonNode answer = send("Runtime.evaluate", call);
    if (answer.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + answer.path("exceptionDetails"));
    }
    return answer.path("result").path("value");
  }

  /** Waits until an expression is true. */
  void await(String expression) throws Exception {
    for (int tenths = 0; tenths < 10 * SECONDS; tenths++) {
      if (value(expression).asBoolean()) {
        return;
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("never true: " + expression);
  }

  /** Presses and releases the mouse. */
  void click(double x, double y) throws Exception {
    for (String type : List.of("mouseMoved", "mousePressed", "mouseReleased")) {
      ObjectNode event = JSON.createObjectNode().put("type", type).put("x", x).put("y", y);
      event.put("button", type.equals("mouseMoved") ? "none" : "left").put("clickCount", 1);
      send("Input.dispatchMouseEvent", event);
    }
  }

  /** Presses and releases a key. */
  void press(String key, int code) throws Exception {
    for (String type : List.of("keyDown", "keyUp")) {
      ObjectNode event = JSON.createObjectNode().put("type", type).put("key", key).put("code", key);
      event.put("windowsVirtualKeyCode", code);
      if (key.equals("Enter") && type.equals("keyDown")) {
        event.put("text", "\r");
      }
      send("Input.dispatchKeyEvent", event);
    }
  }

  /** The window as a PNG file. */
  byte[] screenshot() throws Exception {
    JsonNode answer = send("Page.captureScreenshot", JSON.createObjectNode().put("format", "png"));
    return Base64.getDecoder().decode(answer.path("data").asText());
  }

  private JsonNode send(String method, ObjectNode parameters) throws Exception {
    int id = last.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", parameters);
    socket.sendText(message.toString(), true).get(SECONDS, TimeUnit.SECONDS);
    JsonNode whole = answer.get(SECONDS, TimeUnit.SECONDS);
    if (whole.has("error")) {
      throw new IllegalStateException(method + ": " + whole.path("error"));
    }
    return whole.path("result");
  }

  private void hear(JsonNode message) {
    if (message.has("id")) {
      answers.remove(message.path("id").asInt()).complete(message);
      return;
    }
    JsonNode p = message.path("params");
    switch (message.path("method").asText()) {
      case "Page.loadEventFired" -> loaded.complete(null);
      case "Network.requestWillBeSent" -> requests.add(p.path("request").path("url").asText());
      case "Network.loadingFailed" -> {
        if (!p.path("canceled").asBoolean()) {
          complaints.add("loading failed: " + p);
        }
      }
      case "Runtime.exceptionThrown" -> complaints.add("exception: " + p);
      case "Runtime.consoleAPICalled" -> complaints.add("console: " + p.path("args"));
      case "Log.entryAdded" -> complaints.add("log: " + p.path("entry"));
      default -> {}
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        try {
          hear(JSON.readTree(text.toString()));
        } catch (IOException e) {
          complaints.add(e.toString());
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  @Override
  public void close() throws Exception {
    socket.abort();
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    process.destroy();
    all.forEach(ProcessHandle::destroyForcibly);
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
