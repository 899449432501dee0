package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.gates.Gate;

/**
 * When the intermediate datasets of a run may go (specs/05 section 3.10). In a template:
 *
 * <pre>{@code
 * retention: {intermediate: after(35d)}
 * }</pre>
 *
 * @param when the kind of condition
 * @param step for {@code AFTER_GATE} the step whose gates must have passed, else empty
 * @param age for {@code AFTER} how long after the end of the run, else zero
 */
public record RetentionPolicy(When when, String step, Duration age) {
  /** Kinds of conditions. */
  public enum When {
    /** As soon as every quantum that reads them has ended; done at the end of a launch. */
    WHEN_CONSUMED,
    /** When the gates of a step have passed. */
    AFTER_GATE,
    /** Some time after the run's last record. */
    AFTER,
    NEVER
  }

  private static final Pattern CALL = Pattern.compile("(\\w+)(?:\\(([^)]*)\\))?");
  private static final Pattern AGE = Pattern.compile("(\\d+)([dhms])");
  private static final List<String> WORDS = List.of("whenConsumed", "afterGate", "after", "never");

  /** Nothing is deleted by itself. */
  public static RetentionPolicy never() {
    return new RetentionPolicy(When.NEVER, "", Duration.ZERO);
  }

  /**
   * Reads the {@code retention} section of a campaign; absent means never. {@code {delete: ...}} is
   * taken as well.
   */
  public static RetentionPolicy parse(JsonNode retention, Gate.Problems problems) {
    JsonNode intermediate = retention.path("intermediate");
    String text = intermediate.path("delete").asText(intermediate.asText("never"));
    return parse(text.isEmpty() ? "never" : text, problems);
  }

  private static RetentionPolicy parse(String text, Gate.Problems problems) {
    Matcher call = CALL.matcher(text);
    String word = call.matches() ? call.group(1) : text;
    String argument = call.matches() && call.group(2) != null ? call.group(2) : "";
    switch (word) {
      case "whenConsumed":
        return new RetentionPolicy(When.WHEN_CONSUMED, "", Duration.ZERO);
      case "never":
        return never();
      case "afterGate":
        if (!argument.isEmpty()) {
          return new RetentionPolicy(When.AFTER_GATE, argument, Duration.ZERO);
        }
        break;
      case "after":
        Matcher age = AGE.matcher(argument);
        if (age.matches()) {
          return new RetentionPolicy(When.AFTER, "", age(age));
        }
        break;
      default:
        break;
    }
    problems.add(
        "intermediate",
        "TPL_TYPE",
        "'"
            + text
            + "': expected whenConsumed, afterGate(stepN), after(35d) or never"
            + Suggestion.didYouMean(word, WORDS));
    return never();
  }

  private static Duration age(Matcher age) {
    long number = Long.parseLong(age.group(1));
    return switch (age.group(2)) {
      case "d" -> Duration.ofDays(number);
      case "h" -> Duration.ofHours(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofSeconds(number);
    };
  }
}
