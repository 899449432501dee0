package org.starbeam.failure;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The known words that a misspelt one may have meant: smallest edit distance without regard to
 * case, at most a third of its length; among equals those that begin with the same letter, then
 * those of the nearest length, then by name.
 */
public final class Suggestion {
  private static final int MOST = 3;

  private Suggestion() {}

  /** Text to append to an error, such as {@code "; did you mean 'input'?"}, or nothing. */
  public static String didYouMean(String word, Collection<String> known) {
    String question = question(word, known);
    return question.isEmpty() ? "" : "; " + question;
  }

  /** The same, and all that is known. */
  public static String amongKnown(String word, Collection<String> known) {
    return didYouMean(word, known) + "; known: " + String.join(", ", known);
  }

  /** {@code did you mean 'a', 'b' or 'c'?}, or nothing. */
  public static String question(String word, Collection<String> known) {
    List<String> best = nearest(word, known).stream().map(k -> "'" + k + "'").toList();
    if (best.isEmpty()) {
      return "";
    }
    String last = best.get(best.size() - 1);
    String others = String.join(", ", best.subList(0, best.size() - 1));
    return "did you mean " + (others.isEmpty() ? "" : others + " or ") + last + "?";
  }

  /** At most three known words, the likeliest first; never one that shares no letter. */
  public static List<String> nearest(String word, Collection<String> known) {
    int limit = Math.min(Math.max(1, word.length() / 3), word.length() - 1);
    return known.stream()
        .distinct()
        .filter(k -> Math.abs(k.length() - word.length()) <= limit && distance(word, k) <= limit)
        .sorted(
            Comparator.comparingInt((String k) -> distance(word, k))
                .thenComparing(k -> !word.regionMatches(true, 0, k, 0, 1))
                .thenComparingInt(k -> Math.abs(k.length() - word.length()))
                .thenComparing(k -> k))
        .limit(MOST)
        .toList();
  }

  /** Damerau-Levenshtein distance with adjacent transpositions, letters compared without case. */
  private static int distance(String first, String second) {
    String a = first.toLowerCase(Locale.ROOT);
    String b = second.toLowerCase(Locale.ROOT);
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + same, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
