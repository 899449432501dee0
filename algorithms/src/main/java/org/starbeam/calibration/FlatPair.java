package org.starbeam.calibration;

import java.io.Serializable;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/**
 * Mean and covariances of an amplifier in two flats of equal exposure, ADU (specs/01 section 5.5):
 *
 * <pre>
 * D    = (mu2 I1 - mu1 I2) / mu,   mu = (mu1 + mu2) / 2, less its mean
 * C_ij = 1/2 sum D(x, y) D(x + i, y +- j) / N_ij
 * </pre>
 *
 * <p>over the N_ij pairs of good pixels, averaged over both signs of j. Structure that both flats
 * have drops out of D.
 *
 * @param mean1 clipped mean of the first flat
 * @param mean2 of the second
 * @param covariance [i][j], i columns and j rows apart, ADU^2
 * @param pixels good pixels
 */
public record FlatPair(double mean1, double mean2, double[][] covariance, int pixels) {
  /**
   * @param lags covariances are measured at lags below this in both directions, 10
   * @param border pixels at the border of the amplifier that are left out, 20; an eighth of the
   *     shorter side where that is less
   * @param clip scatters from the mean at which a pixel is left out, 5.5
   * @param passes of the clipping, 3
   */
  public record Config(int lags, int border, double clip, int passes) implements Serializable {
    public static Config defaults() {
      return new Config(10, 20, 5.5, 3);
    }
  }

  /** Mean of both flats, ADU. */
  public double mean() {
    return (mean1 + mean2) / 2;
  }

  public double variance() {
    return covariance[0][0];
  }

  /** True where the pixels hold a signal of which anything can be learnt. */
  boolean isUsable(int minPixels) {
    return pixels >= minPixels && mean1 > 0 && mean2 > 0 && variance() > 0;
  }

  /** Which pairs are usable and not brighter than the one of largest variance. */
  static boolean[] belowTurnoff(List<FlatPair> pairs, int minPixels) {
    double top = Double.NaN;
    double largest = 0;
    for (FlatPair p : pairs) {
      if (p.isUsable(minPixels) && p.variance() > largest) {
        largest = p.variance();
        top = p.mean();
      }
    }
    boolean[] out = new boolean[pairs.size()];
    for (int p = 0; p < out.length; p++) {
      out[p] = pairs.get(p).isUsable(minPixels) && pairs.get(p).mean() <= top;
    }
    return out;
  }

  /**
   * The pair as it would be after the correction of the pixels {@code m + c_2 m^2 + ...}.
   *
   * @param coefficients c_2, c_3, ... for ADU
   */
  public FlatPair linearized(double[] coefficients) {
    double stretch = slope(mean1, coefficients) * slope(mean2, coefficients);
    double[][] out = new double[covariance.length][covariance.length];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < out.length; j++) {
        out[i][j] = covariance[i][j] * stretch;
      }
    }
    return new FlatPair(
        corrected(mean1, coefficients), corrected(mean2, coefficients), out, pixels);
  }

  private static double corrected(double m, double[] c) {
    double power = 0;
    for (int k = c.length - 1; k >= 0; k--) {
      power = (power + c[k]) * m;
    }
    return m + power * m;
  }

  private static double slope(double m, double[] c) {
    double sum = 0;
    for (int k = c.length - 1; k >= 0; k--) {
      sum = (sum + (k + 2) * c[k]) * m;
    }
    return 1 + sum;
  }

  /**
   * Measures an amplifier in a pair.
   *
   * @param first electrons or ADU; not modified
   * @param second of the same detector; not modified
   * @param amplifier its pixels
   * @param planes mask planes with which a pixel of either flat is left out
   * @param gain what the images are divided by to have ADU
   * @param offset level of the images without light, ADU
   */
  public static FlatPair measure(
      MaskedImage first,
      MaskedImage second,
      Box amplifier,
      int planes,
      double gain,
      double offset,
      Config config) {
    Box box = inner(amplifier, config.border);
    MaskI bad = new MaskI(box);
    mark(bad, first.mask().view(box), planes);
    mark(bad, second.mask().view(box), planes);
    ImageF i1 = scaled(first.image().view(box), gain, offset);
    ImageF i2 = scaled(second.image().view(box), gain, offset);
    double mean1 = clip(i1, bad, config);
    double mean2 = clip(i2, bad, config);
    float weight1 = (float) (2 * mean2 / (mean1 + mean2));
    float weight2 = (float) (2 * mean1 / (mean1 + mean2));
    ImageF difference = new ImageF(box);
    for (int i = 0; i < difference.data.length; i++) {
      difference.data[i] = weight1 * i1.data[i] - weight2 * i2.data[i];
    }
    int good = center(difference, bad, clip(difference, bad, config));
    return new FlatPair(mean1, mean2, covariances(difference, bad, config.lags), good);
  }

  private static Box inner(Box box, int border) {
    int cut = Math.min(border, Math.min(box.width(), box.height()) / 8);
    return new Box(box.x0() + cut, box.y0() + cut, box.width() - 2 * cut, box.height() - 2 * cut);
  }

  private static void mark(MaskI bad, MaskI mask, int planes) {
    for (int y = 0; y < bad.height(); y++) {
      for (int x = 0; x < bad.width(); x++) {
        if ((mask.data[mask.offset + y * mask.stride + x] & planes) != 0) {
          bad.data[y * bad.stride + x] = 1;
        }
      }
    }
  }

  private static ImageF scaled(ImageF image, double gain, double offset) {
    ImageF out = ImageF.wrap(image.box(), image.toArray());
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] = (float) (out.data[i] / gain - offset);
    }
    return out;
  }

  /** Marks what lies outside the clip; the mean of the rest. */
  private static double clip(ImageF image, MaskI bad, Config config) {
    ClippedStatistics.Result r =
        new ClippedStatistics(new ClippedStatistics.Config(config.clip, config.passes, false))
            .of(image, bad, 1);
    double reach = config.clip * r.sdClip();
    for (int i = 0; i < bad.data.length; i++) {
      if (!(Math.abs(image.data[i] - r.meanClip()) <= reach)) {
        bad.data[i] = 1;
      }
    }
    return r.meanClip();
  }

  /** Subtracts the mean, sets bad pixels to 0 and counts the good ones. */
  private static int center(ImageF difference, MaskI bad, double mean) {
    int good = 0;
    for (int i = 0; i < bad.data.length; i++) {
      boolean isBad = bad.data[i] != 0;
      difference.data[i] = isBad ? 0 : (float) (difference.data[i] - mean);
      good += isBad ? 0 : 1;
    }
    return good;
  }

  private static double[][] covariances(ImageF difference, MaskI bad, int lags) {
    double[][] out = new double[lags][lags];
    for (int i = 0; i < lags; i++) {
      for (int j = 0; j < lags; j++) {
        double up = covariance(difference, bad, i, j);
        boolean once = i == 0 || j == 0;
        out[i][j] = once ? up : (up + covariance(difference, bad, -i, j)) / 2;
      }
    }
    return out;
  }

  /** Half the mean product of pixels dx columns and dy rows apart; dy is not negative. */
  private static double covariance(ImageF d, MaskI bad, int dx, int dy) {
    int from = Math.max(0, -dx);
    int to = d.width() - Math.max(0, dx);
    double sum = 0;
    long n = 0;
    for (int y = 0; y + dy < d.height(); y++) {
      int p = y * d.stride;
      int q = (y + dy) * d.stride + dx;
      for (int x = from; x < to; x++) {
        sum += (double) d.data[p + x] * d.data[q + x];
        n += 1 - (bad.data[p + x] | bad.data[q + x]);
      }
    }
    return n == 0 ? Double.NaN : sum / (2 * n);
  }
}
