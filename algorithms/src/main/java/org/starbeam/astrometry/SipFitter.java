package org.starbeam.astrometry;

import java.util.Arrays;
import java.util.Locale;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;

/**
 * Fits the WCS of a detector to places known on the sky (specs/02 section 12).
 *
 * <p>Model: the initial map plus a correction in the tangent plane, a polynomial of total degree d
 * in the pixel position per axis; d = 3 with 30 stars or more, 2 with 15, else 1. Minimised is sum
 * rho(r^2 / s^2), r in arcsec, s^2 = centroid^2 + reference^2 + atmosphere^2; two rounds with
 * Huber's weights, then hard clips at r^2 &gt; 11.8 s^2 (3 sigma in two dimensions). Weak Gaussian
 * priors about the initial map (defaults 4 arcsec on constant and linear terms, 0.1 arcsec on the
 * others, in Chebyshev amplitude) keep the fit regular when stars are few or stand on a line; they
 * shift nothing measurable otherwise. The answer is written as TAN-SIP of order 3 or more, forward
 * and inverse.
 *
 * <p>Rows are summed in the order given; sort the matches for reproducible bits. Cost O(stars x
 * terms^2), below 5 ms.
 */
public final class SipFitter {
  private static final double ARCSEC = Math.toDegrees(1) * 3600;
  private static final double CLIP = 11.8;
  private static final double HUBER = 1.5;

  /**
   * @param maxDegree largest degree of the correction
   * @param starsForCubic stars that a cubic correction needs
   * @param starsForQuadratic stars that a quadratic correction needs
   * @param atmosphereMas position noise by the air in 30 s per axis; scales as t^-1/2
   * @param linearPriorArcsec spread of constant and linear terms about the initial map
   * @param curvedPriorArcsec spread of the higher terms about the initial map
   * @param clipRounds rounds of hard clipping
   * @param maxMeanDistanceArcsec fails when the mean distance of matched stars is larger
   */
  public record Config(
      int maxDegree,
      int starsForCubic,
      int starsForQuadratic,
      double atmosphereMas,
      double linearPriorArcsec,
      double curvedPriorArcsec,
      int clipRounds,
      double maxMeanDistanceArcsec) {
    public static Config defaults() {
      return new Config(3, 30, 15, 10, 4, 0.1, 4, 0.5);
    }
  }

  /**
   * Stars with a known place, in parallel arrays (not copied).
   *
   * @param x measured columns
   * @param y measured rows
   * @param sigmaPx centroid error per axis; NaN or 0 counts as 0.05 pixel
   * @param raDeg known places
   * @param decDeg known places
   * @param sigmaMas their error per axis
   * @param snr signal to noise of the measurement, for the bright-end statistics
   */
  public record Points(
      double[] x,
      double[] y,
      double[] sigmaPx,
      double[] raDeg,
      double[] decDeg,
      double[] sigmaMas,
      double[] snr) {
    public int size() {
      return x.length;
    }

    /** The points of matched stars. */
    public static Points of(StarList stars, ReferenceStars references, StarMatches matches) {
      int n = matches.size();
      Points p =
          new Points(
              new double[n],
              new double[n],
              new double[n],
              new double[n],
              new double[n],
              new double[n],
              new double[n]);
      for (int i = 0; i < n; i++) {
        int s = matches.source()[i];
        int r = matches.reference()[i];
        p.x[i] = stars.x()[s];
        p.y[i] = stars.y()[s];
        p.sigmaPx[i] = stars.sigmaPx()[s];
        p.raDeg[i] = references.raDeg(r);
        p.decDeg[i] = references.decDeg(r);
        p.sigmaMas[i] = references.sigmaMas(r);
        p.snr[i] = stars.snr(s);
      }
      return p;
    }
  }

  /**
   * The fitted map and how well it fits.
   *
   * @param used which points the last round used
   * @param degree degree of the correction
   * @param offsetMeanArcsec mean distance of the used points
   * @param offsetStdArcsec its standard deviation
   * @param sigmaEastMas robust scatter of the residuals to the east
   * @param sigmaNorthMas and to the north
   * @param brightSigmaMas robust scatter per axis of stars with S/N above 100; NaN below 5 of them
   * @param chi2Dof chi^2 per degree of freedom of the used points
   * @param sipMaxErrorMas largest difference of the TAN-SIP form from the fitted map
   * @param inverseMaxErrorPx largest error of AP, BP
   */
  public record Fit(
      TanSip wcs,
      boolean[] used,
      int degree,
      int nUsed,
      double offsetMeanArcsec,
      double offsetStdArcsec,
      double sigmaEastMas,
      double sigmaNorthMas,
      double brightSigmaMas,
      double chi2Dof,
      double sipMaxErrorMas,
      double inverseMaxErrorPx) {}

  private final Config config;

  public SipFitter(Config config) {
    this.config = config;
  }

  public SipFitter() {
    this(Config.defaults());
  }

  /**
   * @param initial map to start from: camera geometry at the commanded pointing, or a header's
   * @param box pixels of the detector
   * @param exposureSeconds exposure time
   * @throws AlgorithmException TOO_FEW_STARS with fewer than 4 usable points, BAD_ASTROMETRY when
   *     the points stay too far from the fit
   */
  public Fit fit(Points points, Wcs initial, Box box, double exposureSeconds) {
    Problem problem = new Problem(points, initial, box, exposureSeconds);
    problem.requireStars(problem.count(), "matched");
    for (int round = 0; round < 2; round++) {
      problem.solve(true);
    }
    for (int round = 0; round < config.clipRounds; round++) {
      if (!problem.clip() && round > 0) {
        break;
      }
      problem.requireStars(problem.count(), "left after clipping");
      problem.solve(false);
    }
    return problem.result();
  }

  /** The state of one fit. */
  private final class Problem {
    private final Points points;
    private final Wcs initial;
    private final Box box;
    private final Gnomonic plane;
    private final double[] dEast;
    private final double[] dNorth;
    private final double[] variance;
    private final boolean[] used;
    private int degree;
    private Chebyshev2D east;
    private Chebyshev2D north;

    Problem(Points points, Wcs initial, Box box, double exposureSeconds) {
      this.points = points;
      this.initial = initial;
      this.box = box;
      plane = new Gnomonic(WcsCorrection.middle(initial, box));
      int n = points.size();
      dEast = new double[n];
      dNorth = new double[n];
      variance = new double[n];
      used = new boolean[n];
      east = Chebyshev2D.constant(box, 0);
      north = east;
      double air = config.atmosphereMas / 1000 * Math.sqrt(30 / Math.max(exposureSeconds, 1e-3));
      for (int i = 0; i < n; i++) {
        double[] known = plane.project(points.raDeg[i], points.decDeg[i]);
        double[] guess = plane.project(initial.toSky(points.x[i], points.y[i]));
        dEast[i] = (known[0] - guess[0]) * ARCSEC;
        dNorth[i] = (known[1] - guess[1]) * ARCSEC;
        double scale = Math.sqrt(initial.pixelArea(points.x[i], points.y[i]));
        double centroid = points.sigmaPx[i] > 0 ? points.sigmaPx[i] * scale : 0.05 * scale;
        double reference = points.sigmaMas[i] / 1000;
        variance[i] = centroid * centroid + reference * reference + air * air;
        used[i] = Double.isFinite(dEast[i] + dNorth[i]) && Double.isFinite(variance[i]);
      }
    }

    int count() {
      int n = 0;
      for (boolean u : used) {
        n += u ? 1 : 0;
      }
      return n;
    }

    void requireStars(int n, String what) {
      if (n < 4) {
        throw new AlgorithmException(
            "TOO_FEW_STARS", "the WCS fit needs 4 stars, there are " + n + " " + what);
      }
    }

    private int degreeFor(int n) {
      int allowed = n >= config.starsForCubic ? 3 : n >= config.starsForQuadratic ? 2 : 1;
      return Math.min(allowed, config.maxDegree);
    }

    /** Squared residual of a point over its variance. */
    private double deviation(int i) {
      double re = residualEast(i);
      double rn = residualNorth(i);
      return (re * re + rn * rn) / variance[i];
    }

    private double residualEast(int i) {
      return dEast[i] - east.evaluate(points.x[i], points.y[i]);
    }

    private double residualNorth(int i) {
      return dNorth[i] - north.evaluate(points.x[i], points.y[i]);
    }

    /** Drops and takes back points by the present fit; true when the set has changed. */
    boolean clip() {
      double widen = Math.max(1, robustDeviation() / 1.386);
      boolean changed = false;
      for (int i = 0; i < used.length; i++) {
        boolean keep = deviation(i) <= CLIP * widen;
        changed |= keep != used[i];
        used[i] = keep;
      }
      return changed;
    }

    /** Median deviation of the used points; 1.386 for right errors. */
    private double robustDeviation() {
      double[] d = new double[used.length];
      int n = 0;
      for (int i = 0; i < used.length; i++) {
        if (used[i]) {
          d[n++] = deviation(i);
        }
      }
      Arrays.sort(d, 0, n);
      return n == 0 ? 1.386 : d[n / 2];
    }

    void solve(boolean huber) {
      degree = degreeFor(count());
      Normal normal = new Normal(degree);
      double widen = huber ? Math.max(1, robustDeviation() / 1.386) : 1;
      for (int i = 0; i < used.length; i++) {
        if (used[i]) {
          double d = Math.sqrt(deviation(i) / 2 / widen);
          double weight = huber && d > HUBER ? HUBER / d : 1;
          normal.add(points.x[i], points.y[i], dEast[i], dNorth[i], weight / variance[i]);
        }
      }
      Chebyshev2D[] solution = normal.solve();
      east = solution[0];
      north = solution[1];
    }

    /** Normal equations of both axes, which share the matrix. */
    private final class Normal {
      private final int degree;
      private final int terms;
      private final DMatrixRMaj matrix;
      private final DMatrixRMaj right;
      private final double[] tx;
      private final double[] ty;
      private final double[] basis;

      Normal(int degree) {
        this.degree = degree;
        terms = (degree + 1) * (degree + 2) / 2;
        matrix = new DMatrixRMaj(terms, terms);
        right = new DMatrixRMaj(terms, 2);
        tx = new double[degree + 1];
        ty = new double[degree + 1];
        basis = new double[terms];
        int k = 0;
        for (int j = 0; j <= degree; j++) {
          for (int i = 0; i + j <= degree; i++) {
            double prior = i + j < 2 ? config.linearPriorArcsec : config.curvedPriorArcsec;
            matrix.set(k, k, 1 / (prior * prior));
            k++;
          }
        }
      }

      void add(double x, double y, double e, double n, double weight) {
        chebyshev(2 * (x - box.x0() + 0.5) / box.width() - 1, tx);
        chebyshev(2 * (y - box.y0() + 0.5) / box.height() - 1, ty);
        int k = 0;
        for (int j = 0; j <= degree; j++) {
          for (int i = 0; i + j <= degree; i++) {
            basis[k++] = tx[i] * ty[j];
          }
        }
        for (int a = 0; a < terms; a++) {
          for (int b = 0; b < terms; b++) {
            matrix.add(a, b, weight * basis[a] * basis[b]);
          }
          right.add(a, 0, weight * basis[a] * e);
          right.add(a, 1, weight * basis[a] * n);
        }
      }

      Chebyshev2D[] solve() {
        LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(terms);
        DMatrixRMaj solution = new DMatrixRMaj(terms, 2);
        if (!solver.setA(matrix.copy())) {
          throw new AlgorithmException("BAD_ASTROMETRY", "singular WCS fit of degree " + degree);
        }
        solver.solve(right, solution);
        return new Chebyshev2D[] {function(solution, 0), function(solution, 1)};
      }

      private Chebyshev2D function(DMatrixRMaj solution, int axis) {
        double[] c = new double[(degree + 1) * (degree + 1)];
        int k = 0;
        for (int j = 0; j <= degree; j++) {
          for (int i = 0; i + j <= degree; i++) {
            c[j * (degree + 1) + i] = solution.get(k++, axis);
          }
        }
        return new Chebyshev2D(box, degree, degree, c);
      }
    }

    Fit result() {
      int n = count();
      double[] e = new double[n];
      double[] north1 = new double[n];
      double[] bright = new double[2 * n];
      int nBright = 0;
      double sum = 0;
      double squares = 0;
      double chi2 = 0;
      int k = 0;
      for (int i = 0; i < used.length; i++) {
        if (!used[i]) {
          continue;
        }
        e[k] = residualEast(i);
        north1[k] = residualNorth(i);
        double distance = Math.hypot(e[k], north1[k]);
        sum += distance;
        squares += distance * distance;
        chi2 += deviation(i);
        if (points.snr[i] > 100) {
          bright[nBright++] = e[k];
          bright[nBright++] = north1[k];
        }
        k++;
      }
      double mean = sum / n;
      requireCloseness(mean, n);
      double std = Math.sqrt(Math.max(0, squares / n - mean * mean) * n / Math.max(1, n - 1));
      int dof = 2 * n - (degree + 1) * (degree + 2);
      SipApproximation.Result sip =
          new SipApproximation().of(new WcsCorrection(initial, plane, east, north), box);
      return new Fit(
          sip.wcs(),
          used,
          degree,
          n,
          mean,
          std,
          1000 * robustSigma(e),
          1000 * robustSigma(north1),
          nBright < 10 ? Double.NaN : 1000 * robustSigma(Arrays.copyOf(bright, nBright)),
          dof > 0 ? chi2 / dof : Double.NaN,
          sip.maxErrorMas(),
          sip.inverseMaxErrorPx());
    }

    private void requireCloseness(double mean, int n) {
      if (!(mean <= config.maxMeanDistanceArcsec)) {
        throw new AlgorithmException(
            "BAD_ASTROMETRY",
            String.format(
                Locale.ROOT,
                "mean distance of %d matched stars is %.3f arcsec, allowed are %.3f",
                n,
                mean,
                config.maxMeanDistanceArcsec));
      }
    }
  }

  private static void chebyshev(double u, double[] t) {
    t[0] = 1;
    for (int i = 1; i < t.length; i++) {
      t[i] = i == 1 ? u : 2 * u * t[i - 1] - t[i - 2];
    }
  }

  /** 0.7413 x interquartile range. */
  static double robustSigma(double[] values) {
    double[] v = values.clone();
    Arrays.sort(v);
    int n = v.length;
    return n < 4 ? Double.NaN : 0.7413 * (v[(3 * (n - 1) + 2) / 4] - v[(n - 1) / 4]);
  }
}
