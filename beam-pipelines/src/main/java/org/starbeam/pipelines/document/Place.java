package org.starbeam.pipelines.document;

/**
 * Where a word of a document stands.
 *
 * @param file name to show: a file as the user gave it, or an option such as {@code --set}
 * @param line from 1; 0 where there is no line, as for built-in values
 * @param column from 1
 * @param length characters of the word on its line, at least 1
 * @param source the line
 */
public record Place(String file, int line, int column, int length, String source) {
  private static final int WIDEST = 120;

  /** A place without a line, such as {@code built-in}. */
  public static Place of(String name) {
    return new Place(name, 0, 1, 1, "");
  }

  /** The same place some characters further on, {@code length} characters wide. */
  public Place within(int offset, int width) {
    return new Place(file, line, column + offset, Math.max(1, width), source);
  }

  /** {@code FILE:LINE:COL}, or the file alone. */
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line + ":" + column;
  }

  /** {@code FILE:LINE}, or the file alone; for an option the option. */
  public String fileAndLine() {
    if (file.startsWith("--")) {
      return file + " " + source;
    }
    return line == 0 ? file : file + ":" + line;
  }

  /** The source line and a caret line under the word, each after two spaces. */
  public String excerpt() {
    int at = Math.min(column - 1, source.length());
    int from = at < WIDEST ? 0 : at - WIDEST / 2;
    int to = Math.min(source.length(), from + WIDEST);
    String shown = printable(source.substring(from, to));
    String before = source.substring(from, at).replaceAll("[^\\t]", " ");
    int width = Math.max(1, Math.min(length, to - at));
    return "  " + shown + "\n  " + before + "^" + "~".repeat(width - 1);
  }

  /** Text without control characters that could disturb a terminal. */
  static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\\t]]", "?");
  }
}
