package org.starbeam.pipelines.observe;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.selection.Field;
import org.starbeam.transforms.selection.FieldSet;
import org.starbeam.transforms.selection.Selection;
import org.starbeam.transforms.selection.SelectionException;
import org.starbeam.transforms.selection.SelectionRow;
import org.starbeam.transforms.selection.ValueType;

/**
 * What a condition on quanta may name, in the language of specs/05 section 1.6: the dimensions of
 * their data ids, and how they ended. {@code visit} has the number of the exposure where there is
 * no visit yet.
 */
final class QuantumFields {
  private static final Set<String> NUMBERED =
      Set.of(
          "day_obs",
          "exposure",
          "visit",
          "detector",
          "tract",
          "patch",
          "healpix2",
          "healpix3",
          "healpix5",
          "healpix8",
          "healpix9");
  private static final Pattern PAIRS =
      Pattern.compile(
          "\\s*[a-z_0-9]+\\s*=\\s*[\\w.+-]+\\s*(,\\s*[a-z_0-9]+\\s*=\\s*[\\w.+-]+\\s*)*");
  private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+(\\.\\d+)?");

  static final FieldSet ALL = new FieldSet("quanta", declared());

  private QuantumFields() {}

  private static List<Field> declared() {
    List<Field> out = new ArrayList<>();
    for (String dimension : DataId.DIMENSIONS) {
      ValueType type = NUMBERED.contains(dimension) ? ValueType.INTEGER : ValueType.TEXT;
      out.add(field(dimension, type, "", List.of(), "dimension of the data id"));
    }
    List<String> statuses =
        Arrays.stream(QuantumStatus.values()).map(s -> s.name().toLowerCase(Locale.ROOT)).toList();
    out.add(field("status", ValueType.TEXT, "", statuses, "how it ended last"));
    out.add(field("step", ValueType.TEXT, "", Template.ALL_STEPS, "step of the campaign"));
    out.add(field("task", ValueType.TEXT, "", List.of(), "task"));
    out.add(field("window", ValueType.TEXT, "", List.of(), "window of the campaign"));
    out.add(field("worker", ValueType.TEXT, "", List.of(), "process that worked on it"));
    out.add(field("error", ValueType.TEXT, "", List.of(), "class and code of the failure"));
    out.add(field("attempt", ValueType.INTEGER, "", List.of(), "attempts, with the first"));
    out.add(field("wallSeconds", ValueType.REAL, "s", List.of(), "run time"));
    out.add(field("cpuSeconds", ValueType.REAL, "s", List.of(), "CPU time"));
    out.add(field("peakBytes", ValueType.REAL, "bytes", List.of(), "largest memory"));
    return out;
  }

  private static Field field(
      String name, ValueType type, String unit, List<String> words, String description) {
    return new Field(name, List.of(), type, unit, Field.Origin.BOTH, words, description);
  }

  /**
   * The selection that a condition says.
   *
   * @param where an expression, or {@code visit=12,detector=3}
   */
  static Selection parse(String where) {
    try {
      return Selection.parse(PAIRS.matcher(where).matches() ? expression(where) : where, ALL);
    } catch (SelectionException e) {
      throw new UserException(ExitCode.USAGE, e.render("--where"));
    }
  }

  /**
   * Values that the data id of every quantum has for which a condition holds, as data ids write
   * them; empty when that cannot be told.
   */
  static List<String> values(String where) {
    List<String> out = new ArrayList<>();
    if (PAIRS.matcher(where).matches()) {
      for (String pair : Splitter.on(',').trimResults().split(where)) {
        int equals = pair.indexOf('=');
        String name = pair.substring(0, equals).strip();
        String value = pair.substring(equals + 1).strip();
        boolean plain = !NUMBERED.contains(name) || value.matches("0|[1-9][0-9]*");
        if (DataId.DIMENSIONS.contains(name) && plain) {
          out.add(value);
        }
      }
    }
    return out;
  }

  private static String expression(String pairs) {
    List<String> out = new ArrayList<>();
    for (String pair : Splitter.on(',').trimResults().split(pairs)) {
      int equals = pair.indexOf('=');
      String name = pair.substring(0, equals).strip();
      String value = pair.substring(equals + 1).strip();
      boolean number = NUMBER.matcher(value).matches() && !textual(name);
      out.add(name + " = " + (number ? value : "'" + value + "'"));
    }
    return String.join(" AND ", out);
  }

  private static boolean textual(String name) {
    return ALL.fields().stream().anyMatch(f -> f.name().equals(name) && f.type() == ValueType.TEXT);
  }

  /** The row of a quantum. */
  static SelectionRow row(MonitorState state, int row) {
    QuantumTable table = state.table();
    String dataId = table.dataId(row);
    return field ->
        switch (field.name()) {
          case "status" -> table.status(row).name().toLowerCase(Locale.ROOT);
          case "step" -> state.tasks.get(table.task(row)).step;
          case "task" -> state.tasks.get(table.task(row)).task;
          case "window" -> state.windows.get(table.window(row));
          case "worker" -> state.workers.get(table.worker(row));
          case "error" -> QuantumView.of(state, row).error();
          case "attempt" -> (long) table.attempt(row);
          case "wallSeconds" -> table.wallSeconds(row);
          case "cpuSeconds" -> table.cpuSeconds(row);
          case "peakBytes" -> table.peakBytes(row);
          default -> dimension(field, dataId);
        };
  }

  /** The row of a quantum of which only some things are known; the others are NULL. */
  static SelectionRow row(String dataId, Map<String, String> known) {
    return field ->
        known.containsKey(field.name()) ? known.get(field.name()) : dimension(field, dataId);
  }

  private static @Nullable Object dimension(Field field, String dataId) {
    String value = Grouping.value(dataId, field.name());
    if (value.equals("-")) {
      return null;
    }
    if (field.type() != ValueType.INTEGER) {
      return value;
    }
    return NUMBER.matcher(value).matches() && value.length() < 19 ? Long.valueOf(value) : null;
  }
}
