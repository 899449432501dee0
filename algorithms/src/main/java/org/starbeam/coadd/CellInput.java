package org.starbeam.coadd;

import java.util.Comparator;

/**
 * One entry of a cell's input list.
 *
 * @param visit visit id
 * @param detector detector number
 * @param weight integer weight
 * @param maskedFraction share of masked pixels in the inner cell, 0 to 1
 * @param artifactArea pixels of the inner cell taken away by artifact masks
 * @param statistics numbers of the input at the cell
 */
public record CellInput(
    long visit,
    int detector,
    int weight,
    double maskedFraction,
    int artifactArea,
    InputStatistics statistics) {
  /** Canonical order; the last two terms only order what is twice in the list. */
  public static final Comparator<CellInput> ORDER =
      Comparator.comparingLong(CellInput::visit)
          .thenComparingInt(CellInput::detector)
          .thenComparingInt(CellInput::weight)
          .thenComparingDouble(CellInput::maskedFraction);

  /** True for the same visit and detector. */
  public boolean isSameImage(CellInput other) {
    return visit == other.visit && detector == other.detector;
  }
}
