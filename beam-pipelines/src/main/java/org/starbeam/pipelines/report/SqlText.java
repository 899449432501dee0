package org.starbeam.pipelines.report;

/** Looks at the text of SQL without understanding more of it than quotes and comments. */
final class SqlText {
  private SqlText() {}

  /** True when something follows a semicolon that is in no quotes and no comment. */
  static boolean hasSeveralStatements(String sql) {
    boolean ended = false;
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      int next = endOfQuoted(sql, at);
      boolean comment = c == '-' || c == '/';
      if (next == at + 1 && c == ';') {
        ended = true;
      } else if (ended && !(comment && next > at + 1) && !Character.isWhitespace(c)) {
        return true;
      }
      at = next;
    }
    return false;
  }

  /** Position after the quoted text, comment or single character that begins at a position. */
  private static int endOfQuoted(String sql, int at) {
    char c = sql.charAt(at);
    if (c == '\'' && hasEscapes(sql, at)) {
      return afterEscaped(sql, at + 1);
    }
    if (c == '\'' || c == '"') {
      return after(sql, String.valueOf(c), at + 1);
    }
    if (sql.startsWith("--", at)) {
      return after(sql, "\n", at);
    }
    if (sql.startsWith("/*", at)) {
      return after(sql, "*/", at + 2);
    }
    if (c == '$') {
      int tag = sql.indexOf('$', at + 1);
      if (tag > 0 && sql.substring(at + 1, tag).matches("\\w*")) {
        return after(sql, sql.substring(at, tag + 1), tag + 1);
      }
    }
    return at + 1;
  }

  /** True for a text after the word e, in which a backslash takes a quote its meaning. */
  private static boolean hasEscapes(String sql, int quote) {
    return quote > 0
        && Character.toLowerCase(sql.charAt(quote - 1)) == 'e'
        && (quote == 1 || !Character.isJavaIdentifierPart(sql.charAt(quote - 2)));
  }

  private static int afterEscaped(String sql, int from) {
    for (int at = from; at < sql.length(); at++) {
      if (sql.charAt(at) == '\\') {
        at++;
      } else if (sql.charAt(at) == '\'') {
        return at + 1;
      }
    }
    return sql.length();
  }

  private static int after(String sql, String end, int from) {
    int found = sql.indexOf(end, from);
    return found < 0 ? sql.length() : found + end.length();
  }
}
