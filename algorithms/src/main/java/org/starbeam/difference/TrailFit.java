package org.starbeam.difference;

import org.hipparchus.special.Erf;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;

/**
 * A source that moves during the exposure (specs/03 section 7.9): a segment of length L and
 * direction theta, convolved with a Gaussian of the PSF's determinant radius sigma,
 *
 * <pre>  f(u, v) = F / L g(v) [erf((u + L/2) / s) - erf((u - L/2) / s)] / 2,  s = sqrt(2) sigma
 * </pre>
 *
 * with u along the segment, v across and g the normal density. Parameters x, y, F, L and theta are
 * fitted to the pixels within 4 sigma of the segment that the moments suggest. F is corrected by
 * the flux that the Gaussian gives to the PSF itself.
 */
public final class TrailFit {
  /** Pixels around the segment, in sigmas. */
  private static final double REACH = 4;

  /** Shortest length at the start, in sigmas. */
  private static final double LEAST_START = 0.5;

  /** Longest segment at the start, in sigmas: moments of what is no trail may be any. */
  private static final double MOST_START = 20;

  private static final int FEWEST_PIXELS = 12;

  /**
   * A trail.
   *
   * @param x centre
   * @param y centre
   * @param flux whole flux
   * @param fluxErr its error
   * @param length in pixels, not negative
   * @param lengthErr its error
   * @param angle of the segment from x to y, radians
   * @param chi2 of the pixels
   * @param pointChi2 of the same pixels with the best point source
   * @param edge whether the segment reaches the border of the image
   */
  public record Trail(
      double x,
      double y,
      double flux,
      double fluxErr,
      double length,
      double lengthErr,
      double angle,
      double chi2,
      double pointChi2,
      boolean edge) {
    /** A trail that is longer than noise makes it and explains the pixels better than a point. */
    public boolean isMoving() {
      return length > 3 * lengthErr && flux > 5 * fluxErr && chi2 < pointChi2 - 9;
    }
  }

  private final MaskedImage image;
  private final double sigma;
  private final int[] at;
  private final int n;

  private TrailFit(MaskedImage image, double sigma, int[] at, int n) {
    this.image = image;
    this.sigma = sigma;
    this.at = at;
    this.n = n;
  }

  /**
   * Fits a positive source.
   *
   * @param moments {xx, yy, xy} of the source in pixel^2; those of the PSF when there are none
   * @param psf at the position
   * @param sigma determinant radius of the PSF in pixels
   * @return null when there are too few pixels or the fit does not converge
   */
  static @Nullable Trail of(
      MaskedImage image, double x, double y, double[] moments, ImageD psf, double sigma) {
    double half = Math.hypot((moments[0] - moments[1]) / 2, moments[2]);
    double along = (moments[0] + moments[1]) / 2 + half - sigma * sigma;
    double angle = Math.atan2(2 * moments[2], moments[0] - moments[1]) / 2;
    double length = Math.sqrt(12 * Math.max(0, along));
    double start = Math.max(LEAST_START * sigma, Math.min(MOST_START * sigma, length));
    TrailFit fit = around(image, x, y, start, angle, sigma);
    return fit.n < FEWEST_PIXELS ? null : fit.from(x, y, start, angle, psf);
  }

  /** Collects the good pixels around a segment. */
  private static TrailFit around(
      MaskedImage image, double x, double y, double length, double angle, double sigma) {
    double reach = REACH * sigma;
    int half = (int) Math.ceil(length / 2 + reach);
    Box box = Box.around((int) Math.rint(x), (int) Math.rint(y), half).intersect(image.box());
    int[] at = new int[2 * box.area()];
    int n = 0;
    for (int py = box.y0(); py < box.y1(); py++) {
      for (int px = box.x0(); px < box.x1(); px++) {
        double u = (px - x) * Math.cos(angle) + (py - y) * Math.sin(angle);
        double v = (py - y) * Math.cos(angle) - (px - x) * Math.sin(angle);
        double beyond = Math.max(0, Math.abs(u) - length / 2);
        if (Math.hypot(beyond, v) <= reach && GoodPixels.isGood(image, px, py)) {
          at[2 * n] = px;
          at[2 * n + 1] = py;
          n++;
        }
      }
    }
    return new TrailFit(image, sigma, at, n);
  }

  private @Nullable Trail from(double x, double y, double length, double angle, ImageD psf) {
    double[] data = new double[n];
    double[] weight = new double[n];
    double[] point = new double[n];
    for (int i = 0; i < n; i++) {
      data[i] = image.image().get(at[2 * i], at[2 * i + 1]);
      weight[i] = 1 / image.variance().get(at[2 * i], at[2 * i + 1]);
      point[i] = GoodPixels.value(psf, at[2 * i], at[2 * i + 1]);
    }
    double[] shape = new double[n];
    evaluate(new double[] {x, y, 1, length, angle}, shape, new double[n][5]);
    double flux = scaleOf(shape, data, weight);
    PixelFit.Result r =
        PixelFit.fit(this::evaluate, data, weight, new double[] {x, y, flux, length, angle});
    if (r == null) {
      return null;
    }
    double[] p = r.parameters();
    double correction = psfCorrection(x, y, point);
    return new Trail(
        p[0],
        p[1],
        p[2] * correction,
        r.error(2) * correction,
        Math.abs(p[3]),
        r.error(3),
        p[4],
        r.chi2(),
        pointChi2(psf, data, weight),
        reachesEdge(p));
  }

  /** Flux of the PSF over that of the Gaussian fitted to it. */
  private double psfCorrection(double x, double y, double[] point) {
    double[] gaussian = new double[n];
    evaluate(new double[] {x, y, 1, 1e-3 * sigma, 0}, gaussian, new double[n][5]);
    double[] equal = new double[n];
    java.util.Arrays.fill(equal, 1);
    double flux = scaleOf(gaussian, point, equal);
    return flux > 0 ? 1 / flux : 1;
  }

  /** Factor of a shape that fits the data best. */
  private static double scaleOf(double[] shape, double[] data, double[] weight) {
    double up = 0;
    double down = 0;
    for (int i = 0; i < data.length; i++) {
      up += weight[i] * shape[i] * data[i];
      down += weight[i] * shape[i] * shape[i];
    }
    return down > 0 ? up / down : 0;
  }

  /** Chi-square of a point source whose flux and place, to first order, are free. */
  private double pointChi2(ImageD psf, double[] data, double[] weight) {
    double[][] a = new double[3][3];
    double[] b = new double[3];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      int x = at[2 * i];
      int y = at[2 * i + 1];
      double[] row = {
        GoodPixels.value(psf, x, y),
        (GoodPixels.value(psf, x + 1, y) - GoodPixels.value(psf, x - 1, y)) / 2,
        (GoodPixels.value(psf, x, y + 1) - GoodPixels.value(psf, x, y - 1)) / 2
      };
      sum += weight[i] * data[i] * data[i];
      for (int j = 0; j < 3; j++) {
        b[j] += weight[i] * row[j] * data[i];
        for (int k = 0; k < 3; k++) {
          a[j][k] += weight[i] * row[j] * row[k];
        }
      }
    }
    double[][] inverse = StarShift.inverse(a);
    for (int j = 0; inverse != null && j < 3; j++) {
      for (int k = 0; k < 3; k++) {
        sum -= b[j] * inverse[j][k] * b[k];
      }
    }
    return sum;
  }

  private boolean reachesEdge(double[] p) {
    double dx = Math.abs(p[3] / 2 * Math.cos(p[4])) + sigma;
    double dy = Math.abs(p[3] / 2 * Math.sin(p[4])) + sigma;
    Box box = image.box();
    return p[0] - dx < box.x0()
        || p[0] + dx > box.x1() - 1
        || p[1] - dy < box.y0()
        || p[1] + dy > box.y1() - 1;
  }

  private double normal(double t) {
    return Math.exp(-0.5 * t * t / (sigma * sigma)) / (Math.sqrt(2 * Math.PI) * sigma);
  }

  /** Parameters x, y, F, L, theta. */
  private void evaluate(double[] p, double[] values, double[][] jacobian) {
    double cos = Math.cos(p[4]);
    double sin = Math.sin(p[4]);
    double length = Math.max(1e-3 * sigma, Math.abs(p[3]));
    double root = Math.sqrt(2) * sigma;
    for (int i = 0; i < n; i++) {
      double dx = at[2 * i] - p[0];
      double dy = at[2 * i + 1] - p[1];
      double u = dx * cos + dy * sin;
      double v = dy * cos - dx * sin;
      double across = normal(v);
      double before = normal(u + length / 2);
      double after = normal(u - length / 2);
      double along = Erf.erf((u - length / 2) / root, (u + length / 2) / root) / (2 * length);
      double slopeU = (before - after) / length;
      double slopeV = -v / (sigma * sigma) * across;
      double slopeL = ((before + after) / 2 - along) / length;
      values[i] = p[2] * across * along;
      jacobian[i][0] = p[2] * (-cos * across * slopeU + sin * along * slopeV);
      jacobian[i][1] = p[2] * (-sin * across * slopeU - cos * along * slopeV);
      jacobian[i][2] = across * along;
      jacobian[i][3] = p[2] * across * slopeL * Math.signum(p[3]);
      jacobian[i][4] = p[2] * (v * across * slopeU - u * along * slopeV);
    }
  }
}
