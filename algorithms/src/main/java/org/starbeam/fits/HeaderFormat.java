package org.starbeam.fits;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Formats header cards: fixed format where it fits, HIERARCH for keywords longer than 8 characters
 * or with other characters than letters, digits, hyphen and underscore, CONTINUE for long strings.
 * A number that is not finite is written as undefined.
 */
final class HeaderFormat {
  private static final int BLOCK = 2880;
  private final StringBuilder text = new StringBuilder(4 * BLOCK);

  /** Adds a card; a {@link Commented} value brings its own comment. */
  HeaderFormat add(String key, @Nullable Object value) {
    return value instanceof Commented c ? add(key, c.value(), c.comment()) : add(key, value, "");
  }

  HeaderFormat add(String rawKey, @Nullable Object value, String comment) {
    String key = HeaderView.normal(rawKey);
    if (key.equals("COMMENT") || key.equals("HISTORY") || key.isEmpty()) {
      addText(key, value == null ? comment : value.toString());
      return this;
    }
    String prefix = isStandard(key) ? pad(key, 8) + "= " : "HIERARCH " + key + " = ";
    if (value instanceof String string) {
      addString(prefix, string, comment);
    } else {
      addCard(prefix + String.format(Locale.ROOT, "%20s", plain(value)), comment);
    }
    return this;
  }

  boolean isExtension() {
    return text.indexOf("XTENSION") == 0;
  }

  /** Place of the 16 characters of the CHECKSUM value, which is the last card. */
  int checksumAt() {
    return text.length() - HeaderParser.CARD + 11;
  }

  /** The header with END, padded to whole blocks. */
  byte[] toBytes() {
    byte[] cards = text.toString().getBytes(StandardCharsets.US_ASCII);
    int total = (cards.length + HeaderParser.CARD + BLOCK - 1) / BLOCK * BLOCK;
    byte[] out = Arrays.copyOf(cards, total);
    Arrays.fill(out, cards.length, total, (byte) ' ');
    System.arraycopy("END".getBytes(StandardCharsets.US_ASCII), 0, out, cards.length, 3);
    return out;
  }

  private static boolean isStandard(String key) {
    return key.matches("[A-Z0-9_-]{1,8}");
  }

  private static String plain(@Nullable Object value) {
    if (value == null) {
      return "";
    }
    if (value instanceof Boolean flag) {
      return flag ? "T" : "F";
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return Double.isFinite(number) ? value.toString() : "";
    }
    if (value instanceof Number) {
      return value.toString();
    }
    throw new IllegalArgumentException("header value of type " + value.getClass());
  }

  private void addString(String prefix, String value, String comment) {
    String quoted = clean(value).replace("'", "''");
    int room = HeaderParser.CARD - prefix.length() - 2;
    if (quoted.length() <= room) {
      addCard(prefix + "'" + pad(quoted, 8) + "'", comment);
      return;
    }
    String head = prefix;
    while (quoted.length() > HeaderParser.CARD - head.length() - 2) {
      int cut = HeaderParser.CARD - head.length() - 3;
      if (quoteRunBefore(quoted, cut) % 2 == 1) {
        cut--;
      }
      addCard(head + "'" + quoted.substring(0, cut) + "&'", "");
      quoted = quoted.substring(cut);
      head = "CONTINUE  ";
    }
    addCard(head + "'" + quoted + "'", comment);
  }

  /** Length of the run of quotes that ends just before the cut: an odd run would be torn apart. */
  private static int quoteRunBefore(String quoted, int cut) {
    int run = 0;
    while (run < cut && quoted.charAt(cut - 1 - run) == '\'') {
      run++;
    }
    return run;
  }

  private void addText(String key, String value) {
    for (String line : clean(value.replace("\n", "\u0000")).split("\u0000", -1)) {
      int start = 0;
      do {
        int end = Math.min(line.length(), start + 72);
        text.append(pad(pad(key, 8) + line.substring(start, end), HeaderParser.CARD));
        start = end;
      } while (start < line.length());
    }
  }

  private void addCard(String card, String comment) {
    String full = comment.isEmpty() ? card : pad(card, 30) + " / " + clean(comment);
    text.append(
        pad(full.substring(0, Math.min(HeaderParser.CARD, full.length())), HeaderParser.CARD));
  }

  private static String clean(String value) {
    StringBuilder out = new StringBuilder(value);
    for (int i = 0; i < out.length(); i++) {
      char c = out.charAt(i);
      if (c != 0 && (c < 32 || c > 126)) {
        out.setCharAt(i, '?');
      }
    }
    return out.toString();
  }

  private static String pad(String value, int width) {
    return value.length() >= width ? value : value + " ".repeat(width - value.length());
  }
}
