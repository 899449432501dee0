package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.log.ProcessMeters;

/** What the REST interface answers, as documents that become JSON. */
final class StatusApi {
  private static final int MOST_ITEMS = 1000;
  private static final int DEFAULT_ITEMS = 100;
  private static final List<String> DIMENSIONS = List.of("detector", "visit", "tract", "band");

  private final RunMonitor monitor;
  private @Nullable List<ScienceMetrics.Metric> finalMetrics;
  private long metricsAt = -1;
  private @Nullable JsonNode gates;
  private long gatesAt = -1;

  StatusApi(RunMonitor monitor) {
    this.monitor = monitor;
  }

  /**
   * A page of a list.
   *
   * @param next cursor of the next page, or null at the end
   */
  record Page(List<QuantumView> items, @Nullable String next) {}

  /** Why the run is not well, or null. */
  @Nullable String unhealthy() {
    try {
      monitor.refresh();
    } catch (RuntimeException e) {
      return "the ledger cannot be read";
    }
    RunState state = monitor.state();
    return switch (state.state()) {
      case "stopped" -> "quanta were begun and nobody works on them";
      case "paused" -> "the disk is full";
      default -> null;
    };
  }

  /** The document at a path below {@code /api/v1/}, or null. */
  @Nullable Object get(String path, Map<String, String> query) {
    monitor.refresh();
    List<String> parts = Splitter.on('/').splitToList(path);
    if (parts.get(0).equals("quanta")) {
      return switch (parts.size()) {
        case 1 -> quanta(query);
        case 2 -> quantum(parts.get(1));
        case 3 -> parts.get(2).equals("log") ? log(parts.get(1)) : null;
        default -> null;
      };
    }
    return switch (path) {
      case "run" -> monitor.state();
      case "steps" -> steps();
      case "tasks" -> monitor.state().tasks();
      case "metrics/latest" -> metrics();
      case "gates" -> gates();
      case "plan" -> plan();
      case "groups" -> groups(query.getOrDefault("by", "detector"));
      case "detectors" -> detectors(query.getOrDefault("metric", ""));
      case "patches" -> FocalPlane.patches(monitor);
      case "process" -> process();
      default -> null;
    };
  }

  private Page quanta(Map<String, String> query) {
    QuantumFilter filter =
        QuantumFilter.parse(
            query.getOrDefault("task", ""),
            query.getOrDefault("status", ""),
            query.getOrDefault("where", ""));
    int limit = number("limit", query.getOrDefault("limit", String.valueOf(DEFAULT_ITEMS)));
    if (limit < 1 || limit > MOST_ITEMS) {
      throw new UserException(ExitCode.USAGE, "limit " + limit + ": expected 1 to " + MOST_ITEMS);
    }
    int from = number("cursor", query.getOrDefault("cursor", "0"));
    List<QuantumView> items = monitor.quanta(from, limit + 1, filter);
    boolean more = items.size() > limit;
    return new Page(
        more ? items.subList(0, limit) : items,
        more ? String.valueOf(items.get(limit).number()) : null);
  }

  private static int number(String name, String text) {
    if (!text.matches("\\d{1,9}")) {
      throw new UserException(ExitCode.USAGE, name + " " + text + ": expected a number");
    }
    return Integer.parseInt(text);
  }

  private @Nullable Object quantum(String id) {
    QuantumView view = monitor.quantum(id);
    if (view == null) {
      return null;
    }
    ObjectNode out = RunStateJson.mapper().valueToTree(view);
    List<QuantumRecord> records = monitor.records(List.of(view));
    if (!records.isEmpty()) {
      try {
        out.set("record", new ObjectMapper().readTree(records.get(0).toString()));
      } catch (IOException e) {
        out.putNull("record");
      }
    }
    return out;
  }

  private @Nullable Object log(String id) {
    QuantumView view = monitor.quantum(id);
    if (view == null) {
      return null;
    }
    List<JsonNode> lines = new ArrayList<>();
    new RunLogs(monitor).lines(List.of(view), lines::add);
    return lines;
  }

  private Object steps() {
    RunState state = monitor.state();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("steps", state.steps());
    out.put("windows", state.windows());
    return out;
  }

  private synchronized Object metrics() {
    long records = monitor.state().ledgerRecords();
    List<ScienceMetrics.Metric> known = finalMetrics;
    if (known == null || records != metricsAt) {
      known = ScienceMetrics.of(RunCatalog.open(monitor.root(), monitor.run()));
      finalMetrics = known;
      metricsAt = records;
    }
    return known;
  }

  /** What the gates say of an ended run; nothing while it goes on. */
  private synchronized Object gates() {
    RunState state = monitor.state();
    if (!state.state().equals("ended")) {
      return Map.of("gates", List.of());
    }
    JsonNode known = gates;
    if (known == null || state.ledgerRecords() != gatesAt) {
      known = GateReport.of(monitor.root(), monitor.run()).json();
      gates = known;
      gatesAt = state.ledgerRecords();
    }
    return known;
  }

  private @Nullable Object plan() {
    return PlanTotals.document(monitor.root(), monitor.run());
  }

  private Object groups(String dimension) {
    if (!DIMENSIONS.contains(dimension.toLowerCase(Locale.ROOT))) {
      throw new UserException(ExitCode.USAGE, "by " + dimension + ": there are " + DIMENSIONS);
    }
    return Grouping.by(monitor, dimension.toLowerCase(Locale.ROOT));
  }

  private Object detectors(String metric) {
    if (!metric.isEmpty() && !FocalPlane.METRICS.containsKey(metric)) {
      throw new UserException(
          ExitCode.USAGE, "metric " + metric + ": there are " + FocalPlane.METRICS.keySet());
    }
    return FocalPlane.detectors(monitor, metric);
  }

  /** What this process counts of its own work. */
  private static Object process() {
    Map<String, Double> out = new LinkedHashMap<>();
    for (ProcessMeters.Meter meter : ProcessMeters.all()) {
      out.put(meter.metric(), meter.sum());
    }
    return out;
  }
}
