package org.starbeam.difference;

import java.util.ArrayList;
import java.util.List;
import org.hipparchus.special.Gamma;
import org.jspecify.annotations.Nullable;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * Two lobes of opposite sign (specs/03 section 7.9):
 *
 * <pre>  D = F_p phi_D(x - p) - F_n phi_D(x - n),  S = F_p phi_S(x - p),  T = F_n phi_T(x - n)
 * </pre>
 *
 * D is the difference, S the science image and T the matched template, the latter two less a plane
 * through the pixels around and with half the weight of D. D alone does not tell flux and
 * separation apart below one sigma of the PSF (DMTN-007). Parameters x_p, y_p, x_n, y_n, F_p, F_n
 * by Levenberg-Marquardt steps from the brightest and the faintest pixel; the PSF moves by shifting
 * its stamp, its derivatives are differences over a pixel. The errors know that the three images
 * share their noise ({@link DipoleNoise}).
 */
public final class DipoleFit {
  /** Radius of the pixels of the fit, in sigmas of the PSF. */
  private static final double REACH = 5;

  /** Half side of the square in which the extreme pixels are looked for, in sigmas. */
  private static final double SEARCH = 2.5;

  /** Outer radius of the ring that gives the planes, in sigmas. */
  private static final double RING = 8;

  private static final double BEFORE_SUBTRACTION = 0.5;
  private static final double LEAST_SNR = 7.07;
  private static final double MOST_SHARE = 0.65;
  private static final double LEAST_PROBABILITY = 0.05;

  /**
   * A dipole; fluxes of both lobes are positive for a star that has moved.
   *
   * @param x0 positive lobe
   * @param y0 positive lobe
   * @param x1 negative lobe
   * @param y1 negative lobe
   * @param positive flux of the positive lobe
   * @param positiveErr its error
   * @param negative absolute flux of the negative lobe
   * @param negativeErr its error
   * @param covariance of the two
   * @param chi2 of the difference's pixels
   * @param pixels their number
   */
  public record Dipole(
      double x0,
      double y0,
      double x1,
      double y1,
      double positive,
      double positiveErr,
      double negative,
      double negativeErr,
      double covariance,
      double chi2,
      int pixels) {
    public double meanFlux() {
      return (positive + negative) / 2;
    }

    public double meanFluxErr() {
      return Math.sqrt(variance(1)) / 2;
    }

    public double fluxDifference() {
      return positive - negative;
    }

    public double fluxDifferenceErr() {
      return Math.sqrt(variance(-1));
    }

    private double variance(int sign) {
      double apart = positiveErr * positiveErr + negativeErr * negativeErr;
      return Math.max(0, apart + 2 * sign * covariance);
    }

    public double length() {
      return Math.hypot(x0 - x1, y0 - y1);
    }

    /** Both lobes are significant, neither has most of the light, and they explain the pixels. */
    public boolean isDipole() {
      double snr = Math.hypot(positive / positiveErr, negative / negativeErr);
      double most = MOST_SHARE * (positive + negative);
      return positive > 0
          && negative > 0
          && snr > LEAST_SNR
          && positive < most
          && negative < most
          && Gamma.regularizedGammaQ((pixels - 6) / 2.0, chi2 / 2) > LEAST_PROBABILITY;
    }
  }

  private final List<Layer> layers;
  private final DipoleNoise noise;

  private DipoleFit(List<Layer> layers, DipoleNoise noise) {
    this.layers = layers;
    this.noise = noise;
  }

  /**
   * Fits.
   *
   * @param x middle of the source
   * @param y middle of the source
   * @param sigma of the PSF in pixels
   * @param modelError relative error of the light that was subtracted
   * @return null when pixels are missing or the fit does not converge
   */
  static @Nullable Dipole of(
      Difference difference,
      Exposure science,
      double x,
      double y,
      double sigma,
      double modelError) {
    MaskedImage image = difference.image();
    ImageF template = difference.matchedTemplate();
    ImageF direct = science.pixels().image();
    Box box =
        Box.around((int) Math.rint(x), (int) Math.rint(y), (int) Math.ceil(REACH * sigma))
            .intersect(image.box());
    int search = (int) Math.ceil(SEARCH * sigma);
    double[] start =
        start(image, Box.around((int) Math.rint(x), (int) Math.rint(y), search).intersect(box));
    if (start.length == 0) {
      return null;
    }
    Region region = new Region(image, box, x, y, sigma, template, modelError);
    List<Layer> layers = new ArrayList<>();
    layers.add(region.layer(image.image(), difference.psf(), 1, -1, 1, false));
    layers.add(region.layer(direct, science.psf(), 1, 0, BEFORE_SUBTRACTION, true));
    layers.add(region.layer(template, difference.matchedPsf(), 0, 1, BEFORE_SUBTRACTION, true));
    if (region.n < 20) {
      return null;
    }
    start[4] = start[5] = Math.max(1e-30, fluxAt(template, difference.matchedPsf(), x, y));
    DipoleNoise noise =
        new DipoleNoise(
            image.variance(),
            science.pixels().variance(),
            templateVariance(difference, x, y),
            Math.max(1, difference.noiseScale()),
            region.at);
    return new DipoleFit(layers, noise).from(start, 2 * REACH * sigma);
  }

  private static double fluxAt(ImageF image, PsfModel psf, double x, double y) {
    return Math.abs(StarShift.flux(image, psf.image(x, y)));
  }

  /** Variance of white noise that would give the template's error of a point source. */
  private static double templateVariance(Difference difference, double x, double y) {
    double err = difference.templateFluxErr(x, y);
    return Double.isFinite(err) ? err * err * sumOfSquares(difference.matchedPsf().image(x, y)) : 0;
  }

  private static double sumOfSquares(ImageD psf) {
    double sum = 0;
    for (double value : psf.data) {
      sum += value * value;
    }
    return sum;
  }

  /** The extreme pixels; nothing when one of them is missing. */
  private static double[] start(MaskedImage image, Box box) {
    double[] out = {Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, 0};
    double high = 0;
    double low = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double d =
            (image.mask().get(x, y) & GoodPixels.UNUSABLE) == 0 ? image.image().get(x, y) : 0;
        if (d > high) {
          high = d;
          out[0] = x;
          out[1] = y;
        }
        if (d < low) {
          low = d;
          out[2] = x;
          out[3] = y;
        }
      }
    }
    return high > 0 && low < 0 ? out : new double[0];
  }

  private @Nullable Dipole from(double[] start, double furthest) {
    int n = layers.get(0).n();
    double[] data = new double[layers.size() * n];
    double[] weight = new double[data.length];
    for (int k = 0; k < layers.size(); k++) {
      System.arraycopy(layers.get(k).data, 0, data, k * n, n);
      System.arraycopy(layers.get(k).weight, 0, weight, k * n, n);
    }
    PixelFit.Result r = PixelFit.fit(this::evaluate, data, weight, start);
    if (r == null) {
      return null;
    }
    double[] p = r.parameters();
    double[] values = new double[data.length];
    double[][] jacobian = new double[data.length][6];
    evaluate(p, values, jacobian);
    double chi2 = 0;
    for (int i = 0; i < n; i++) {
      chi2 += weight[i] * (data[i] - values[i]) * (data[i] - values[i]);
    }
    double[][] covariance = noise.covariance(jacobian, weight, r.covariance());
    Dipole found =
        new Dipole(
            p[0],
            p[1],
            p[2],
            p[3],
            p[4],
            Math.sqrt(covariance[4][4]),
            p[5],
            Math.sqrt(covariance[5][5]),
            covariance[4][5],
            chi2,
            n);
    return found.length() <= furthest ? found : null;
  }

  private void evaluate(double[] p, double[] values, double[][] jacobian) {
    int n = layers.get(0).n();
    for (int k = 0; k < layers.size(); k++) {
      layers.get(k).add(p, values, jacobian, k * n);
    }
  }

  /** One of the three images. */
  private record Layer(
      double[] data, double[] weight, int[] at, PsfModel psf, int plus, int minus) {
    int n() {
      return data.length;
    }

    void add(double[] p, double[] values, double[][] jacobian, int from) {
      if (plus != 0) {
        lobe(p, 0, 4, plus, values, jacobian, from);
      }
      if (minus != 0) {
        lobe(p, 2, 5, minus, values, jacobian, from);
      }
    }

    private void lobe(
        double[] p, int place, int flux, int sign, double[] values, double[][] jac, int from) {
      ImageD now = psf.image(p[place], p[place + 1]);
      ImageD right = psf.image(p[place] + 0.5, p[place + 1]);
      ImageD left = psf.image(p[place] - 0.5, p[place + 1]);
      ImageD up = psf.image(p[place], p[place + 1] + 0.5);
      ImageD down = psf.image(p[place], p[place + 1] - 0.5);
      for (int i = 0; i < n(); i++) {
        int x = at[2 * i];
        int y = at[2 * i + 1];
        double value = GoodPixels.value(now, x, y);
        values[from + i] += sign * p[flux] * value;
        jac[from + i][flux] += sign * value;
        jac[from + i][place] +=
            sign * p[flux] * (GoodPixels.value(right, x, y) - GoodPixels.value(left, x, y));
        jac[from + i][place + 1] +=
            sign * p[flux] * (GoodPixels.value(up, x, y) - GoodPixels.value(down, x, y));
      }
    }
  }

  /** The pixels of the fit and those around them. */
  private static final class Region {
    private final double x;
    private final double y;
    private final int[] at;
    private final double[] weight;
    private final int n;
    private final Box ring;
    private final double inner;

    Region(
        MaskedImage image, Box box, double x, double y, double sigma, ImageF light, double error) {
      this.x = x;
      this.y = y;
      this.inner = REACH * sigma;
      this.ring =
          Box.around((int) Math.rint(x), (int) Math.rint(y), (int) Math.ceil(RING * sigma))
              .intersect(image.box());
      int[] places = new int[2 * box.area()];
      double[] weights = new double[box.area()];
      int found = 0;
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          double model = error * light.get(u, v);
          double variance = image.variance().get(u, v) + model * model;
          if (Math.hypot(u - x, v - y) <= inner && GoodPixels.isGood(image, u, v)) {
            places[2 * found] = u;
            places[2 * found + 1] = v;
            weights[found++] = 1 / variance;
          }
        }
      }
      this.n = found;
      this.at = java.util.Arrays.copyOf(places, 2 * found);
      this.weight = java.util.Arrays.copyOf(weights, found);
    }

    Layer layer(
        ImageF image, PsfModel psf, int plus, int minus, double share, boolean withBackground) {
      double[] plane = withBackground ? plane(image) : new double[3];
      double[] data = new double[n];
      double[] weights = new double[n];
      for (int i = 0; i < n; i++) {
        double dx = at[2 * i] - x;
        double dy = at[2 * i + 1] - y;
        data[i] = image.get(at[2 * i], at[2 * i + 1]) - plane[0] - plane[1] * dx - plane[2] * dy;
        weights[i] = share * weight[i];
      }
      return new Layer(data, weights, at, psf, plus, minus);
    }

    /** Constant and slopes of the ring around the pixels, clipped once at three sigma. */
    private double[] plane(ImageF image) {
      double[] all = plane(image, new double[3], Double.POSITIVE_INFINITY);
      return plane(image, all, 3 * all[3]);
    }

    private double[] plane(ImageF image, double[] around, double clip) {
      double[][] a = new double[3][3];
      double[] b = new double[3];
      double square = 0;
      int count = 0;
      for (int v = ring.y0(); v < ring.y1(); v++) {
        for (int u = ring.x0(); u < ring.x1(); u++) {
          double[] row = {1, u - x, v - y};
          double rest = image.get(u, v) - around[0] - around[1] * row[1] - around[2] * row[2];
          if (Math.hypot(row[1], row[2]) > inner && Math.abs(rest) <= clip) {
            square += rest * rest;
            count++;
            for (int i = 0; i < 3; i++) {
              b[i] += row[i] * image.get(u, v);
              for (int j = 0; j < 3; j++) {
                a[i][j] += row[i] * row[j];
              }
            }
          }
        }
      }
      double[][] inverse = count < 12 ? null : StarShift.inverse(a);
      double[] out = {0, 0, 0, count == 0 ? 0 : Math.sqrt(square / count)};
      for (int i = 0; inverse != null && i < 3; i++) {
        for (int j = 0; j < 3; j++) {
          out[i] += inverse[i][j] * b[j];
        }
      }
      return out;
    }
  }
}
