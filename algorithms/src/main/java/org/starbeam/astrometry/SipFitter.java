package org.starbeam.astrometry;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;

/**
 * Fits the WCS of a detector to places known on the sky (specs/02 section 12).
 *
 * <p>Model: the initial map plus a correction in the tangent plane, a polynomial of total degree d
 * in the pixel position per axis; d = 3 with 30 stars or more, 2 with 15, else 1. Minimised is sum
 * rho(r^2 / s^2), r in arcsec, s^2 = centroid^2 + reference^2 + floor^2. The floor starts as the
 * noise of the air (10 mas in 30 s) and is then set so that the median of r^2 / s^2 is that of two
 * Gaussian axes, within 1 to 60 mas (specs/06 section 5.4). Two rounds with Huber's weights, then
 * hard clips at r^2 &gt; 11.8 s^2 (3 sigma in two dimensions). Gaussian priors about the initial
 * map keep the fit regular when stars are few or stand on a line: a weak one on constant and linear
 * terms (4 arcsec in Chebyshev amplitude), and on the quadratic and on the cubic terms one whose
 * spread is estimated with the fit (EM: the mean of c^2 + var(c) over the terms of a degree and
 * both axes), so that a well known camera is hardly bent and a header without distortion freely.
 * The answer is written as TAN-SIP of order 3 or more, forward and inverse.
 *
 * <p>Rows are summed in the order given; sort the matches for reproducible bits. Cost O(stars x
 * terms^2), below 5 ms.
 */
public final class SipFitter {
  private static final double CLIP = 11.8;
  private static final double HUBER = 1.5;
  private static final int SPREAD_STEPS = 6;
  private static final int FLOOR_STEPS = 16;
  private static final double MEDIAN_DEVIATION = 1.3863;
  private static final double MIN_FLOOR_ARCSEC = 0.001;
  private static final double MAX_FLOOR_ARCSEC = 0.06;
  private static final double MIN_SPREAD_ARCSEC = 0.0005;

  /**
   * @param maxDegree largest degree of the correction
   * @param starsForCubic stars that a cubic correction needs
   * @param starsForQuadratic stars that a quadratic correction needs
   * @param atmosphereMas position noise by the air in 30 s per axis; scales as t^-1/2
   * @param linearPriorArcsec spread of constant and linear terms about the initial map
   * @param curvedPriorArcsec first guess of the spread of the terms of higher degree
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
      double maxMeanDistanceArcsec)
      implements Serializable {
    public static Config defaults() {
      return new Config(3, 30, 15, 10, 4, 0.03, 4, 0.5);
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
   * @param floorMas position noise per axis beside those of centroids and references
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
      double floorMas,
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
    private final double[] measured;
    private double floor;
    private final boolean[] used;
    private double[] spread;
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
      measured = new double[n];
      used = new boolean[n];
      double curved = config.curvedPriorArcsec;
      spread = new double[] {config.linearPriorArcsec, config.linearPriorArcsec, curved, curved};
      east = Chebyshev2D.constant(box, 0);
      north = east;
      floor = config.atmosphereMas / 1000 * Math.sqrt(30 / Math.max(exposureSeconds, 1e-3));
      for (int i = 0; i < n; i++) {
        double[] known = plane.project(points.raDeg[i], points.decDeg[i]);
        double[] guess = plane.project(initial.toSky(points.x[i], points.y[i]));
        dEast[i] = (known[0] - guess[0]) * Angles.ARCSEC_PER_RADIAN;
        dNorth[i] = (known[1] - guess[1]) * Angles.ARCSEC_PER_RADIAN;
        double scale = Math.sqrt(initial.pixelArea(points.x[i], points.y[i]));
        double centroid = points.sigmaPx[i] > 0 ? points.sigmaPx[i] * scale : 0.05 * scale;
        double reference = points.sigmaMas[i] / 1000;
        measured[i] = centroid * centroid + reference * reference;
        used[i] = Double.isFinite(dEast[i] + dNorth[i]) && Double.isFinite(measured[i]);
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
      return (re * re + rn * rn) / (measured[i] + floor * floor);
    }

    private double residualEast(int i) {
      return dEast[i] - east.evaluate(points.x[i], points.y[i]);
    }

    private double residualNorth(int i) {
      return dNorth[i] - north.evaluate(points.x[i], points.y[i]);
    }

    /** The floor for which the used points' median deviation is what Gaussian errors give. */
    private void fitFloor() {
      int terms = (degree + 1) * (degree + 2) / 2;
      double expected = MEDIAN_DEVIATION * Math.max(0.2, 1 - (double) terms / count());
      double low = MIN_FLOOR_ARCSEC;
      double high = MAX_FLOOR_ARCSEC;
      for (int step = 0; step < FLOOR_STEPS; step++) {
        floor = Math.sqrt(low * high);
        if (medianDeviation() > expected) {
          low = floor;
        } else {
          high = floor;
        }
      }
    }

    /** Drops and takes back points by the present fit; true when the set has changed. */
    boolean clip() {
      double widen = Math.max(1, medianDeviation() / MEDIAN_DEVIATION);
      boolean changed = false;
      for (int i = 0; i < used.length; i++) {
        boolean keep = deviation(i) <= CLIP * widen;
        changed |= keep != used[i];
        used[i] = keep;
      }
      return changed;
    }

    private double medianDeviation() {
      double[] d = new double[used.length];
      int n = 0;
      for (int i = 0; i < used.length; i++) {
        if (used[i]) {
          d[n++] = deviation(i);
        }
      }
      Arrays.sort(d, 0, n);
      return n == 0 ? MEDIAN_DEVIATION : d[n / 2];
    }

    void solve(boolean huber) {
      degree = degreeFor(count());
      Normal normal = new Normal(degree);
      double widen = huber ? Math.max(1, medianDeviation() / MEDIAN_DEVIATION) : 1;
      for (int i = 0; i < used.length; i++) {
        if (used[i]) {
          double d = Math.sqrt(deviation(i) / 2 / widen);
          double weight = huber && d > HUBER ? HUBER / d : 1;
          normal.add(
              points.x[i],
              points.y[i],
              dEast[i],
              dNorth[i],
              weight / (measured[i] + floor * floor));
        }
      }
      for (int step = 0; step < SPREAD_STEPS; step++) {
        spread = normal.spreads(spread);
      }
      Chebyshev2D[] solution = normal.solve(spread);
      east = solution[0];
      north = solution[1];
      fitFloor();
    }

    /** Normal equations of both axes, which share the matrix. */
    private final class Normal {
      private final int degree;
      private final int terms;
      private final int[] total;
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
        total = new int[terms];
        int k = 0;
        for (int j = 0; j <= degree; j++) {
          for (int i = 0; i + j <= degree; i++) {
            total[k++] = i + j;
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

      private LinearSolverDense<DMatrixRMaj> solver(double[] spread) {
        DMatrixRMaj withPrior = matrix.copy();
        for (int k = 0; k < terms; k++) {
          withPrior.add(k, k, 1 / (spread[total[k]] * spread[total[k]]));
        }
        LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(terms);
        if (!solver.setA(withPrior)) {
          throw new AlgorithmException("BAD_ASTROMETRY", "singular WCS fit of degree " + degree);
        }
        return solver;
      }

      /** One step of the estimate of the spreads of the terms of degree 2 and 3. */
      double[] spreads(double[] before) {
        LinearSolverDense<DMatrixRMaj> solver = solver(before);
        DMatrixRMaj solution = new DMatrixRMaj(terms, 2);
        DMatrixRMaj covariance = new DMatrixRMaj(terms, terms);
        solver.solve(right, solution);
        solver.invert(covariance);
        double[] sum = new double[4];
        int[] count = new int[4];
        for (int k = 0; k < terms; k++) {
          double e = solution.get(k, 0);
          double n = solution.get(k, 1);
          sum[total[k]] += e * e + n * n + 2 * covariance.get(k, k);
          count[total[k]] += 2;
        }
        double[] after = before.clone();
        for (int d = 2; d <= degree; d++) {
          after[d] = Math.max(MIN_SPREAD_ARCSEC, Math.sqrt(sum[d] / count[d]));
        }
        return after;
      }

      Chebyshev2D[] solve(double[] spread) {
        DMatrixRMaj solution = new DMatrixRMaj(terms, 2);
        solver(spread).solve(right, solution);
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
          1000 * floor,
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
