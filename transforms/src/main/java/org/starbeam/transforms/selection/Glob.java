package org.starbeam.transforms.selection;

/**
 * A pattern with {@code *} for any text and {@code ?} for one character. Matching takes at most
 * pattern length times text length steps.
 */
final class Glob {
  private final int[] pattern;

  Glob(String pattern) {
    this.pattern = pattern.codePoints().toArray();
  }

  boolean matches(String text) {
    int[] t = text.codePoints().toArray();
    int p = 0;
    int i = 0;
    int star = -1;
    int from = 0;
    while (i < t.length) {
      if (p < pattern.length && pattern[p] == '*') {
        star = p++;
        from = i;
      } else if (p < pattern.length && (pattern[p] == '?' || pattern[p] == t[i])) {
        p++;
        i++;
      } else if (star >= 0) {
        p = star + 1;
        i = ++from;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern[p] == '*') {
      p++;
    }
    return p == pattern.length;
  }

  /** The same as a pattern of SQL's LIKE with {@code \} as the escape. */
  static String toSqlLike(String glob) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      switch (c) {
        case '*' -> out.append('%');
        case '?' -> out.append('_');
        case '%', '_', '\\' -> out.append('\\').append(c);
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}
