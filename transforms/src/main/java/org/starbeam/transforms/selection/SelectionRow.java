package org.starbeam.transforms.selection;

import org.jspecify.annotations.Nullable;
import org.starbeam.sky.SkyPolygon;

/** One row as the predicate sees it. */
public interface SelectionRow {
  /**
   * Value of a field: Long for integers, Double for reals and times (TAI MJD), String for text;
   * null when it is not known.
   */
  @Nullable Object value(Field field);

  /** The sky that the row's image covers, or null when it is not known. */
  default @Nullable SkyPolygon footprint() {
    return null;
  }
}
