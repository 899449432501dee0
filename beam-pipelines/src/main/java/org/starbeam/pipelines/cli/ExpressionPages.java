package org.starbeam.pipelines.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.starbeam.transforms.selection.Field;
import org.starbeam.transforms.selection.Function;
import org.starbeam.transforms.selection.VisitFields;

/** Pages of the manual on selection expressions, made from the language's own tables. */
final class ExpressionPages {
  private ExpressionPages() {}

  static String expressions() {
    String functions =
        Arrays.stream(Function.values())
            .map(f -> "    %-12s %s%n".formatted(f.signature(), f.meaning()))
            .collect(Collectors.joining());
    return """
        NAME
            expressions - how visits are selected

        SYNOPSIS
            launch ... --where "EXPRESSION"; select.visits of a template

        DESCRIPTION
            a = b  a != b  a < b  a <= b  a > b  a >= b
            a IN (1, 5, 10..20, 30..90:10)    values and ranges with a step
            a BETWEEN 1 AND 2      a LIKE 'DDF_*'      a IS NULL
            AND, OR, NOT, parentheses, TRUE, FALSE; + - * / %
            POINT OVERLAPS CIRCLE(ra, dec, radius)     also BOX(ra0, dec0, ra1, dec1),
            REGION OVERLAPS TRACT(n)                   POLYGON(ra, dec, ...), PATCH(tract, patch)

            Text stands in 'single quotes' (a quote in it is doubled). Words of an enumeration may
            be written without: band = r. A time is T'2025-05-20T03:00:00', TAI, or with utc behind
            it. A day is a number: night = 20250520. Angles are degrees. * and ? of LIKE stand for
            any text and one character.

            A value that is not known is NULL; a comparison with it is neither true nor false, and
            a visit is selected only where the whole is true. Whole numbers divide to whole
            numbers, towards zero; a division by zero is NULL.

            Keywords may be written in small letters, names of fields are as they stand. An
            expression has at most 64 KiB, 64 levels and 100000 values in a list.

            Conditions on measured fields (help fields) are decided after the detectors have been
            characterised: they choose what goes into coadds. All others are decided by the
            headers, before anything is computed; what is left out is SKIPPED in status.

        FUNCTIONS
        """
        + functions
        + """

        EXAMPLES
            --where "band IN (g, r) AND seeing < 1.2"
            --where "night BETWEEN 20250501 AND 20250531 AND NOT target LIKE 'DDF_*'"
            --where "POINT OVERLAPS CIRCLE(53.1, -28.1, 2) AND (moon_alt < 0 OR moon_frac < 0.3)"
        """;
  }

  static String fields() {
    StringBuilder out = new StringBuilder();
    out.append("NAME\n    fields - fields of visits in expressions\n\nFIELDS\n");
    for (Field.Origin origin : Field.Origin.values()) {
      out.append(
          switch (origin) {
            case HEADER -> "  from headers only\n";
            case BOTH -> "\n  from headers, known at any time\n";
            case MEASURED -> "\n  measured by step 1\n";
          });
      for (Field f : VisitFields.all().fields()) {
        if (f.origin() == origin) {
          String names =
              f.name() + (f.aliases().isEmpty() ? "" : ", " + String.join(", ", f.aliases()));
          out.append(
              "    %-18s %-7s %-12s %s%s%n"
                  .formatted(
                      names,
                      f.type().name().toLowerCase(Locale.ROOT),
                      f.unit(),
                      f.description(),
                      f.vocabulary().isEmpty() ? "" : ": " + String.join(", ", f.vocabulary())));
        }
      }
    }
    out.append("\n  POINT is the pointing (ra, dec), REGION what the image covers (measured).\n");
    return out.toString();
  }
}
