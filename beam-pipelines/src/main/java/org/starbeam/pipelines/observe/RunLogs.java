package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.LogRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.LogReader;

/**
 * The log lines of quanta, found by the places that their ledger records name; nothing else of the
 * logs is read. A quantum that failed and has no line, because its worker could not write its log,
 * gets one from its record.
 */
public final class RunLogs {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SORTED_QUANTA = 5000;

  private final RunMonitor monitor;
  private final Path directory;

  public RunLogs(RunMonitor monitor) {
    this.monitor = monitor;
    this.directory = RepositoryPaths.logs(monitor.root(), monitor.run());
  }

  /** A half-open range of places in a file. */
  private record Range(long begin, long end) {}

  /** Hands over the lines of quanta, in the order of time when they are not too many. */
  public void lines(List<QuantumView> quanta, Consumer<JsonNode> consumer) {
    List<QuantumRecord> records = monitor.records(quanta);
    Set<String> wanted = new HashSet<>();
    Map<String, List<Range>> ranges = new TreeMap<>();
    for (QuantumRecord record : records) {
      wanted.add(record.getQuantumId());
      LogRef ref = record.getLogRef();
      if (ref != null) {
        ranges
            .computeIfAbsent(ref.getFile(), f -> new ArrayList<>())
            .add(new Range(ref.getBegin(), ref.getEnd()));
      }
    }
    Set<String> spoken = new HashSet<>();
    List<JsonNode> held = new ArrayList<>();
    boolean sort = quanta.size() <= SORTED_QUANTA;
    Consumer<JsonNode> sink = sort ? held::add : consumer;
    ranges.forEach((file, of) -> read(file, merged(of), wanted, spoken, sink));
    for (QuantumRecord record : records) {
      if (record.getStatus() == QuantumStatus.FAILED && !spoken.contains(record.getQuantumId())) {
        sink.accept(ofRecord(record));
      }
    }
    held.sort(Comparator.comparing(line -> line.path("t").asText()));
    held.forEach(consumer);
  }

  private static List<Range> merged(List<Range> ranges) {
    List<Range> sorted = ranges.stream().sorted(Comparator.comparingLong(Range::begin)).toList();
    List<Range> out = new ArrayList<>();
    for (Range range : sorted) {
      Range last = out.isEmpty() ? null : out.get(out.size() - 1);
      if (last != null && range.begin() <= last.end()) {
        out.set(out.size() - 1, new Range(last.begin(), Math.max(last.end(), range.end())));
      } else {
        out.add(range);
      }
    }
    return out;
  }

  private void read(
      String file,
      List<Range> ranges,
      Set<String> wanted,
      Set<String> spoken,
      Consumer<JsonNode> sink) {
    Path path = directory.resolve(Path.of(file).getFileName());
    for (Range range : ranges) {
      try {
        LogReader.read(
            path,
            range.begin(),
            range.end(),
            line -> {
              String id = quantumId(line);
              JsonNode parsed = id != null && wanted.contains(id) ? parse(line) : null;
              if (parsed != null) {
                spoken.add(String.valueOf(id));
                sink.accept(parsed);
              }
            });
      } catch (IOException e) {
        // What the log has lost, the records still say.
      }
    }
  }

  private static @Nullable String quantumId(String line) {
    String field = "\"quantumId\":\"";
    int from = line.indexOf(field);
    int to = from < 0 ? -1 : line.indexOf('"', from + field.length());
    return to < 0 ? null : line.substring(from + field.length(), to);
  }

  private static @Nullable JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private static JsonNode ofRecord(QuantumRecord record) {
    ObjectNode line = JSON.createObjectNode();
    line.put("t", Instant.ofEpochMilli(RunLife.unixMillis(record.getEndTaiMjd())).toString());
    line.put("level", "WARN").put("logger", "ledger");
    line.put(
        "msg", record.getErrorClass() + " " + record.getErrorCode() + ": " + record.getMessage());
    line.put("run", record.getRun()).put("step", record.getStep()).put("task", record.getTask());
    line.put("quantumId", record.getQuantumId()).put("dataId", record.getDataId());
    line.put("attempt", record.getAttempt()).put("worker", record.getWorker());
    if (record.getStack() != null) {
      line.putObject("ex")
          .put("type", record.getErrorCode())
          .put("msg", record.getMessage())
          .put("stack", record.getStack());
    }
    return line;
  }

  /** Follows the logs of a run from now on. */
  public Tail tail() {
    return new Tail();
  }

  /** Hands over the lines that were written since the last poll. */
  public final class Tail {
    private final Map<Path, Long> places = new HashMap<>();

    private Tail() {
      try {
        for (Path file : files()) {
          places.put(file, LogReader.end(file));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    public void poll(Consumer<JsonNode> consumer) {
      try {
        for (Path file : files()) {
          long place = places.getOrDefault(file, 0L);
          long read =
              LogReader.read(
                  file,
                  place,
                  Long.MAX_VALUE,
                  line -> {
                    JsonNode parsed = parse(line);
                    if (parsed != null) {
                      consumer.accept(parsed);
                    }
                  });
          places.put(file, read);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".jsonl.zst")).sorted().toList();
    }
  }
}
