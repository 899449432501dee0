package org.starbeam.measurement;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * Star or galaxy from the sizes in all bands (specs/04 section 10; after Slater, Ivezic and Lupton
 * 2020): the ratio of the likelihoods of the excess sizes t_b = T_b - Tpsf_b,
 *
 * <pre>
 *   p(t | star)   = N(t; 0, S),     S_bc = s_b^2 [b = c] + Tpsf_b Tpsf_c eps_b eps_c R_bc
 *   p(t | galaxy) = sum over q of h_q N(t; Tgal(R_q), S_q + width of the node)
 * </pre>
 *
 * with eps the relative error of the PSF model's size (R_bc = 1/2 between bands), and half-light
 * radii R_q of a lognormal whose median falls with magnitude. The error s is that of an object of
 * the size in question: the error from the pixels times sqrt(T / measured T), T = Tpsf for a star
 * and Tpsf + Tgal for a galaxy. Noise that makes an object big makes the measured error too big;
 * with this power the probabilities of simulated stamps are the frequencies of stars. A node is as
 * wide as the step between nodes, so that the sum is smooth however small the errors are.
 *
 * <p>One band may say nothing: with a small chance its size is that of a neighbour's remains, of a
 * defect or of a wrong PSF, and as likely for a star as for a galaxy. Without that, one band at ten
 * errors would decide against all others.
 */
public final class StarGalaxyOdds {
  /**
   * @param minSnr point-source S/N below which a band is left out
   * @param correlation of the PSF size's errors between bands
   * @param medianReff half-light radius in arcsec at the magnitude zeroMagnitude
   * @param zeroMagnitude AB magnitude of the flux summed over bands
   * @param slope of log10 radius with magnitude
   * @param scatter of log10 radius
   * @param maxMagnitudes distance from zeroMagnitude beyond which the radius stays
   * @param nodes radii in the sum, over three times the scatter to each side
   * @param outliers chance that the size of a band says nothing
   * @param outlierWidth of such sizes about that of the PSF, in units of Tpsf
   */
  public record Config(
      double minSnr,
      double correlation,
      double medianReff,
      double zeroMagnitude,
      double slope,
      double scatter,
      double maxMagnitudes,
      int nodes,
      double outliers,
      double outlierWidth)
      implements Serializable {
    public static Config defaults() {
      return new Config(3, 0.5, 0.2, 23.4, -0.14, 0.2, 12.5, 16, 0.02, 0.5);
    }
  }

  /**
   * The size of an object in one band.
   *
   * @param excess T - Tpsf in pixel^2
   * @param err error of T from the pixels
   * @param psfErr relative error of Tpsf
   * @param sizes of galaxies with the PSF of the band
   * @param snr point-source S/N
   */
  public record BandSize(double excess, double err, double psfErr, GalaxySizes sizes, double snr) {
    /**
     * The size that makes a model with an extent better than a point, where no size was measured.
     * Two round Gaussians whose T are in the ratio r overlap by 2 sqrt(r) / (1 + r), so that a
     * source of the larger one, seen with the S/N of its own shape, is worse described by the
     * smaller one by chi^2 = S/N^2 ((r - 1) / (r + 1))^2; and S/N^2 is that of the point plus this
     * chi^2. The error is such that the source is sqrt(chi^2) errors away from a star.
     *
     * @param deltaLnLikelihood of the model with an extent over the point, all bands
     * @param psfErr relative error of Tpsf
     * @param sizes of galaxies with the PSF
     * @param snr point-source S/N of all bands together
     */
    public static BandSize ofModel(
        double deltaLnLikelihood, double psfErr, GalaxySizes sizes, double snr) {
      double psf = sizes.psfTrace();
      double chi2 = Math.max(0, 2 * deltaLnLikelihood);
      double share = Math.sqrt(chi2 / (snr * snr + chi2));
      double excess = psf * 2 * share / (1 - share);
      double perError = chi2 > 0 ? excess / Math.sqrt(chi2) : 2 * psf / snr;
      double err = perError * Math.sqrt((psf + excess) / psf);
      return new BandSize(excess, err, psfErr, sizes, snr);
    }
  }

  private static final double REACH = 3;

  private final Config config;

  public StarGalaxyOdds(Config config) {
    this.config = config;
  }

  /** Probability of a star by log odds without and the logarithm of the odds with prior. */
  public static double probability(double logOdds, double logPrior) {
    return 1 / (1 + Math.exp(-(logOdds + logPrior)));
  }

  /**
   * ln p(t | star) - ln p(t | galaxy), or nothing when no band can tell.
   *
   * @param magnitude AB magnitude of the flux summed over bands; NaN when it has none
   * @param pixelArcsec size of a pixel
   */
  public Optional<Double> logOdds(List<BandSize> bands, double magnitude, double pixelArcsec) {
    List<BandSize> used = bands.stream().filter(this::isUsable).toList();
    if (used.isEmpty()) {
      return Optional.empty();
    }
    double[] t = used.stream().mapToDouble(BandSize::excess).toArray();
    double[][] model = modelCovariance(used);
    double[] outlier = outliers(used);
    double[] zero = new double[t.length];
    double star = logDensity(t, covariance(used, model, zero, zero), outlier);
    double galaxy = galaxy(used, t, model, outlier, magnitude, pixelArcsec);
    return Optional.of(star - galaxy);
  }

  private boolean isUsable(BandSize b) {
    return b.snr() > config.minSnr
        && Double.isFinite(b.excess())
        && b.excess() + b.sizes().psfTrace() > 0
        && b.err() > 0
        && Double.isFinite(b.err())
        && Double.isFinite(b.sizes().excess(1));
  }

  /** Of each band the log density of a size that says nothing, with its odds. */
  private double[] outliers(List<BandSize> bands) {
    double[] out = new double[bands.size()];
    for (int i = 0; i < out.length; i++) {
      double width = config.outlierWidth * bands.get(i).sizes().psfTrace();
      double z = bands.get(i).excess() / width;
      out[i] = Math.log(config.outliers / (1 - config.outliers)) - 0.5 * z * z - Math.log(width);
    }
    return out;
  }

  /** ln N(x; 0, C), or of N over all bands but one, which is an outlier. */
  private static double logDensity(double[] x, double[][] c, double[] outlier) {
    int n = x.length;
    double[] terms = new double[n + 1];
    terms[n] = logNormal(x, c);
    for (int without = 0; without < n; without++) {
      double[] rest = new double[n - 1];
      double[][] part = new double[n - 1][n - 1];
      for (int i = 0; i < n - 1; i++) {
        int from = i < without ? i : i + 1;
        rest[i] = x[from];
        for (int j = 0; j < n - 1; j++) {
          part[i][j] = c[from][j < without ? j : j + 1];
        }
      }
      terms[without] = outlier[without] + logNormal(rest, part);
    }
    return logSum(terms);
  }

  private static double logSum(double[] terms) {
    double most = Double.NEGATIVE_INFINITY;
    for (double term : terms) {
      most = Math.max(most, term);
    }
    double sum = 0;
    for (double term : terms) {
      sum += Math.exp(term - most);
    }
    return most + Math.log(sum);
  }

  /** Covariance of the sizes that comes from the PSF model. */
  private double[][] modelCovariance(List<BandSize> bands) {
    int n = bands.size();
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      double err = bands.get(i).psfErr() * bands.get(i).sizes().psfTrace();
      for (int j = 0; j < n; j++) {
        double other = bands.get(j).psfErr() * bands.get(j).sizes().psfTrace();
        out[i][j] = err * other * (i == j ? 1 : config.correlation);
      }
    }
    return out;
  }

  /** The model's covariance, that of the pixels for objects of a size, and a a'. */
  private static double[][] covariance(
      List<BandSize> bands, double[][] model, double[] size, double[] a) {
    int n = size.length;
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        out[i][j] = model[i][j] + a[i] * a[j];
      }
      BandSize b = bands.get(i);
      double psf = b.sizes().psfTrace();
      double err = b.err() * Math.sqrt((psf + size[i]) / (psf + b.excess()));
      out[i][i] += err * err;
    }
    return out;
  }

  private double galaxy(
      List<BandSize> bands,
      double[] t,
      double[][] model,
      double[] outlier,
      double magnitude,
      double pixelArcsec) {
    double faint = magnitude - config.zeroMagnitude;
    double limited =
        Double.isNaN(faint)
            ? 0
            : Math.max(-config.maxMagnitudes, Math.min(config.maxMagnitudes, faint));
    double mean = Math.log10(config.medianReff / pixelArcsec) + config.slope * limited;
    double step = 2 * REACH / config.nodes;
    double[] terms = new double[config.nodes];
    double weights = 0;
    for (int q = 0; q < config.nodes; q++) {
      double z = -REACH + (q + 0.5) * step;
      double weight = Math.exp(-0.5 * z * z);
      weights += weight;
      double reff = Math.pow(10, mean + config.scatter * z);
      double far = Math.pow(10, mean + config.scatter * (z + 0.5 * step));
      terms[q] = Math.log(weight) + node(bands, t, model, outlier, reff, far);
    }
    return logSum(terms) - Math.log(weights);
  }

  /** ln N(t; Tgal(R), S + a a') with a the change of Tgal over half a step. */
  private static double node(
      List<BandSize> bands,
      double[] t,
      double[][] model,
      double[] outlier,
      double reff,
      double far) {
    int n = t.length;
    double[] size = new double[n];
    double[] rest = new double[n];
    double[] wide = new double[n];
    for (int i = 0; i < n; i++) {
      size[i] = bands.get(i).sizes().excess(reff);
      rest[i] = t[i] - size[i];
      wide[i] = bands.get(i).sizes().excess(far) - size[i];
    }
    return logDensity(rest, covariance(bands, model, size, wide), outlier);
  }

  /** ln N(x; 0, C) without the powers of 2 pi, by Cholesky decomposition. */
  private static double logNormal(double[] x, double[][] c) {
    int n = x.length;
    double[][] l = new double[n][n];
    double[] z = new double[n];
    double out = 0;
    for (int i = 0; i < n; i++) {
      double rest = x[i];
      for (int j = 0; j <= i; j++) {
        double sum = c[i][j];
        for (int k = 0; k < j; k++) {
          sum -= l[i][k] * l[j][k];
        }
        l[i][j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
        rest -= j < i ? l[i][j] * z[j] : 0;
      }
      z[i] = rest / l[i][i];
      out -= 0.5 * z[i] * z[i] + Math.log(l[i][i]);
    }
    return out;
  }
}
