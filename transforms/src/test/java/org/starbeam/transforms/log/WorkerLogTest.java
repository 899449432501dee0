package org.starbeam.transforms.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.MDC;
import org.starbeam.schema.LogRef;

class WorkerLogTest {
  @TempDir Path directory;

  private static LogEvent event(LogEvent.Level level, String template, String message) {
    return new LogEvent(1_000_000, level, "org.starbeam.Some", template, message, "main", null);
  }

  private static void info(String message) {
    WorkerLog.accept(event(LogEvent.Level.INFO, message, message));
  }

  private List<String> messages(LogRef ref, String quantumId) throws IOException {
    List<String> out = new ArrayList<>();
    LogReader.read(
        directory.resolve(ref.getFile()),
        ref.getBegin(),
        ref.getEnd(),
        line -> {
          try {
            JsonNode parsed = new ObjectMapper().readTree(line);
            if (parsed.path("quantumId").asText().equals(quantumId)) {
              out.add(parsed.path("msg").asText());
            }
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
    return out;
  }

  @Test
  void linesOfManyQuantaAtATimeAreFoundByTheirPlaces() throws Exception {
    int quanta = 400;
    List<Future<LogRef>> refs = new ArrayList<>();
    try (WorkerLog log = WorkerLog.open(directory, "run")) {
      ExecutorService threads = Executors.newFixedThreadPool(4);
      for (int i = 0; i < quanta; i++) {
        String id = "q" + i;
        refs.add(
            threads.submit(
                () -> {
                  try (QuantumLog quantum = log.quantum("step1", "task", id, "visit=1")) {
                    for (int line = 0; line < 60; line++) {
                      String text = id + " line " + line + " " + "x".repeat(200);
                      WorkerLog.accept(event(LogEvent.Level.INFO, text, text));
                    }
                    return quantum.ref();
                  }
                }));
      }
      threads.shutdown();
      for (Future<LogRef> ref : refs) {
        ref.get();
      }
    }
    for (int i = 0; i < quanta; i++) {
      int n = i;
      assertThat(messages(refs.get(i).get(), "q" + i))
          .hasSize(60)
          .allMatch(m -> m.startsWith("q" + n + " line"));
    }
  }

  @Test
  void aLineCarriesTheContextOfItsQuantum() throws Exception {
    LogRef ref;
    try (WorkerLog log = WorkerLog.open(directory, "rc2/r1")) {
      try (QuantumLog quantum = log.quantum("step1", "singleFrame", "abc", "visit=7,detector=2")) {
        quantum.attempt(2);
        assertThat(MDC.get("dataId")).isEqualTo("visit=7,detector=2");
        info("hello \u00e9\n\"world\"");
        ref = quantum.ref();
      }
      assertThat(MDC.get("dataId")).isNull();
    }
    List<String> lines = new ArrayList<>();
    LogReader.read(directory.resolve(ref.getFile()), ref.getBegin(), ref.getEnd(), lines::add);
    JsonNode line = new ObjectMapper().readTree(lines.get(0));
    assertThat(lines).hasSize(1);
    assertThat(line.path("run").asText()).isEqualTo("rc2/r1");
    assertThat(line.path("task").asText()).isEqualTo("singleFrame");
    assertThat(line.path("attempt").asInt()).isEqualTo(2);
    assertThat(line.path("msg").asText()).isEqualTo("hello \u00e9\n\"world\"");
    assertThat(line.path("t").asText()).isEqualTo("1970-01-01T00:16:40Z");
  }

  @Test
  void theLastFiftyMessagesBeforeAFailureAreKeptWhateverTheirLevel() throws Exception {
    LogRef ref;
    try (WorkerLog log = WorkerLog.open(directory, "run");
        QuantumLog quantum = log.quantum("step1", "task", "q", "visit=1")) {
      for (int i = 0; i < 200; i++) {
        WorkerLog.accept(event(LogEvent.Level.DEBUG, "debug {}", "debug " + i));
      }
      WorkerLog.accept(event(LogEvent.Level.WARN, "it failed", "it failed"));
      quantum.failed();
      ref = quantum.ref();
    }
    assertThat(messages(ref, "q"))
        .hasSize(50)
        .contains("it failed", "debug 151", "debug 199")
        .doesNotContain("debug 150");
  }

  @Test
  void belowInfoNothingIsKeptOfAQuantumThatWentWell() throws Exception {
    try (WorkerLog log = WorkerLog.open(directory, "run");
        QuantumLog quantum = log.quantum("step1", "task", "q", "visit=1")) {
      WorkerLog.accept(event(LogEvent.Level.DEBUG, "debug", "debug"));
      assertThat(quantum.ref()).isNull();
    }
  }

  @Test
  void aChattyTemplateIsCutAndCountedButWarningsAreNot() throws Exception {
    try (WorkerLog log = WorkerLog.open(directory, "run");
        QuantumLog quantum = log.quantum("step1", "task", "q", "visit=1")) {
      for (int i = 0; i < 500; i++) {
        WorkerLog.accept(event(LogEvent.Level.INFO, "chatty {}", "chatty " + i));
        WorkerLog.accept(event(LogEvent.Level.WARN, "warning {}", "warning " + i));
      }
    }
    List<String> lines = all();
    assertThat(lines.stream().filter(l -> l.contains("\"msg\":\"chatty"))).hasSize(100);
    assertThat(lines.stream().filter(l -> l.contains("\"msg\":\"warning"))).hasSize(500);
    assertThat(lines.stream().filter(l -> l.contains("400 more like: chatty 499"))).hasSize(1);
  }

  /** An independent reader of the format: the zstd library's stream. */
  private List<String> all() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file : files()) {
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(
                  new ZstdInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
        reader.lines().forEach(lines::add);
      }
    }
    return lines;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  @Test
  void aLogCutAnywhereGivesWholeLinesOnly() throws Exception {
    try (WorkerLog log = WorkerLog.open(directory, "run")) {
      for (int i = 0; i < 3; i++) {
        info("line " + i);
        log.flush();
      }
    }
    Path file = files().get(0);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      List<String> lines = new ArrayList<>();
      long place = LogReader.read(file, 0, Long.MAX_VALUE, lines::add);
      assertThat(lines).allMatch(l -> l.startsWith("{") && l.endsWith("}"));
      assertThat(LogReader.end(file)).isEqualTo(place);
    }
    Files.write(file, whole);
    assertThat(IntStream.range(0, 3).mapToObj(i -> "line " + i))
        .allMatch(text -> assertHas(file, text));
  }

  private static boolean assertHas(Path file, String text) {
    List<String> lines = new ArrayList<>();
    try {
      LogReader.read(file, 0, Long.MAX_VALUE, lines::add);
    } catch (IOException e) {
      return false;
    }
    return lines.stream().anyMatch(line -> line.contains(text));
  }

  @Test
  void twoProcessesOfOneNameDoNotShareAFile() throws Exception {
    try (WorkerLog one = WorkerLog.open(directory, "run");
        WorkerLog two = WorkerLog.open(directory, "run")) {
      info("said to both");
    }
    assertThat(files()).hasSize(2);
  }

  @Test
  void aDirectoryThatCannotBeWrittenFailsNothing() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    try (WorkerLog log = WorkerLog.open(file.resolve("logs"), "run");
        QuantumLog quantum = log.quantum("step1", "task", "q", "visit=1")) {
      info("lost");
      quantum.failed();
    }
  }
}
