package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starbeam.pipelines.gates.Gate;
import org.starbeam.transforms.dataset.Suggestion;

/**
 * When the intermediate datasets of a run may go (specs/05 section 3.10). In a template:
 *
 * <pre>{@code
 * retention: {intermediate: {delete: after(35d)}}
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

  /** Reads the {@code retention} section of a template; absent means never. */
  public static RetentionPolicy parse(JsonNode retention, Gate.Problems problems) {
    known(retention, Set.of("intermediate"), "", problems);
    JsonNode intermediate = retention.path("intermediate");
    known(intermediate, Set.of("delete"), "intermediate/", problems);
    JsonNode delete = intermediate.get("delete");
    return delete == null ? never() : parse(delete.asText(), problems);
  }

  private static void known(JsonNode node, Set<String> keys, String place, Gate.Problems problems) {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!keys.contains(key)) {
                problems.add(
                    place + key,
                    "TPL_UNKNOWN_KEY",
                    "no key '" + key + "' here" + Suggestion.didYouMean(key, keys));
              }
            });
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
        "intermediate/delete",
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
