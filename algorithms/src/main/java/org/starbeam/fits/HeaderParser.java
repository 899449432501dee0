package org.starbeam.fits;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the 80-byte cards of a header into {@link HeaderCard}s: fixed and free format values,
 * CONTINUE long strings, HIERARCH keywords, and cards that follow no standard, which become
 * comments. Never throws on what a card says.
 */
final class HeaderParser {
  static final int CARD = 80;

  private final List<HeaderCard> cards = new ArrayList<>();

  /** Parses all cards up to END, which is not included. */
  static List<HeaderCard> parse(byte[] block, int length) {
    HeaderParser parser = new HeaderParser();
    for (int start = 0; start + CARD <= length; start += CARD) {
      String card = new String(block, start, CARD, StandardCharsets.ISO_8859_1);
      if (card.startsWith("END") && card.substring(3).isBlank()) {
        break;
      }
      parser.add(card);
    }
    return parser.cards;
  }

  private void add(String card) {
    String key = card.substring(0, 8).strip();
    if (key.equals("CONTINUE") && continueLast(card)) {
      return;
    }
    if (key.equals("HIERARCH")) {
      int equals = card.indexOf('=');
      if (equals > 9) {
        String name = card.substring(9, equals).strip().replaceAll(" +", " ");
        addValue(HeaderView.normal(name), card.substring(equals + 1));
        return;
      }
    }
    boolean hasValue = card.charAt(8) == '=' && (card.charAt(9) == ' ' || card.charAt(9) == '\'');
    if (hasValue && !key.isEmpty() && !key.equals("COMMENT") && !key.equals("HISTORY")) {
      addValue(HeaderView.normal(key), card.substring(9));
    } else {
      cards.add(new HeaderCard(HeaderView.normal(key), null, card.substring(8).stripTrailing()));
    }
  }

  private boolean continueLast(String card) {
    if (cards.isEmpty()) {
      return false;
    }
    HeaderCard last = cards.get(cards.size() - 1);
    if (!(last.value() instanceof String text) || !text.endsWith("&")) {
      return false;
    }
    HeaderCard more = valueCard(last.key(), card.substring(8));
    if (!(more.value() instanceof String tail)) {
      return false;
    }
    String joined = text.substring(0, text.length() - 1) + tail;
    cards.set(
        cards.size() - 1, new HeaderCard(last.key(), joined, join(last.comment(), more.comment())));
    return true;
  }

  private static String join(String a, String b) {
    return a.isEmpty() ? b : b.isEmpty() ? a : a + " " + b;
  }

  private void addValue(String key, String field) {
    cards.add(valueCard(key, field));
  }

  private static HeaderCard valueCard(String key, String field) {
    int start = 0;
    while (start < field.length() && field.charAt(start) == ' ') {
      start++;
    }
    if (start < field.length() && field.charAt(start) == '\'') {
      StringBuilder text = new StringBuilder();
      int i = start + 1;
      while (i < field.length()) {
        char c = field.charAt(i);
        if (c == '\'') {
          if (i + 1 < field.length() && field.charAt(i + 1) == '\'') {
            text.append('\'');
            i += 2;
            continue;
          }
          break;
        }
        text.append(c);
        i++;
      }
      return new HeaderCard(key, text.toString().stripTrailing(), comment(field, i + 1));
    }
    int slash = field.indexOf('/');
    String value = (slash < 0 ? field : field.substring(0, slash)).strip();
    return new HeaderCard(key, number(value), comment(field, slash < 0 ? field.length() : slash));
  }

  private static String comment(String field, int from) {
    int slash = from >= field.length() ? -1 : field.indexOf('/', from);
    return slash < 0 ? "" : field.substring(slash + 1).strip();
  }

  /** A flag or number; null when empty; the text itself where it is neither. */
  private static @Nullable Object number(String text) {
    if (text.isEmpty()) {
      return null;
    }
    if (text.equals("T") || text.equals("F")) {
      return text.equals("T");
    }
    try {
      long value = Long.parseLong(text);
      if (value == (int) value) {
        return (int) value;
      }
      return value;
    } catch (NumberFormatException notWhole) {
      char last = text.charAt(text.length() - 1);
      if (Character.isLetter(last)) {
        return text.equalsIgnoreCase("nan")
                || text.toLowerCase(java.util.Locale.ROOT).endsWith("inf")
            ? Double.NaN
            : text;
      }
      try {
        return Double.parseDouble(text.replace('D', 'E').replace('d', 'e'));
      } catch (NumberFormatException notNumber) {
        return text;
      }
    }
  }
}
