package org.starbeam.measurement;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ClippedStatistics;

/**
 * Factor A(x, y) that brings a flux estimate onto the reference flux of the same stars (specs/02
 * section 8): the robust minimum of sum rho[(Fref - A F) / sigma] with sigma^2 = sigma_ref^2 +
 * (0.002 F)^2, linear in the coefficients of A, not a fit of the ratio. sigma_ref is the noise of
 * Fref - A F, which share their pixels. Tukey's biweight with c = 4.685, four rounds.
 *
 * @param flux the flux that is corrected
 * @param map the factor over the image
 * @param covariance of the map's coefficients in the order of {@code terms}
 * @param terms the degrees (in x, in y) of each coefficient of the covariance
 * @param stars number of stars with weight
 * @param scatter robust relative scatter of corrected stars
 */
public record ApertureCorrection(
    String flux,
    Chebyshev2D map,
    double[][] covariance,
    List<int[]> terms,
    int stars,
    double scatter) {

  /**
   * @param maxOrder total degree of the map with 30 stars or more
   * @param starsForLinear stars below which the map is constant
   * @param starsForMax stars below which it is linear
   * @param minStars fewest stars
   * @param relativeError scatter of a perfect star's ratio
   * @param variation prior deviation of each varying term: what a PSF model leaves. The noise of an
   *     aperture of 12 pixels about a few dozen stars is larger, and without it the map would add
   *     to every flux what it is meant to take away
   */
  public record Config(
      int maxOrder,
      int starsForLinear,
      int starsForMax,
      int minStars,
      double relativeError,
      double variation)
      implements Serializable {
    public static Config defaults() {
      return new Config(2, 12, 30, 4, 0.002, 0.004);
    }

    /** The same for a factor that does not vary. */
    public Config constant() {
      return new Config(0, starsForLinear, starsForMax, minStars, relativeError, variation);
    }
  }

  /** A star: position, both fluxes and their errors from the same pixels. */
  public record Star(
      double x, double y, double reference, double referenceErr, double flux, double fluxErr) {
    /** The same star with another flux. */
    public Star withFlux(double other) {
      return new Star(x, y, reference, referenceErr, other, fluxErr);
    }
  }

  private static final double TUKEY = 4.685;
  private static final int ROUNDS = 4;

  /** A factor that is the same everywhere and was not measured on the frame's own stars. */
  public static ApertureCorrection constant(String flux, Box box, double factor, double error) {
    return new ApertureCorrection(
        flux,
        Chebyshev2D.constant(box, factor),
        new double[][] {{error * error}},
        List.of(new int[] {0, 0}),
        0,
        error);
  }

  /**
   * @throws AlgorithmException {@code APCORR_TOO_FEW_STARS} with fewer stars than the least
   */
  public static ApertureCorrection fit(String flux, Box box, List<Star> stars, Config config) {
    List<Star> good =
        stars.stream()
            .filter(s -> s.flux > 0 && s.reference > 0 && s.referenceErr > 0 && s.fluxErr > 0)
            .toList();
    if (good.size() < config.minStars) {
      throw new AlgorithmException(
          "APCORR_TOO_FEW_STARS",
          "aperture correction of "
              + flux
              + " needs "
              + config.minStars
              + " stars, there are "
              + good.size());
    }
    int order =
        good.size() < config.starsForLinear
            ? 0
            : good.size() < config.starsForMax ? Math.min(1, config.maxOrder) : config.maxOrder;
    return fit(flux, box, good, order, config);
  }

  private static ApertureCorrection fit(
      String flux, Box box, List<Star> stars, int order, Config config) {
    int n = stars.size();
    double[] x = stars.stream().mapToDouble(Star::x).toArray();
    double[] y = stars.stream().mapToDouble(Star::y).toArray();
    double[] ratio = stars.stream().mapToDouble(s -> s.reference / s.flux).toArray();
    double[] inverse = new double[n];
    for (int i = 0; i < n; i++) {
      double sigma = sigma(stars.get(i), config) / stars.get(i).flux;
      inverse[i] = 1 / (sigma * sigma);
    }
    double median = ClippedStatistics.median(ratio);
    double[] model = new double[n];
    Arrays.fill(model, median);
    Chebyshev2D.Fit fit = Chebyshev2D.fit(box, 0, x, y, ratio, inverse);
    double[] weights = new double[n];
    for (int round = 0; round <= ROUNDS; round++) {
      double scale = scale(ratio, model, inverse);
      int used = 0;
      for (int i = 0; i < n; i++) {
        double t = (ratio[i] - model[i]) * Math.sqrt(inverse[i]) / (TUKEY * scale);
        double robust = Math.abs(t) < 1 ? (1 - t * t) * (1 - t * t) : 0;
        weights[i] = inverse[i] * robust;
        used += robust > 0 ? 1 : 0;
      }
      while (order > 0 && used < (order + 1) * (order + 2)) {
        order--;
      }
      fit = Chebyshev2D.fit(box, order, x, y, ratio, weights, config.variation);
      for (int i = 0; i < n; i++) {
        model[i] = fit.function().evaluate(x[i], y[i]);
      }
    }
    double[] relative = new double[n];
    for (int i = 0; i < n; i++) {
      relative[i] = ratio[i] / model[i] - 1;
    }
    return new ApertureCorrection(
        flux, fit.function(), fit.covariance(), fit.terms(), fit.n(), spread(relative));
  }

  /** Noise of Fref - A F for an estimate whose pixels are part of the reference's. */
  private static double sigma(Star s, Config config) {
    double a = s.reference / s.flux;
    double shared = a * s.fluxErr * a * s.fluxErr;
    double own =
        Math.max(s.referenceErr * s.referenceErr - shared, 0.04 * s.referenceErr * s.referenceErr);
    double relative = config.relativeError * s.reference;
    return Math.sqrt(own + relative * relative);
  }

  /** Robust width of the residuals in their errors, at least 1. */
  private static double scale(double[] ratio, double[] model, double[] inverse) {
    double[] pulls = new double[ratio.length];
    for (int i = 0; i < pulls.length; i++) {
      pulls[i] = (ratio[i] - model[i]) * Math.sqrt(inverse[i]);
    }
    return Math.max(1, spread(pulls));
  }

  private static double spread(double[] values) {
    double[] absolute = Arrays.stream(values).map(Math::abs).toArray();
    return ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(absolute);
  }

  public double evaluate(double x, double y) {
    return map.evaluate(x, y);
  }

  /** One sigma error of the factor at a place, from the noise of the stars. */
  public double error(double x, double y) {
    Box box = map.box();
    double u = 2 * (x - box.x0() + 0.5) / box.width() - 1;
    double v = 2 * (y - box.y0() + 0.5) / box.height() - 1;
    double[] basis = new double[terms.size()];
    for (int k = 0; k < basis.length; k++) {
      basis[k] = chebyshev(terms.get(k)[0], u) * chebyshev(terms.get(k)[1], v);
    }
    double sum = 0;
    for (int i = 0; i < basis.length; i++) {
      for (int j = 0; j < basis.length; j++) {
        sum += basis[i] * covariance[i][j] * basis[j];
      }
    }
    return Math.sqrt(Math.max(0, sum));
  }

  private static double chebyshev(int degree, double u) {
    return Math.cos(degree * Math.acos(Math.max(-1, Math.min(1, u))));
  }

  /**
   * Multiplies the flux of a source and its error by the factor, adds the factor's error, and sets
   * {@code flux_apCorr}.
   */
  public void apply(MeasuredSource source) {
    double factor = evaluate(source.x(), source.y());
    double err = error(source.x(), source.y());
    double value = source.get(flux) * factor;
    source.set(flux, value);
    source.set(
        Fields.err(flux),
        Math.hypot(source.get(Fields.err(flux)) * factor, source.get(flux) / factor * err));
    source.set(Fields.apCorr(flux), factor);
    source.set(Fields.apCorr(flux) + "Err", err);
  }
}
