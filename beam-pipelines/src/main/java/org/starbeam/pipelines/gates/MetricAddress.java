package org.starbeam.pipelines.gates;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;

/**
 * Where a number is found (specs/07 section 12.1): {@code <level>.<name>[.<statistic>]}, the
 * statistic taken over the units of the level, for example {@code detector.seeing.median} or {@code
 * visit.matched.fraction_beyond(100)}; {@code quanta.<task>.failed_fraction} and {@code
 * quanta.<task>.degraded_fraction} from the ledger; {@code *} stands for every metric of level run.
 *
 * @param level {@code detector}, {@code visit}, {@code tract}, {@code patch}, {@code band}, {@code
 *     run}, {@code quanta}, or {@code *}
 * @param name name of the metric; for level quanta the task
 * @param statistic how many values become one
 * @param limit argument of {@code fraction_beyond}, NaN for the others
 */
public record MetricAddress(String level, String name, Statistic statistic, double limit) {
  /** How the values of many units become one number. */
  public enum Statistic {
    MEDIAN,
    P05,
    P95,
    MIN,
    MAX,
    SUM,
    MEAN,
    FRACTION_BEYOND,
    FAILED_FRACTION,
    DEGRADED_FRACTION,
    BLOCKED_FRACTION
  }

  /** All metrics of level run, one by one. */
  public static final MetricAddress ALL = new MetricAddress("*", "*", Statistic.MEDIAN, Double.NaN);

  private static final List<String> LEVELS =
      List.of("detector", "visit", "tract", "patch", "band", "run", "quanta");
  private static final List<String> QUANTA =
      List.of("failed_fraction", "degraded_fraction", "blocked_fraction");
  private static final List<String> STATISTICS =
      List.of("median", "p05", "p95", "min", "max", "sum", "mean", "fraction_beyond(x)");
  private static final Pattern BEYOND =
      Pattern.compile("(.+)\\.fraction_beyond\\(([-+0-9.eE]+)\\)");

  /**
   * Reads an address.
   *
   * @throws BadInputException {@code METRIC_ADDRESS} that says which part is wrong
   */
  public static MetricAddress parse(String text) {
    if (text.equals("*")) {
      return ALL;
    }
    int dot = text.indexOf('.');
    String level = dot < 0 ? text : text.substring(0, dot);
    if (dot < 0 || !LEVELS.contains(level)) {
      throw wrong(
          text,
          "it begins with a level: "
              + String.join(", ", LEVELS)
              + Suggestion.didYouMean(level, LEVELS));
    }
    String rest = text.substring(dot + 1);
    if (level.equals("quanta")) {
      return quanta(text, rest);
    }
    Matcher beyond = BEYOND.matcher(rest);
    if (beyond.matches()) {
      return new MetricAddress(
          level, beyond.group(1), Statistic.FRACTION_BEYOND, number(text, beyond.group(2)));
    }
    int last = rest.lastIndexOf('.');
    String end = rest.substring(last + 1);
    if (last > 0 && STATISTICS.contains(end)) {
      return new MetricAddress(level, rest.substring(0, last), statistic(end), Double.NaN);
    }
    return new MetricAddress(level, rest, Statistic.MEDIAN, Double.NaN);
  }

  private static MetricAddress quanta(String text, String rest) {
    int last = rest.lastIndexOf('.');
    String end = rest.substring(last + 1);
    if (last < 1 || !QUANTA.contains(end)) {
      throw wrong(
          text,
          "quanta.TASK ends with "
              + String.join(" or ", QUANTA)
              + Suggestion.didYouMean(end, QUANTA));
    }
    return new MetricAddress("quanta", rest.substring(0, last), statistic(end), Double.NaN);
  }

  private static Statistic statistic(String text) {
    return Statistic.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static double number(String text, String digits) {
    try {
      return Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw wrong(text, "'" + digits + "' is no number");
    }
  }

  private static BadInputException wrong(String text, String why) {
    return new BadInputException("METRIC_ADDRESS", "metric '" + text + "': " + why);
  }

  @Override
  public String toString() {
    if (level.equals("*")) {
      return "*";
    }
    String end = statistic.name().toLowerCase(Locale.ROOT);
    return level
        + "."
        + name
        + "."
        + (statistic == Statistic.FRACTION_BEYOND ? end + "(" + limit + ")" : end);
  }
}
