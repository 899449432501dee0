package org.starbeam.fits;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * Typed, read-only access to the cards of a FITS header, in their order. A keyword is
 * <em>absent</em> when there is no such card, when its value is undefined, empty, {@code
 * UNDEFINED}, {@code N/A}, {@code NULL} or {@code NONE}, and, for numbers, when it is not finite.
 * Of a repeated keyword the first card counts. Keywords are not case sensitive; a HIERARCH keyword
 * is asked for with or without the word HIERARCH.
 *
 * <p>The methods named after a type ({@link #string}, {@link #number}, ...) need the keyword and
 * throw {@code MISSING_KEY} or {@code BAD_KEY} naming file and HDU; the {@code find} and {@code Or}
 * forms do not.
 */
public final class HeaderView implements Iterable<HeaderCard> {
  private final String where;
  private final List<HeaderCard> cards;
  private final Map<String, HeaderCard> byKey;

  private HeaderView(String where, List<HeaderCard> cards) {
    this.where = where;
    this.cards = cards;
    this.byKey = new HashMap<>(2 * cards.size());
    for (HeaderCard card : cards) {
      if (card.value() != null) {
        byKey.putIfAbsent(card.key(), card);
      }
    }
  }

  /**
   * @param where what messages call this header, for example {@code "raw/a.fits[2]"}
   */
  public static HeaderView of(String where, List<HeaderCard> cards) {
    return new HeaderView(where, List.copyOf(cards));
  }

  /** A header made of keyword and value pairs in the map's order. */
  public static HeaderView of(String where, Map<String, ?> values) {
    List<HeaderCard> cards = new ArrayList<>(values.size());
    values.forEach((key, value) -> cards.add(new HeaderCard(normal(key), value, "")));
    return new HeaderView(where, Collections.unmodifiableList(cards));
  }

  /** Both headers as one: the cards of the extension, then those of the primary; the first wins. */
  public static HeaderView merged(HeaderView primary, HeaderView extension) {
    List<HeaderCard> all = new ArrayList<>(extension.cards);
    all.addAll(primary.cards);
    return new HeaderView(extension.where, Collections.unmodifiableList(all));
  }

  /** Name of the file and HDU for messages. */
  public String where() {
    return where;
  }

  public List<HeaderCard> cards() {
    return cards;
  }

  @Override
  public Iterator<HeaderCard> iterator() {
    return cards.iterator();
  }

  /** True when the keyword has a usable value. */
  public boolean has(String key) {
    return value(key) != null;
  }

  /** The value as stored (String, Integer, Long, Double, Boolean), or null when absent. */
  public @Nullable Object value(String key) {
    HeaderCard card = byKey.get(normal(key));
    if (card == null) {
      return null;
    }
    Object value = card.value();
    if (value instanceof String text && isUndefined(text)) {
      return null;
    }
    if (value instanceof Double number && !Double.isFinite(number)) {
      return null;
    }
    return value;
  }

  /** The text of a value; numbers and flags are given as they print. */
  public Optional<String> findString(String key) {
    Object value = value(key);
    return value == null ? Optional.empty() : Optional.of(value.toString().strip());
  }

  /** A number; text that reads as a number counts, a flag does not. */
  public OptionalDouble findNumber(String key) {
    Object value = value(key);
    if (value instanceof Number number) {
      return finite(number.doubleValue());
    }
    if (value instanceof String text) {
      try {
        return finite(Double.parseDouble(text.strip()));
      } catch (NumberFormatException e) {
        return OptionalDouble.empty();
      }
    }
    return OptionalDouble.empty();
  }

  /** A whole number; a fraction is absent. */
  public OptionalLong findInteger(String key) {
    Object value = value(key);
    if (value instanceof Integer || value instanceof Long) {
      return OptionalLong.of(((Number) value).longValue());
    }
    OptionalDouble number = findNumber(key);
    if (number.isEmpty() || number.getAsDouble() != Math.rint(number.getAsDouble())) {
      return OptionalLong.empty();
    }
    if (value instanceof String text) {
      try {
        return OptionalLong.of(Long.parseLong(text.strip()));
      } catch (NumberFormatException e) {
        return OptionalLong.of((long) number.getAsDouble());
      }
    }
    return OptionalLong.of((long) number.getAsDouble());
  }

  /** A flag: T or F, or 1 or 0. */
  public Optional<Boolean> findFlag(String key) {
    Object value = value(key);
    if (value instanceof Boolean flag) {
      return Optional.of(flag);
    }
    if (value instanceof Number number) {
      return Optional.of(number.doubleValue() != 0);
    }
    if (value instanceof String text) {
      return switch (text.strip().toUpperCase(Locale.ROOT)) {
        case "T", "TRUE", "YES" -> Optional.of(true);
        case "F", "FALSE", "NO" -> Optional.of(false);
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  public String string(String key) {
    return findString(key).orElseThrow(() -> missing(key, "a text"));
  }

  public double number(String key) {
    return findNumber(key).orElseThrow(() -> missing(key, "a finite number"));
  }

  public int integer(String key) {
    long value = longInteger(key);
    if (value != (int) value) {
      throw new BadInputException(
          "BAD_KEY", where + ": " + key + " = " + value + " does not fit 32 bits");
    }
    return (int) value;
  }

  public long longInteger(String key) {
    return findInteger(key).orElseThrow(() -> missing(key, "a whole number"));
  }

  public boolean flag(String key) {
    return findFlag(key).orElseThrow(() -> missing(key, "T or F"));
  }

  public String stringOr(String key, String fallback) {
    return findString(key).orElse(fallback);
  }

  public double numberOr(String key, double fallback) {
    return findNumber(key).orElse(fallback);
  }

  public int integerOr(String key, int fallback) {
    OptionalLong value = findInteger(key);
    return value.isPresent() && value.getAsLong() == (int) value.getAsLong()
        ? (int) value.getAsLong()
        : fallback;
  }

  public boolean flagOr(String key, boolean fallback) {
    return findFlag(key).orElse(fallback);
  }

  /** The usable values by keyword, in the order of the cards. */
  public Map<String, Object> toMap() {
    Map<String, Object> out = new LinkedHashMap<>();
    for (HeaderCard card : cards) {
      Object value = value(card.key());
      if (value != null) {
        out.putIfAbsent(card.key(), value);
      }
    }
    return out;
  }

  private BadInputException missing(String key, String expected) {
    HeaderCard card = byKey.get(normal(key));
    return card == null
        ? new BadInputException(
            "MISSING_KEY", where + ": keyword " + key + " is missing, expected " + expected)
        : new BadInputException(
            "BAD_KEY", where + ": " + key + " = " + card.value() + ", expected " + expected);
  }

  private static OptionalDouble finite(double value) {
    return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  private static boolean isUndefined(String text) {
    return switch (text.strip().toUpperCase(Locale.ROOT)) {
      case "", "UNDEFINED", "UNDEF", "N/A", "NULL", "NONE" -> true;
      default -> false;
    };
  }

  static String normal(String key) {
    String upper = key.strip().toUpperCase(Locale.ROOT);
    return upper.startsWith("HIERARCH ") ? upper.substring(9).strip() : upper;
  }
}
