package org.starbeam.camera;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;

/**
 * Known mistakes in an instrument's headers, mended before translation (specs/01 section 1.3):
 *
 * <pre>
 * - when: {dayObs: [20250415, 20250420], seqNum: [[100, 200]], keys: {FILTER: "^i_"}}
 *   set: {FILTER: i_39}
 *   unset: [ROTPA]
 *   add: {ROTPA: 180}
 *   reason: rotator reported with the wrong sign
 * </pre>
 *
 * <p>dayObs and seqNum are DAYOBS and SEQNUM of the header, ranges inclusive. Every correction that
 * applies is noted as a warning {@code CORRECTED: reason}.
 */
public final class HeaderCorrections {
  private record Correction(
      double firstDay,
      double lastDay,
      List<double[]> sequences,
      Map<String, String> keys,
      Map<String, String> set,
      List<String> unset,
      Map<String, String> add,
      String reason) {
    boolean holds(HeaderView header) {
      OptionalLong day = header.findInteger("DAYOBS");
      OptionalLong sequence = header.findInteger("SEQNUM");
      boolean inDays =
          firstDay == Double.NEGATIVE_INFINITY
              || (day.isPresent() && day.getAsLong() >= firstDay && day.getAsLong() <= lastDay);
      boolean inSequences =
          sequences.isEmpty()
              || (sequence.isPresent()
                  && sequences.stream()
                      .anyMatch(r -> sequence.getAsLong() >= r[0] && sequence.getAsLong() <= r[1]));
      return inDays
          && inSequences
          && keys.entrySet().stream()
              .allMatch(
                  e ->
                      header
                          .findString(e.getKey())
                          .filter(v -> v.matches("(?is).*" + e.getValue() + ".*"))
                          .isPresent());
    }
  }

  private static final List<String> KNOWN = List.of("when", "set", "unset", "add", "reason");

  private final List<Correction> corrections;

  private HeaderCorrections(List<Correction> corrections) {
    this.corrections = corrections;
  }

  /** Reads a document {@code corrections: [...]}. */
  public static HeaderCorrections parse(String file, String text) {
    SafeYaml yaml = SafeYaml.parse(file, text);
    yaml.allow(List.of("corrections"));
    List<Correction> out = new ArrayList<>();
    for (SafeYaml entry : yaml.children("corrections")) {
      entry.allow(KNOWN);
      out.add(correction(entry));
    }
    return new HeaderCorrections(out);
  }

  private static Correction correction(SafeYaml entry) {
    SafeYaml when = entry.child("when");
    when.allow(List.of("dayObs", "seqNum", "keys"));
    double[] days =
        when.has("dayObs")
            ? when.numbers("dayObs")
            : new double[] {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
    if (days.length != 2) {
      throw when.bad("dayObs", "expected [first, last]");
    }
    List<double[]> sequences = when.has("seqNum") ? List.of(when.matrix("seqNum")) : List.of();
    return new Correction(
        days[0],
        days[1],
        sequences,
        when.textMap("keys"),
        entry.textMap("set"),
        entry.texts("unset"),
        entry.textMap("add"),
        entry.text("reason"));
  }

  /** The corrections of this distribution by instrument. */
  static Map<String, HeaderCorrections> builtIn() {
    Map<String, HeaderCorrections> out = new LinkedHashMap<>();
    for (String instrument : HeaderTranslator.BUILT_IN) {
      String path = "/instruments/" + instrument + "/corrections.yaml";
      try (InputStream in = HeaderCorrections.class.getResourceAsStream(path)) {
        if (in != null) {
          String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          out.put(instrument, parse(path, text));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(path, e);
      }
    }
    return out;
  }

  /** The header with all corrections that hold for it. */
  HeaderView apply(HeaderView header, List<String> warnings) {
    HeaderView current = header;
    for (Correction c : corrections) {
      if (c.holds(header)) {
        current = mend(current, c);
        warnings.add("CORRECTED: " + c.reason);
      }
    }
    return current;
  }

  private static HeaderView mend(HeaderView header, Correction c) {
    Map<String, Object> values = header.toMap();
    c.unset.forEach(key -> values.remove(key.toUpperCase(Locale.ROOT)));
    c.set.forEach((key, value) -> values.put(key.toUpperCase(Locale.ROOT), value));
    c.add.forEach(
        (key, value) -> {
          OptionalDouble old = header.findNumber(key);
          if (old.isPresent()) {
            values.put(key.toUpperCase(Locale.ROOT), old.getAsDouble() + summand(key, value));
          }
        });
    return HeaderView.of(header.where(), values);
  }

  private static double summand(String key, String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new BadInputException("BAD_MAPPING", "correction adds '" + value + "' to " + key, e);
    }
  }
}
