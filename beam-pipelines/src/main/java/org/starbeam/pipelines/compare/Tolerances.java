package org.starbeam.pipelines.compare;

/**
 * Which differences between two runs are flagged (specs/05 section 5.4).
 *
 * @param absolute change of a metric that is always good, in its unit
 * @param relative change of a metric, as a fraction of the base, that is good
 * @param sigma change in scatters of the history, or in standard errors, that is good
 * @param magnitude median flux difference of matched rows that is good, mag
 * @param positionMas median position difference of matched rows that is good, mas
 * @param rows change of the number of rows of a table, as a fraction, that is good
 */
public record Tolerances(
    double absolute,
    double relative,
    double sigma,
    double magnitude,
    double positionMas,
    double rows) {
  public static Tolerances defaults() {
    return new Tolerances(0, 0.02, 4, 0.002, 2, 0.01);
  }
}
