package org.starbeam.pipelines.document;

import java.util.List;

/**
 * A value that the command line gives: {@code key=value}.
 *
 * @param key name of a parameter, or the path of a key of the document such as {@code
 *     tasks.selectVisits.maxVisitFwhm}
 * @param place of the value; the line is the whole setting
 */
public record Setting(String key, String value, Place keyPlace, Place place) {
  private static final String OPTION = "--set";

  /** Reads {@code key=value}; what is wrong goes to {@code problems}. */
  static Setting parse(String text, Problems problems) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      problems.add(
          new Place(OPTION, 1, 1, text.length(), text),
          Problem.Code.TPL_TYPE,
          "expected KEY=VALUE, found '" + text + "'");
      return of(text.strip(), "");
    }
    return of(text.substring(0, equals).strip(), text.substring(equals + 1));
  }

  /** A value that a program gives. */
  public static Setting of(String key, String value) {
    String line = key + "=" + value;
    return new Setting(
        key,
        value,
        new Place(OPTION, 1, 1, Math.max(1, key.length()), line),
        new Place(OPTION, 1, key.length() + 2, Math.max(1, value.length()), line));
  }

  /** Settings of options. */
  public static List<Setting> parseAll(List<String> texts, Problems problems) {
    return texts.stream().map(t -> parse(t, problems)).toList();
  }
}
