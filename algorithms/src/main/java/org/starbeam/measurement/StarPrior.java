package org.starbeam.measurement;

import java.io.Serializable;
import java.util.List;

/**
 * How many stars there are to a galaxy before anything is seen of an object (specs/04 section 10):
 * a table in galactic latitude and magnitude, the logarithm of the odds linear between its nodes.
 *
 * @param latitudes absolute galactic latitudes, degrees, rising
 * @param magnitudes AB, point-source flux in the reference band, rising
 * @param odds stars to galaxies, latitude by latitude
 */
public record StarPrior(List<Double> latitudes, List<Double> magnitudes, List<Double> odds)
    implements Serializable {
  public StarPrior {
    latitudes = List.copyOf(latitudes);
    magnitudes = List.copyOf(magnitudes);
    odds = List.copyOf(odds);
    table(latitudes, magnitudes, odds);
  }

  /** As many stars as galaxies everywhere. */
  public static StarPrior even() {
    return new StarPrior(List.of(0.0), List.of(0.0), List.of(1.0));
  }

  /**
   * Natural logarithm of the odds.
   *
   * @param latitude galactic, degrees
   * @param magnitude that of the faintest node when it is NaN
   */
  public double logOdds(double latitude, double magnitude) {
    return table(latitudes, magnitudes, odds).at(Math.abs(latitude), magnitude);
  }

  private static BilinearTable table(
      List<Double> latitudes, List<Double> magnitudes, List<Double> odds) {
    double[] logs = odds.stream().mapToDouble(Math::log).toArray();
    return new BilinearTable("starPrior", latitudes, magnitudes, logs);
  }
}
