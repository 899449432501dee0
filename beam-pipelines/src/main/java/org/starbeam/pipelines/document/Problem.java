package org.starbeam.pipelines.document;

import java.util.Collection;
import org.starbeam.failure.Suggestion;

/**
 * One thing that is wrong with a document (specs/05 section 1.7), shown as
 *
 * <pre>
 * FILE:LINE:COL: CODE: message
 *   the source line
 *   ^~~~~ did you mean 'x'?
 * </pre>
 *
 * @param suggestion the question at the end, or an empty text
 */
public record Problem(Place place, Code code, String message, String suggestion) {
  /** What kind of fault it is; the names are stable. */
  public enum Code {
    /** Not YAML, or YAML that campaign documents do not use: tags, duplicate keys, tabs. */
    TPL_SYNTAX,
    TPL_UNKNOWN_KEY,
    TPL_TYPE,
    TPL_RANGE,
    TPL_MISSING,
    TPL_INCLUDE,
    TPL_CYCLE,
    /** A parameter that is set where nothing depends on it. */
    TPL_UNUSED
  }

  static Problem of(Place place, Code code, String message) {
    return new Problem(place, code, message, "");
  }

  /** A problem of a word that should be one of those that are known. */
  static Problem of(Place place, Code code, String message, String word, Collection<String> known) {
    return new Problem(place, code, message, Suggestion.question(word, known));
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append(place).append(": ").append(code).append(": ").append(Place.printable(message));
    if (place.line() == 0) {
      return out.append(suggestion.isEmpty() ? "" : "; " + suggestion).toString();
    }
    out.append('\n').append(place.excerpt());
    return out.append(suggestion.isEmpty() ? "" : " " + suggestion).toString();
  }
}
