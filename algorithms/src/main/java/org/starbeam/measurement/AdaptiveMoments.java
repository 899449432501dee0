package org.starbeam.measurement;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Second moments with a matched elliptical Gaussian weight (specs/02 section 9.1; Bernstein and
 * Jarvis 2002, Hirata and Seljak 2003): the fixed point
 *
 * <pre>
 *   M = 2 sum(w I d d') / sum(w I),  w = exp(-d' M^-1 d / 2),  sum(w I d) = 0
 * </pre>
 *
 * found by taking out the weight of the last step, M <- (Mw^-1 - M^-1)^-1, with steps limited in
 * units of the minor axis. flux = 2 sum(w I), rho4 = sum(w I rho^4) / sum(w I), 2 for a Gaussian.
 *
 * <p>A pixel that is masked, not finite or off the image gets the value of the current Gaussian,
 * scaled to the pixels that are there; zero would bias the moments. Errors are the linear response
 * of the fixed point to the variance plane. Units: pixel^2. Cost: about 100 sigma^2 pixels per
 * step, usually 4 to 8 steps.
 */
public final class AdaptiveMoments {
  /**
   * @param maxIterations steps before MAX_ITERATIONS
   * @param tolerance of a step, in units of the minor axis (or its square)
   * @param stepLimit longest step in the same units
   * @param maxMoment largest Mxx or Myy in pixel^2
   * @param maxShift farthest centroid from the start in pixels
   * @param maxMissing share of the weight that may be missing
   * @param badPlanes mask planes whose pixels count as missing
   * @param negative measures the image times -1
   */
  public record Config(
      int maxIterations,
      double tolerance,
      double stepLimit,
      double maxMoment,
      double maxShift,
      double maxMissing,
      int badPlanes,
      boolean negative)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          400,
          1e-7,
          0.25,
          8000,
          15,
          0.3,
          MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA,
          false);
    }

    /** The same for negative sources. */
    public Config forNegative() {
      return new Config(
          maxIterations, tolerance, stepLimit, maxMoment, maxShift, maxMissing, badPlanes, true);
    }
  }

  /** How a measurement ended. */
  public enum Status {
    OK,
    /** No usable pixel under the weight. */
    NO_PIXELS,
    /** The weighted sum is not positive. */
    NO_FLUX,
    /** The centroid ran away. */
    SHIFT,
    MAX_ITERATIONS,
    /** Moments beyond the limit, or not those of an ellipse. */
    BAD_MOMENTS,
    /** Too much of the weight is missing; the numbers are given. */
    NOT_CONTAINED
  }

  /**
   * The moments of one source; NaN unless the status is OK or NOT_CONTAINED.
   *
   * @param xxErr one sigma of Mxx, NaN without a variance plane
   * @param xxYyCov covariance of Mxx and Myy
   * @param missing share of the weight in missing pixels
   */
  public record Result(
      Status status,
      double x,
      double y,
      double xx,
      double yy,
      double xy,
      double flux,
      double rho4,
      double xxErr,
      double yyErr,
      double xyErr,
      double xxYyCov,
      double missing,
      int iterations) {
    public boolean isOk() {
      return status == Status.OK;
    }

    /** Mxx + Myy. */
    public double trace() {
      return xx + yy;
    }

    /** One sigma of Mxx + Myy, NaN without a variance plane. */
    public double traceErr() {
      return Math.sqrt(xxErr * xxErr + yyErr * yyErr + 2 * xxYyCov);
    }

    /** (Mxx - Myy) / T. */
    public double e1() {
      return (xx - yy) / (xx + yy);
    }

    /** 2 Mxy / T. */
    public double e2() {
      return 2 * xy / (xx + yy);
    }

    /** Fourth root of the determinant. */
    public double sigma() {
      return Math.sqrt(Math.sqrt(xx * yy - xy * xy));
    }

    static Result failed(Status status, int iterations) {
      double nan = Double.NaN;
      return new Result(
          status, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, iterations);
    }
  }

  /** rho^2 beyond which the weight, 1e-7, is cut: -2 ln(1e-7). */
  private static final double CUT = 32.236191301916641;

  private static final double MIN_DETERMINANT = 1e-8;

  private final Config config;

  public AdaptiveMoments(Config config) {
    this.config = config;
  }

  /** With {@link Config#defaults}. */
  public AdaptiveMoments() {
    this(Config.defaults());
  }

  /**
   * Moments of a source with errors.
   *
   * @param x start column
   * @param y start row
   * @param sigma start size in pixels
   */
  public Result measure(MaskedImage image, double x, double y, double sigma) {
    return measure(new MaskedPixels(image, config), x, y, sigma, true);
  }

  /** Moments of a noiseless image, for example of a PSF; all pixels are good. */
  public Result measure(ImageD image, double x, double y, double sigma) {
    return measure(new PlainPixels(image, config), x, y, sigma, false);
  }

  private Result measure(Pixels pixels, double x0, double y0, double sigma, boolean errors) {
    double x = x0;
    double y = y0;
    double xx = sigma * sigma;
    double yy = xx;
    double xy = 0;
    for (int i = 1; i <= config.maxIterations; i++) {
      Sums s = new Sums(x, y, xx, yy, xy);
      s.add(pixels);
      if (s.good == 0) {
        return Result.failed(Status.NO_PIXELS, i);
      }
      if (!(s.i > 0)) {
        return Result.failed(Status.NO_FLUX, i);
      }
      double[] step = s.step(config);
      if (converged(step)) {
        return result(pixels, s, i, errors);
      }
      x += step[0];
      y += step[1];
      xx += step[2];
      yy += step[3];
      xy += step[4];
      double det = xx * yy - xy * xy;
      if (!(det > MIN_DETERMINANT) || !(xx > 0) || Math.max(xx, yy) > config.maxMoment) {
        return Result.failed(Status.BAD_MOMENTS, i);
      }
      if (!(Math.hypot(x - x0, y - y0) <= config.maxShift)) {
        return Result.failed(Status.SHIFT, i);
      }
    }
    return Result.failed(Status.MAX_ITERATIONS, config.maxIterations);
  }

  private boolean converged(double[] step) {
    return step[5] < config.tolerance;
  }

  private Result result(Pixels pixels, Sums s, int iterations, boolean errors) {
    double[] c = errors ? s.covariance(pixels) : null;
    double missing = 1 - s.weightGood / s.weight;
    return new Result(
        missing > config.maxMissing ? Status.NOT_CONTAINED : Status.OK,
        s.x0,
        s.y0,
        s.mxx,
        s.myy,
        s.mxy,
        2 * s.i,
        s.r4 / s.i,
        root(c, 0),
        root(c, 1),
        root(c, 2),
        c == null ? Double.NaN : c[3],
        missing,
        iterations);
  }

  private static double root(double @Nullable [] covariance, int i) {
    return covariance == null ? Double.NaN : Math.sqrt(covariance[i]);
  }

  /** Pixel values, NaN where there is none. */
  private abstract static class Pixels {
    final Box box;
    final double sign;

    Pixels(Box box, boolean negative) {
      this.box = box;
      sign = negative ? -1 : 1;
    }

    abstract double at(int x, int y);

    abstract double variance(int x, int y);
  }

  private static final class MaskedPixels extends Pixels {
    private final MaskedImage image;
    private final int planes;

    MaskedPixels(MaskedImage image, Config config) {
      super(image.box(), config.negative);
      this.image = image;
      planes = config.badPlanes;
    }

    @Override
    double at(int x, int y) {
      return (image.mask().get(x, y) & planes) != 0 ? Double.NaN : sign * image.image().get(x, y);
    }

    @Override
    double variance(int x, int y) {
      double v = image.variance().get(x, y);
      return v > 0 && Double.isFinite(v) ? v : 0;
    }
  }

  private static final class PlainPixels extends Pixels {
    private final ImageD image;

    PlainPixels(ImageD image, Config config) {
      super(image.box(), config.negative);
      this.image = image;
    }

    @Override
    double at(int x, int y) {
      return sign * image.get(x, y);
    }

    @Override
    double variance(int x, int y) {
      return 0;
    }
  }

  /** Weighted sums about one centre with one weight matrix. */
  private static final class Sums {
    final double x0;
    final double y0;
    final double mxx;
    final double myy;
    final double mxy;
    final double pxx;
    final double pyy;
    final double pxy;
    private double i;
    private double ix;
    private double iy;
    private double ixx;
    private double iyy;
    private double ixy;
    private double r4;
    private double weight;
    private double weightGood;
    private int good;

    Sums(double x0, double y0, double mxx, double myy, double mxy) {
      this.x0 = x0;
      this.y0 = y0;
      this.mxx = mxx;
      this.myy = myy;
      this.mxy = mxy;
      double det = mxx * myy - mxy * mxy;
      pxx = myy / det;
      pyy = mxx / det;
      pxy = -mxy / det;
    }

    int firstRow() {
      return (int) Math.ceil(y0 - Math.sqrt(CUT * myy));
    }

    int lastRow() {
      return (int) Math.floor(y0 + Math.sqrt(CUT * myy));
    }

    /** First and last column of the ellipse in a row, first above last when it has none. */
    long columns(double dy) {
      double inside = pxy * dy * pxy * dy - pxx * (pyy * dy * dy - CUT);
      if (!(inside >= 0)) {
        return pack(1, 0);
      }
      double half = Math.sqrt(inside) / pxx;
      double mid = x0 - pxy * dy / pxx;
      return pack((int) Math.ceil(mid - half), (int) Math.floor(mid + half));
    }

    private static long pack(int first, int last) {
      return ((long) first << 32) | (last & 0xffffffffL);
    }

    void add(Pixels pixels) {
      double model = 0;
      double mx = 0;
      double my = 0;
      double mxx2 = 0;
      double myy2 = 0;
      double mxy2 = 0;
      double mr4 = 0;
      double amplitude = 0;
      for (int row = firstRow(); row <= lastRow(); row++) {
        double dy = row - y0;
        long columns = columns(dy);
        boolean rowInside = row >= pixels.box.y0() && row < pixels.box.y1();
        for (int col = (int) (columns >> 32); col <= (int) columns; col++) {
          double dx = col - x0;
          double rho2 = pxx * dx * dx + 2 * pxy * dx * dy + pyy * dy * dy;
          double w = Math.exp(-0.5 * rho2);
          weight += w;
          boolean inside = rowInside && col >= pixels.box.x0() && col < pixels.box.x1();
          double value = inside ? pixels.at(col, row) : Double.NaN;
          double wi;
          if (Double.isFinite(value)) {
            wi = w * value;
            weightGood += w;
            amplitude += w * w;
            good++;
            i += wi;
            ix += wi * dx;
            iy += wi * dy;
            ixx += wi * dx * dx;
            iyy += wi * dy * dy;
            ixy += wi * dx * dy;
            r4 += wi * rho2 * rho2;
          } else {
            wi = w * w;
            model += wi;
            mx += wi * dx;
            my += wi * dy;
            mxx2 += wi * dx * dx;
            myy2 += wi * dy * dy;
            mxy2 += wi * dx * dy;
            mr4 += wi * rho2 * rho2;
          }
        }
      }
      if (model > 0 && amplitude > 0) {
        double a = i / amplitude;
        i += a * model;
        ix += a * mx;
        iy += a * my;
        ixx += a * mxx2;
        iyy += a * myy2;
        ixy += a * mxy2;
        r4 += a * mr4;
      }
    }

    /** {dx, dy, dMxx, dMyy, dMxy, longest in units of the minor axis}. */
    double[] step(Config config) {
      double trace = mxx + myy;
      double root = Math.sqrt((mxx - myy) * (mxx - myy) + 4 * mxy * mxy);
      double minor2 = 0.5 * (trace - root);
      double minor = Math.sqrt(minor2);
      double cx = ix / i;
      double cy = iy / i;
      double[] next = deweighted(ixx / i - cx * cx, iyy / i - cy * cy, ixy / i - cx * cy);
      double[] step = {2 * cx, 2 * cy, next[0] - mxx, next[1] - myy, next[2] - mxy, 0};
      double longest = 0;
      for (int k = 0; k < 5; k++) {
        double unit = k < 2 ? minor : minor2;
        longest = Math.max(longest, Math.abs(step[k]) / unit);
        step[k] = Math.max(-config.stepLimit, Math.min(config.stepLimit, step[k] / unit)) * unit;
      }
      step[5] = longest;
      return step;
    }

    /** (Mw^-1 - M^-1)^-1, or 2 Mw where that is not an ellipse. */
    private double[] deweighted(double wxx, double wyy, double wxy) {
      double det = wxx * wyy - wxy * wxy;
      double a = wyy / det - pxx;
      double c = wxx / det - pyy;
      double b = -wxy / det - pxy;
      double inverse = a * c - b * b;
      if (det > 0 && wxx > 0 && a > 0 && inverse > 0) {
        return new double[] {c / inverse, a / inverse, -b / inverse};
      }
      return new double[] {2 * wxx, 2 * wyy, 2 * wxy};
    }

    /** {Var Mxx, Var Myy, Var Mxy, Cov(Mxx, Myy)} by linear response. */
    double[] covariance(Pixels pixels) {
      double[][] j = new double[3][3];
      double[][] k = new double[3][3];
      double[] q = new double[3];
      double[] r = new double[3];
      for (int row = firstRow(); row <= lastRow(); row++) {
        double dy = row - y0;
        long columns = columns(dy);
        for (int col = (int) (columns >> 32); col <= (int) columns; col++) {
          double value = pixels.box.contains(col, row) ? pixels.at(col, row) : Double.NaN;
          if (Double.isFinite(value)) {
            response(col - x0, dy, value, pixels.variance(col, row), q, r, j, k);
          }
        }
      }
      double[][] inverse = invert(j);
      double[][] c = multiply(multiply(inverse, k), transpose(inverse));
      return new double[] {c[0][0], c[1][1], c[2][2], c[0][1]};
    }

    private void response(
        double dx,
        double dy,
        double value,
        double variance,
        double[] q,
        double[] r,
        double[][] j,
        double[][] k) {
      double w = Math.exp(-0.5 * (pxx * dx * dx + 2 * pxy * dx * dy + pyy * dy * dy));
      q[0] = 2 * dx * dx - mxx;
      q[1] = 2 * dy * dy - myy;
      q[2] = 2 * dx * dy - mxy;
      double u = pxx * dx + pxy * dy;
      double v = pxy * dx + pyy * dy;
      r[0] = 0.5 * u * u;
      r[1] = 0.5 * v * v;
      r[2] = u * v;
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          j[a][b] += w * value * (r[b] * q[a] - (a == b ? 1 : 0));
          k[a][b] += w * w * variance * q[a] * q[b];
        }
      }
    }

    private static double[][] invert(double[][] m) {
      double[][] out = new double[3][3];
      double det = 0;
      for (int c = 0; c < 3; c++) {
        det += m[0][c] * cofactor(m, 0, c);
      }
      for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++) {
          out[c][r] = cofactor(m, r, c) / det;
        }
      }
      return out;
    }

    private static double cofactor(double[][] m, int r, int c) {
      int r1 = (r + 1) % 3;
      int r2 = (r + 2) % 3;
      int c1 = (c + 1) % 3;
      int c2 = (c + 2) % 3;
      return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
    }

    private static double[][] multiply(double[][] a, double[][] b) {
      double[][] out = new double[3][3];
      for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++) {
          out[r][c] = a[r][0] * b[0][c] + a[r][1] * b[1][c] + a[r][2] * b[2][c];
        }
      }
      return out;
    }

    private static double[][] transpose(double[][] m) {
      return new double[][] {
        {m[0][0], m[1][0], m[2][0]}, {m[0][1], m[1][1], m[2][1]}, {m[0][2], m[1][2], m[2][2]}
      };
    }
  }
}
