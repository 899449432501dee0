package org.starbeam.pipelines.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Parts lines into queries: a semicolon that is neither in quotes nor in a comment ends one. What
 * is left of a line begins the next.
 */
final class QueryReader {
  /** What a place of the text is in. */
  private enum In {
    TEXT,
    QUOTES,
    NAME,
    LINE_COMMENT,
    COMMENT
  }

  private final StringBuilder begun = new StringBuilder();
  private In in = In.TEXT;
  private boolean blank = true;

  /** Takes a line; gives the queries that it ends, without their semicolons. */
  List<String> line(String line) {
    List<String> ended = new ArrayList<>();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      char next = i + 1 < line.length() ? line.charAt(i + 1) : ' ';
      if (in == In.TEXT && c == ';') {
        if (!blank) {
          ended.add(begun.toString().strip());
        }
        clear();
        continue;
      }
      begun.append(c);
      if ((in == In.TEXT && c == '/' && next == '*')
          || (in == In.COMMENT && c == '*' && next == '/')) {
        begun.append(next);
        i++;
        in = in == In.TEXT ? In.COMMENT : In.TEXT;
      } else {
        in = after(c, next);
        blank &= in == In.LINE_COMMENT || in == In.COMMENT || Character.isWhitespace(c);
      }
    }
    in = in == In.LINE_COMMENT ? In.TEXT : in;
    begun.append('\n');
    return ended;
  }

  private In after(char c, char next) {
    return switch (in) {
      case TEXT ->
          c == '\''
              ? In.QUOTES
              : c == '"' ? In.NAME : c == '-' && next == '-' ? In.LINE_COMMENT : In.TEXT;
      case QUOTES -> c == '\'' ? In.TEXT : in;
      case NAME -> c == '"' ? In.TEXT : in;
      default -> in;
    };
  }

  /** True when no query has begun. */
  boolean isBlank() {
    return blank;
  }

  /** The query that has begun and not ended; empty when there is none. */
  String rest() {
    return blank ? "" : begun.toString().strip();
  }

  /** Forgets the query that has begun. */
  void clear() {
    begun.setLength(0);
    in = In.TEXT;
    blank = true;
  }
}
