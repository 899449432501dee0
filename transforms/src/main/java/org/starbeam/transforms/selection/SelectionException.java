package org.starbeam.transforms.selection;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** An expression that cannot be used, with everything that is wrong with it. */
public final class SelectionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Characters of a long line that are shown around the place. */
  private static final int SHOWN = 100;

  private final String text;
  private final transient List<Problem> problems;

  SelectionException(String text, List<Problem> problems) {
    super(render("expression", text, sorted(problems)));
    this.text = text;
    this.problems = sorted(problems);
  }

  private static List<Problem> sorted(List<Problem> problems) {
    return problems.stream().sorted(Comparator.comparingInt(Problem::offset)).toList();
  }

  /** The expression. */
  public String text() {
    return text;
  }

  /** At least one problem, in the order of the text. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * The problems as a user reads them: for each a line {@code WHERE:LINE:COLUMN: CODE: message},
   * the line of the expression, and a mark under the place with what was probably meant.
   *
   * @param where file or option that the expression is from
   */
  public String render(String where) {
    return render(where, text, problems);
  }

  private static String render(String where, String text, List<Problem> problems) {
    return problems.stream().map(p -> render(where, text, p)).collect(Collectors.joining("\n"));
  }

  private static String render(String where, String text, Problem problem) {
    int line = problem.line(text);
    int column = problem.column(text);
    String[] lines = text.split("\n", -1);
    String source = lines[line - 1].replace('\t', ' ').replace('\r', ' ');
    int from = source.offsetByCodePoints(0, column - 1);
    int length = Math.min(problem.length(), Math.max(1, source.length() - from));
    int cut = Math.max(0, from - SHOWN / 2);
    String shown =
        source.substring(cut, Math.min(source.length(), Math.max(from + 1, cut + SHOWN)));
    int indent = shown.codePointCount(0, Math.min(shown.length(), from - cut));
    int tildes = Math.max(0, Math.min(length, shown.length() - (from - cut)) - 1);
    String mark = " ".repeat(indent) + "^" + "~".repeat(tildes);
    return "%s:%d:%d: %s: %s%n  %s%n  %s%s"
        .formatted(
            where,
            line,
            column,
            problem.code(),
            problem.message(),
            shown,
            mark,
            meant(problem.suggestions()))
        .replace(System.lineSeparator(), "\n");
  }

  private static String meant(List<String> suggestions) {
    if (suggestions.isEmpty()) {
      return "";
    }
    String words = suggestions.stream().map(s -> "'" + s + "'").collect(Collectors.joining(", "));
    int last = words.lastIndexOf(", '");
    return " did you mean "
        + (suggestions.size() == 1
            ? words
            : words.substring(0, last) + " or" + words.substring(last + 1))
        + "?";
  }
}
