package org.starbeam.pipelines.audit;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.starbeam.transforms.dataset.TableSchemas;

/** Ranges that values must lie in, by the unit and the name of their column without the band. */
final class ValueRules {
  /** Largest flux in nJy that a telescope of this kind can have measured: magnitude 1.4. */
  static final double BRIGHTEST = 1e12;

  /**
   * A range.
   *
   * @param rule name of the rule
   * @param unit unit of the columns, or empty for any
   * @param says the range in words
   * @param condition what is wrong, in SQL, {@code $} for the column
   */
  record Rule(String rule, String unit, Pattern names, String says, String condition) {
    boolean isFor(TableSchemas.Column column) {
      return (unit.isEmpty() || unit.equals(column.unit()))
          && names.matcher(column.field()).matches();
    }

    String condition(String quoted) {
      return condition.replace("$", quoted);
    }
  }

  private static final List<Rule> RULES =
      List.of(
          rule("angle", "deg", "(.*_|ll|lr|ul|ur)?(c?ra)|.*Ra", "0 to 360", "$ < 0 or $ >= 360"),
          rule("angle", "deg", "(.*_|ll|lr|ul|ur)?(c?dec)|.*Dec", "-90 to 90", "abs($) > 90"),
          rule("angle", "deg", "altitude", "-90 to 90", "abs($) > 90"),
          rule("angle", "deg", "zenithDistance", "0 to 180", "$ < 0 or $ > 180"),
          rule("angle", "deg", ".*_theta", "0 to 180", "$ < 0 or $ > 180"),
          rule("angle", "deg", ".*(?<!Err)", "-360 to 360", "abs($) > 360"),
          rule(
              "probability",
              "",
              ".*(Prob|[mM]askedFrac|fracMasked|fracDev|fluxfrac|bulgeFraction|[eE]xtendedness"
                  + "|reliability|dataCoverage)",
              "0 to 1",
              "$ < 0 or $ > 1"),
          rule("correlation", "", ".*_rho", "-1 to 1", "abs($) > 1"),
          rule("size", "", "(moments_(psf_)?|shape_|i)(xx|yy)(PSF)?", "above 0", "$ <= 0"),
          rule(
              "size",
              "",
              ".*_reff_(x|y|major|minor)|seeing|psfSigma|psfArea",
              "0 or more",
              "$ < 0"),
          rule(
              "count",
              "",
              "n[A-Z].*|.*(Ndata|Count|NChild|NPeaks|nChild|Area)",
              "0 or more",
              "$ < 0"),
          rule("flux", "nJy", ".*", "below 1e12 nJy", "abs($) > " + BRIGHTEST));

  private ValueRules() {}

  private static Rule rule(String rule, String unit, String names, String says, String condition) {
    return new Rule(rule, unit, Pattern.compile(names), says, condition);
  }

  /** The first rule for a column. */
  static Optional<Rule> of(TableSchemas.Column column) {
    return RULES.stream().filter(rule -> rule.isFor(column)).findFirst();
  }
}
