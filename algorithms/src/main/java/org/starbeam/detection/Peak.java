package org.starbeam.detection;

import java.util.Comparator;

/**
 * A local extremum of the significance inside a footprint.
 *
 * @param x column of the pixel
 * @param y row of the pixel
 * @param significance signed significance there; negative in footprints of negative polarity
 */
public record Peak(int x, int y, float significance) {
  /** Strongest first, then (y, x). */
  public static final Comparator<Peak> STRONGEST_FIRST =
      Comparator.comparingDouble((Peak p) -> -Math.abs(p.significance))
          .thenComparingInt(Peak::y)
          .thenComparingInt(Peak::x);

  /** By row, then column, then strength: the order in which sources are numbered. */
  public static final Comparator<Peak> BY_POSITION =
      Comparator.comparingInt(Peak::y)
          .thenComparingInt(Peak::x)
          .thenComparingDouble(p -> -Math.abs(p.significance));
}
