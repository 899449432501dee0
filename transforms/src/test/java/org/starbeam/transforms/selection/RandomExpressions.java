package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Random expressions that are well typed, and rows with NULL, NaN and extreme values. */
public final class RandomExpressions {
  private static final List<String> INTEGERS =
      List.of("visit", "day_obs", "seq_num", "detector", "nstars", "exposure");
  private static final List<String> REALS =
      List.of("airmass", "seeing", "ra", "dec", "exposure_time", "sky", "psf_e1");
  private static final List<String> TEXTS = List.of("target", "band", "physical_filter");
  private static final List<String> COMPARISONS = List.of("=", "!=", "<>", "<", "<=", ">", ">=");
  private static final List<String> WORDS =
      List.of(
          "g",
          "r",
          "",
          "DDF_a",
          "DDF%",
          "x_y",
          "O'Brien",
          "a\\b",
          "\u00e9t\u00e9",
          "\ud83d\ude80",
          "\uffee",
          "abcabc");
  private static final long[] LONGS = {
    0, 1, -1, 2, 3, 7, 100, 20250520, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 53, (1L << 53) + 1
  };
  private static final double[] DOUBLES = {
    0,
    -0.0,
    1,
    -1,
    0.5,
    1.5,
    -2.5,
    30,
    90,
    359.9,
    1e-300,
    1e300,
    -1e300,
    Double.MAX_VALUE,
    Double.MIN_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    0.49999999999999994
  };

  private final SplittableRandom random;

  public RandomExpressions(long seed) {
    random = new SplittableRandom(seed);
  }

  /** A row by field name; what is not in it is NULL. */
  public Map<String, Object> row() {
    Map<String, Object> row = new HashMap<>();
    INTEGERS.forEach(f -> put(row, f, LONGS[random.nextInt(LONGS.length)]));
    REALS.forEach(f -> put(row, f, real()));
    TEXTS.forEach(f -> put(row, f, one(WORDS)));
    put(row, "mid_time", random.nextInt(4) == 0 ? real() : 40_000 + 40_000 * random.nextDouble());
    if (random.nextBoolean()) {
      put(row, "ra", 360 * random.nextDouble());
      put(row, "dec", 180 * random.nextDouble() - 90);
    }
    return row;
  }

  private double real() {
    return random.nextInt(3) == 0
        ? DOUBLES[random.nextInt(DOUBLES.length)]
        : 20 * random.nextDouble() - 10;
  }

  private void put(Map<String, Object> row, String field, @Nullable Object value) {
    if (random.nextInt(5) > 0) {
      row.put(field, value);
    }
  }

  /** An expression. */
  public String next() {
    return condition(3);
  }

  private String condition(int depth) {
    if (depth == 0) {
      return test(1);
    }
    return switch (random.nextInt(6)) {
      case 0 -> "(" + condition(depth - 1) + " AND " + condition(depth - 1) + ")";
      case 1 -> "(" + condition(depth - 1) + " OR " + condition(depth - 1) + ")";
      case 2 -> "NOT " + condition(depth - 1);
      case 3 -> one(List.of("TRUE", "FALSE"));
      default -> test(2);
    };
  }

  private String test(int depth) {
    String not = random.nextBoolean() ? " NOT" : "";
    return switch (random.nextInt(10)) {
      case 0 -> text() + not + " IN (" + list(() -> quoted(one(WORDS))) + ")";
      case 1 -> number(depth) + not + " IN (" + list(this::item) + ")";
      case 2 -> number(depth) + not + " BETWEEN " + number(depth) + " AND " + number(depth);
      case 3 -> text() + not + " LIKE " + quoted(glob());
      case 4 -> (random.nextBoolean() ? number(depth) : text()) + " IS" + not + " NULL";
      case 5 ->
          text()
              + " "
              + one(COMPARISONS)
              + " "
              + (random.nextBoolean() ? text() : quoted(one(WORDS)));
      case 6 -> time(depth) + " " + one(COMPARISONS) + " " + time(depth);
      case 7 -> "POINT OVERLAPS " + region();
      default -> number(depth) + " " + one(COMPARISONS) + " " + number(depth);
    };
  }

  private String number(int depth) {
    return random.nextBoolean() ? integer(depth) : real(depth);
  }

  private String integer(int depth) {
    if (depth == 0 || random.nextInt(3) == 0) {
      return random.nextBoolean() ? one(INTEGERS) : integerLiteral();
    }
    return switch (random.nextInt(6)) {
      case 0 -> "abs(" + integer(depth - 1) + ")";
      case 1 -> "nvl(" + integer(depth - 1) + ", " + integer(depth - 1) + ")";
      case 2 -> one(List.of("hour", "day")) + "(" + time(depth - 1) + ")";
      case 3 -> "-(" + integer(depth - 1) + ")";
      default ->
          "("
              + integer(depth - 1)
              + " "
              + one(List.of("+", "-", "*", "/", "%"))
              + " "
              + integer(depth - 1)
              + ")";
    };
  }

  private String real(int depth) {
    if (depth == 0 || random.nextInt(3) == 0) {
      return random.nextBoolean() ? one(REALS) : realLiteral();
    }
    return switch (random.nextInt(7)) {
      case 0 -> one(List.of("abs", "floor", "ceil", "round", "sqrt")) + "(" + real(depth - 1) + ")";
      case 1 -> "nvl(" + number(depth - 1) + ", " + real(depth - 1) + ")";
      case 2 -> one(List.of("sin", "cos")) + "(" + realField() + ")";
      case 3 -> "-(" + real(depth - 1) + ")";
      default ->
          "("
              + number(depth - 1)
              + " "
              + one(List.of("+", "-", "*", "/", "%"))
              + " "
              + real(depth - 1)
              + ")";
    };
  }

  private String realField() {
    return one(List.of("ra", "dec", "30", "45.0", "seeing"));
  }

  private String time(int depth) {
    return switch (random.nextInt(4)) {
      case 0 ->
          "T'20%02d-0%d-1%dT0%d:30:00.25' %s"
              .formatted(
                  random.nextInt(60),
                  1 + random.nextInt(9),
                  random.nextInt(10),
                  random.nextInt(10),
                  one(List.of("", "utc", "tai")));
      case 1 -> depth == 0 ? "mid_time" : "mid_time + " + real(depth - 1);
      default -> "mid_time";
    };
  }

  private String text() {
    return random.nextInt(6) == 0 ? "nvl(target, band)" : one(TEXTS);
  }

  private String region() {
    double ra = 360 * random.nextDouble();
    double dec = 170 * random.nextDouble() - 85;
    return switch (random.nextInt(5)) {
      case 0 -> "CIRCLE(%s, %s, %s)".formatted(ra, dec, 60 * random.nextDouble());
      case 1 ->
          "BOX(%s, %s, %s, %s)"
              .formatted(ra, -40 - random.nextInt(40), 360 * random.nextDouble(), 60);
      case 2 ->
          "POLYGON(%s, 5, %s, 6, %s, 50)"
              .formatted(ra, ra > 320 ? ra - 320 : ra + 40, ra > 340 ? ra - 340 : ra + 20);
      case 3 -> "TRACT(" + random.nextInt(18_000) + ")";
      default -> "PATCH(" + random.nextInt(18_000) + ", " + random.nextInt(100) + ")";
    };
  }

  private String item() {
    if (random.nextInt(3) > 0) {
      return random.nextBoolean() ? integerLiteral() : realLiteral();
    }
    int from = random.nextInt(20) - 10;
    return from
        + ".."
        + (from + random.nextInt(30))
        + (random.nextBoolean() ? ":" + (1 + random.nextInt(4)) : "");
  }

  private String list(Supplier<String> item) {
    List<String> items = new ArrayList<>();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      items.add(item.get());
    }
    return String.join(", ", items);
  }

  private String integerLiteral() {
    return String.valueOf(LONGS[random.nextInt(LONGS.length)]);
  }

  private String realLiteral() {
    double value = real();
    return Double.isFinite(value) ? String.valueOf(value) : "2.5";
  }

  private String glob() {
    return one(List.of(
            "*", "DDF*", "?", "*b*", "DDF%", "x_y", "x?y", "*abc", "", "\u00e9*", "?*?", "a\\b",
            "\ud83d?", "?"))
        .replace("\ud83d?", "\ud83d\ude80");
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private <T> T one(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
