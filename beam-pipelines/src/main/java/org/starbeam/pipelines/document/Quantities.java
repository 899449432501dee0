package org.starbeam.pipelines.document;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts with units: durations, sizes, angles, observing days. */
public final class Quantities {
  private static final Pattern AMOUNT = Pattern.compile("([-+]?\\d+(?:\\.\\d+)?)\\s*([A-Za-z]*)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final Map<String, Long> BYTES =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("kb", 1_000L),
          Map.entry("mb", 1_000_000L),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("tb", 1_000_000_000_000L),
          Map.entry("kib", 1L << 10),
          Map.entry("mib", 1L << 20),
          Map.entry("gib", 1L << 30),
          Map.entry("tib", 1L << 40));
  private static final Map<String, Double> DEGREES =
      Map.of("", 1.0, "deg", 1.0, "arcmin", 1 / 60.0, "arcsec", 1 / 3600.0);

  private Quantities() {}

  /** {@code PT15M}, {@code P1D}, {@code 90s}, {@code 15m}, {@code 2h}, {@code 35d}, {@code 5ms}. */
  public static Optional<Duration> duration(String text) {
    Matcher amount = AMOUNT.matcher(text);
    if (amount.matches()) {
      Long unit = MILLIS.get(amount.group(2).toLowerCase(Locale.ROOT));
      return unit == null
          ? Optional.empty()
          : whole(amount.group(1), unit).stream().mapToObj(Duration::ofMillis).findFirst();
    }
    try {
      return Optional.of(Duration.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** {@code 4GiB}, {@code 500MB}, {@code 1024}. */
  public static OptionalLong bytes(String text) {
    Matcher amount = AMOUNT.matcher(text);
    if (!amount.matches()) {
      return OptionalLong.empty();
    }
    Long unit = BYTES.get(amount.group(2).toLowerCase(Locale.ROOT));
    OptionalLong bytes = unit == null ? OptionalLong.empty() : whole(amount.group(1), unit);
    return bytes.isPresent() && bytes.getAsLong() < 0 ? OptionalLong.empty() : bytes;
  }

  /** Degrees of {@code 1.5}, {@code 1.5deg}, {@code 30arcsec}, {@code 2 arcmin}. */
  public static OptionalDouble degrees(String text) {
    Matcher amount = AMOUNT.matcher(text);
    Double unit = amount.matches() ? DEGREES.get(amount.group(2)) : null;
    return unit == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(Double.parseDouble(amount.group(1)) * unit);
  }

  /** An observing day {@code 20250520}. */
  public static OptionalInt dayObs(String text) {
    if (!text.matches("[0-9]{8}")) {
      return OptionalInt.empty();
    }
    int day = Integer.parseInt(text);
    try {
      LocalDate.of(day / 10_000, day / 100 % 100, day % 100);
      return OptionalInt.of(day);
    } catch (DateTimeException e) {
      return OptionalInt.empty();
    }
  }

  private static OptionalLong whole(String number, long unit) {
    try {
      return OptionalLong.of(
          new BigDecimal(number)
              .multiply(BigDecimal.valueOf(unit))
              .setScale(0, java.math.RoundingMode.HALF_UP)
              .longValueExact());
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }
}
