package org.starbeam.pipelines.report;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One catalogue of the sky view ({@link SkyQueries}): which rows it draws, and what of a row is
 * told when one asks for it. A row in a data file is an array: id (text, because whole numbers of
 * 64 bits are not those of JavaScript), x, y (pixels of the field from the upper left corner),
 * magnitude, kind (0 or 1), RA, Dec, then {@link #values}, then magnitude and error of each band
 * and flux, then the flags as bits.
 *
 * @param key beginning of the names of its data files
 * @param mark how its rows are drawn: {@code object} or {@code dia}
 * @param flagged true for rows with a flag that counts against them, which are drawn apart
 * @param shown whether the page draws it from the beginning
 * @param title of the layer
 * @param one what a row is
 * @param table that the rows are of
 * @param idColumn its primary key
 * @param kinds words for kind 0 and 1
 * @param magnitude what the magnitude is of
 * @param values what is told beside
 * @param bands bands with magnitudes, from blue to red
 * @param fluxes kinds of magnitudes
 * @param flags names of the flags
 * @param query the rows, the brightest first: id, RA, Dec, magnitude, kind, values, magnitudes and
 *     errors, flags
 * @param count number of rows that there are
 */
record SkyCatalogue(
    String key,
    String mark,
    boolean flagged,
    boolean shown,
    String title,
    String one,
    String table,
    String idColumn,
    List<String> kinds,
    String magnitude,
    List<Value> values,
    List<String> bands,
    List<String> fluxes,
    List<String> flags,
    String query,
    long count) {
  /**
   * A value of a row.
   *
   * @param label for people
   * @param unit empty where there is none
   * @param digits behind the point; -1 for a text
   */
  record Value(String label, String unit, int digits) {}

  /** Columns before the values: id, RA, Dec, magnitude, kind. */
  static final int FIRST_VALUE = 5;

  /**
   * Number of digits behind the point of each column of the query after the first, -1 for texts.
   */
  int[] digits() {
    int[] out = new int[FIRST_VALUE + values.size() + 2 * bands.size() * fluxes.size() + 1];
    Arrays.fill(out, 3);
    out[0] = -1;
    out[1] = 7;
    out[2] = 7;
    out[4] = 0;
    for (int i = 0; i < values.size(); i++) {
      out[FIRST_VALUE + i] = values.get(i).digits();
    }
    out[out.length - 1] = 0;
    return out;
  }

  /** A number with so many digits, or null. */
  static @Nullable Number rounded(double value, int digits) {
    if (!Double.isFinite(value)) {
      return null;
    }
    if (digits == 0) {
      return Math.round(value);
    }
    double scale = Math.pow(10, digits);
    double scaled = value * scale;
    return Math.abs(scaled) > 1e15 ? value : Math.rint(scaled) / scale;
  }
}
