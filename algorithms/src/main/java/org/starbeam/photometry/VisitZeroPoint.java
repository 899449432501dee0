package org.starbeam.photometry;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * Zero point of a visit from the stars of all its detectors (specs/02 section 13):
 *
 * <pre>
 * zp(star) = zp_v + g_u u + g_v v + delta_d
 * </pre>
 *
 * with (u, v) the place in the field's tangent plane over its radius, and priors delta ~ N(0, 5
 * mmag), g ~ N(0, 10 mmag per radius). Robust (Tukey's biweight about a robust first constant),
 * with the intrinsic scatter fitted. The value of a detector is its posterior mean, so a detector
 * with few stars inherits the visit. Where the deltas of well measured detectors scatter by more
 * than 15 mmag, the prior is widened to that and the visit is called non-photometric. Stars are
 * summed in the given order. Cost O(stars x (3 + detectors)^2).
 */
public final class VisitZeroPoint {
  private static final double CUT = 4.685;
  private static final int ROUNDS = 15;

  /**
   * @param deltaPriorMag spread of the detectors
   * @param gradientPriorMag spread of the slopes, per field radius
   * @param nonPhotometricMag scatter of the detectors above which clouds have structure
   * @param minStars fewest stars of the visit
   * @param minSnr stars with a smaller signal to noise are left out
   * @param referenceFloorMag error added to every reference magnitude
   */
  public record Config(
      double deltaPriorMag,
      double gradientPriorMag,
      double nonPhotometricMag,
      int minStars,
      double minSnr,
      double referenceFloorMag)
      implements Serializable {
    public static Config defaults() {
      return new Config(0.005, 0.010, 0.015, 5, 10, 0.01);
    }
  }

  /**
   * A star with a known flux.
   *
   * @param flux electrons times the pixel-area ratio
   * @param refFlux nJy
   */
  public record Star(
      int detector,
      double raDeg,
      double decDeg,
      double flux,
      double fluxErr,
      double refFlux,
      double refFluxErr) {}

  /**
   * The zero point as a function over the field.
   *
   * @param center where (u, v) = 0
   * @param radiusArcsec where |(u, v)| = 1
   * @param zeroPoint AB magnitude of one electron at the center, mean of detectors
   * @param slopeU change to the east, mag per radius
   * @param slopeV change to the north
   * @param zeroPointErr error of the constant
   * @param delta offset of each detector
   * @param deltaErr its posterior error
   * @param scatterMag robust scatter of the used stars
   * @param intrinsicMag scatter beyond their errors
   */
  public record Fit(
      SkyPoint center,
      double radiusArcsec,
      double zeroPoint,
      double slopeU,
      double slopeV,
      double zeroPointErr,
      Map<Integer, Double> delta,
      Map<Integer, Double> deltaErr,
      int nUsed,
      double scatterMag,
      double intrinsicMag,
      boolean nonPhotometric) {

    /** Zero point at a place seen by a detector; one without stars has delta 0. */
    public double at(int detector, SkyPoint place) {
      double[] uv = fieldPlace(new Gnomonic(center), radiusArcsec, place);
      return zeroPoint + slopeU * uv[0] + slopeV * uv[1] + delta.getOrDefault(detector, 0.0);
    }

    /** Error of the zero point on a detector: of the constant and of the detector's offset. */
    public double error(int detector) {
      return Math.hypot(zeroPointErr, deltaErr.getOrDefault(detector, 0.0));
    }
  }

  private final Config config;

  public VisitZeroPoint(Config config) {
    this.config = config;
  }

  public VisitZeroPoint() {
    this(Config.defaults());
  }

  static double[] fieldPlace(Gnomonic plane, double radiusArcsec, SkyPoint place) {
    double[] p = plane.project(place);
    return new double[] {
      p[0] * Angles.ARCSEC_PER_RADIAN / radiusArcsec, p[1] * Angles.ARCSEC_PER_RADIAN / radiusArcsec
    };
  }

  /**
   * @param center middle of the field
   * @param radiusArcsec distance of the farthest detector corner from it
   * @throws AlgorithmException NO_ZERO_POINT with fewer than {@code minStars} usable stars
   */
  public Fit fit(List<Star> stars, SkyPoint center, double radiusArcsec) {
    Problem problem = new Problem(stars, center, radiusArcsec);
    if (problem.n < config.minStars) {
      throw new AlgorithmException(
          "NO_ZERO_POINT",
          String.format(
              Locale.ROOT,
              "%d of %d matched stars of the visit have S/N >= %.0f and a reference flux, needed"
                  + " are %d",
              problem.n,
              stars.size(),
              config.minSnr,
              config.minStars));
    }
    problem.solve(config.deltaPriorMag);
    double spread = problem.deltaScatter();
    boolean cloudy = spread > config.nonPhotometricMag;
    if (cloudy) {
      problem.solve(spread);
    }
    return problem.result(cloudy);
  }

  /** How far a star is from a fit, mag; NaN when its S/N or a flux forbids it to take part. */
  public double residual(Fit fit, Star star) {
    double value = ZeroPointFitter.zeroPoint(star.flux, star.refFlux);
    return star.flux / star.fluxErr >= config.minSnr && Double.isFinite(error(star))
        ? value - fit.at(star.detector, new SkyPoint(star.raDeg, star.decDeg))
        : Double.NaN;
  }

  /** Whether a star that was given to a fit had weight in it. */
  public boolean isUsed(Fit fit, Star star) {
    return Math.abs(residual(fit, star)) < CUT * Math.hypot(error(star), fit.intrinsicMag);
  }

  private double error(Star star) {
    return ZeroPointFitter.error(
        star.flux, star.fluxErr, star.refFlux, star.refFluxErr, config.referenceFloorMag);
  }

  /** The state of one fit; parameters are zp, g_u, g_v, then the detectors in order. */
  private final class Problem {
    private final SkyPoint center;
    private final double radius;
    private final int[] detectors;
    private final int[] column;
    private final double[] u;
    private final double[] v;
    private final double[] zp;
    private final double[] sigma;
    private int n;
    private double intrinsic;
    private double gradientPrior;
    private double[] parameters;
    private DMatrixRMaj covariance = new DMatrixRMaj(0, 0);

    Problem(List<Star> stars, SkyPoint center, double radius) {
      this.center = center;
      this.radius = radius;
      TreeSet<Integer> ids = new TreeSet<>();
      stars.forEach(s -> ids.add(s.detector));
      detectors = ids.stream().mapToInt(Integer::intValue).toArray();
      column = new int[stars.size()];
      u = new double[stars.size()];
      v = new double[stars.size()];
      zp = new double[stars.size()];
      sigma = new double[stars.size()];
      parameters = new double[3 + detectors.length];
      Gnomonic plane = new Gnomonic(center);
      for (Star star : stars) {
        add(star, plane);
      }
    }

    private void add(Star star, Gnomonic plane) {
      double value = ZeroPointFitter.zeroPoint(star.flux, star.refFlux);
      double error = VisitZeroPoint.this.error(star);
      if (star.flux / star.fluxErr >= config.minSnr
          && Double.isFinite(value)
          && Double.isFinite(error)) {
        double[] uv = fieldPlace(plane, radius, new SkyPoint(star.raDeg, star.decDeg));
        column[n] = 3 + java.util.Arrays.binarySearch(detectors, star.detector);
        u[n] = uv[0];
        v[n] = uv[1];
        zp[n] = value;
        sigma[n] = error;
        n++;
      }
    }

    private double model(int i) {
      return parameters[0] + parameters[1] * u[i] + parameters[2] * v[i] + parameters[column[i]];
    }

    void solve(double deltaPrior) {
      parameters = new double[parameters.length];
      gradientPrior = config.gradientPriorMag;
      double[] values = java.util.Arrays.copyOf(zp, n);
      double[] errors = java.util.Arrays.copyOf(sigma, n);
      RobustMean.Result start = RobustMean.of(values, errors, 0.25);
      parameters[0] = start.value();
      intrinsic = start.intrinsic();
      for (int round = 0; round < ROUNDS; round++) {
        step(deltaPrior);
        double[] residual = new double[n];
        for (int i = 0; i < n; i++) {
          residual[i] = zp[i] - model(i);
        }
        intrinsic = RobustMean.intrinsic(residual, errors, 0);
        gradientPrior = Math.max(config.gradientPriorMag, gradientSpread());
      }
    }

    /** Spread of the slopes as this visit has it. */
    private double gradientSpread() {
      double u = parameters[1] * parameters[1] + covariance.get(1, 1);
      double v = parameters[2] * parameters[2] + covariance.get(2, 2);
      return Math.sqrt((u + v) / 2);
    }

    private void step(double deltaPrior) {
      int m = parameters.length;
      DMatrixRMaj matrix = new DMatrixRMaj(m, m);
      DMatrixRMaj right = new DMatrixRMaj(m, 1);
      matrix.set(1, 1, 1 / (gradientPrior * gradientPrior));
      matrix.set(2, 2, 1 / (gradientPrior * gradientPrior));
      for (int d = 3; d < m; d++) {
        matrix.set(d, d, 1 / (deltaPrior * deltaPrior));
      }
      for (int i = 0; i < n; i++) {
        double s = Math.hypot(sigma[i], intrinsic);
        double t = (zp[i] - model(i)) / (CUT * s);
        if (Math.abs(t) < 1) {
          accumulate(matrix, right, i, (1 - t * t) * (1 - t * t) / (s * s));
        }
      }
      LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(m);
      DMatrixRMaj solution = new DMatrixRMaj(m, 1);
      covariance = new DMatrixRMaj(m, m);
      if (!solver.setA(matrix)) {
        throw new AlgorithmException("NO_ZERO_POINT", "all stars of the visit are outliers");
      }
      solver.solve(right, solution);
      solver.invert(covariance);
      parameters = solution.getData().clone();
    }

    private void accumulate(DMatrixRMaj matrix, DMatrixRMaj right, int i, double weight) {
      int[] index = {0, 1, 2, column[i]};
      double[] basis = {1, u[i], v[i], 1};
      for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++) {
          matrix.add(index[a], index[b], weight * basis[a] * basis[b]);
        }
        right.add(index[a], 0, weight * basis[a] * zp[i]);
      }
    }

    /** Scatter of the detectors about the smooth visit, from their own stars. */
    double deltaScatter() {
      double[] mean = new double[detectors.length];
      int k = 0;
      for (int d = 0; d < detectors.length; d++) {
        double[] r = new double[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
          if (column[i] == 3 + d) {
            r[count++] = zp[i] - model(i) + parameters[column[i]];
          }
        }
        if (count >= 10) {
          mean[k++] = RobustMean.median(r, count);
        }
      }
      if (k < 3) {
        return 0;
      }
      double middle = RobustMean.median(mean, k);
      double[] away = new double[k];
      for (int d = 0; d < k; d++) {
        away[d] = Math.abs(mean[d] - middle);
      }
      return ClippedStatistics.MAD_TO_SIGMA * RobustMean.median(away, k);
    }

    Fit result(boolean cloudy) {
      Map<Integer, Double> delta = new TreeMap<>();
      Map<Integer, Double> deltaErr = new TreeMap<>();
      for (int d = 0; d < detectors.length; d++) {
        delta.put(detectors[d], parameters[3 + d]);
        deltaErr.put(detectors[d], Math.sqrt(covariance.get(3 + d, 3 + d)));
      }
      double[] absolute = new double[n];
      int used = 0;
      for (int i = 0; i < n; i++) {
        absolute[i] = Math.abs(zp[i] - model(i));
        used += absolute[i] < CUT * Math.hypot(sigma[i], intrinsic) ? 1 : 0;
      }
      return new Fit(
          center,
          radius,
          parameters[0],
          parameters[1],
          parameters[2],
          Math.sqrt(covariance.get(0, 0)),
          Map.copyOf(delta),
          Map.copyOf(deltaErr),
          used,
          ClippedStatistics.MAD_TO_SIGMA * RobustMean.median(absolute, n),
          intrinsic,
          cloudy);
    }
  }
}
