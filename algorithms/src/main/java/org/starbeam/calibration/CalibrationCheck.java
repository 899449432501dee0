package org.starbeam.calibration;

import org.jspecify.annotations.Nullable;

/**
 * One statistic of the verification of a calibration product (specs/01 section 8).
 *
 * @param amplifier name; null for one of the whole detector
 * @param test name, for example {@code NOISE}
 * @param value measured; NaN when it could not be
 * @param reference what it is compared with; NaN for none
 * @param low smallest value that is good; NaN for no limit
 * @param high largest value that is good; NaN for no limit
 * @param severity what a value outside means
 * @param n pixels, or for a detector amplifiers, behind the value
 */
public record CalibrationCheck(
    @Nullable String amplifier,
    String test,
    double value,
    double reference,
    double low,
    double high,
    Severity severity,
    long n) {
  /** What a failed check means. */
  public enum Severity {
    /** Nothing: the value is told. */
    INFO,
    /** The product is certified and should be looked at. */
    WARN,
    /** The amplifier fails. */
    FAIL
  }

  /** Whether the value is good; null when it was not measured. */
  public @Nullable Boolean passes() {
    return Double.isNaN(value) ? null : !(value < low) && !(value > high);
  }

  /** True for a check of severity FAIL whose value is not good. */
  public boolean fails() {
    return severity == Severity.FAIL && Boolean.FALSE.equals(passes());
  }

  @Override
  public String toString() {
    String of = amplifier == null ? "" : " of " + amplifier;
    return "%s%s %.4g, good from %.4g to %.4g".formatted(test, of, value, low, high);
  }
}
