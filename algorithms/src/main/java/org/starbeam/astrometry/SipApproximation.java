package org.starbeam.astrometry;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.starbeam.image.Box;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SipPolynomial;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;

/**
 * Writes any smooth map of a detector as TAN-SIP (specs/06 section 8): reference pixel at the
 * middle of the box, reference direction where the map puts it, CD and A, B by least squares on a
 * 32 x 32 Chebyshev grid in the tangent plane there, AP and BP from the same grid. The order grows
 * from the first to the last until the largest error on the grid is below the limit. Cost 2 ms.
 */
public final class SipApproximation {
  private static final int GRID = 32;

  /**
   * @param minOrder first order tried
   * @param maxOrder last order tried
   * @param maxErrorMas largest forward error that is good enough
   */
  public record Config(int minOrder, int maxOrder, double maxErrorMas) implements Serializable {
    public static Config defaults() {
      return new Config(3, 7, 0.1);
    }
  }

  /**
   * @param wcs the approximation
   * @param maxErrorMas largest distance from the map on the grid
   * @param inverseMaxErrorPx largest error of AP, BP on the grid, pixels
   */
  public record Result(TanSip wcs, double maxErrorMas, double inverseMaxErrorPx) {}

  /** Grid points: pixels from the middle, tangent plane in arcsec. */
  private record Grid(double[] u, double[] v, double[] xi, double[] eta, double half) {}

  private final Config config;

  public SipApproximation(Config config) {
    this.config = config;
  }

  public SipApproximation() {
    this(Config.defaults());
  }

  public Result of(Wcs map, Box box) {
    double x0 = box.x0() + (box.width() - 1) / 2.0;
    double y0 = box.y0() + (box.height() - 1) / 2.0;
    SkyPoint center = map.toSky(x0, y0);
    Grid grid = grid(map, box, x0, y0, new Gnomonic(center));
    Result best = null;
    for (int order = config.minOrder; order <= config.maxOrder; order++) {
      Result result = fit(grid, center, x0, y0, order);
      if (best == null || result.maxErrorMas < best.maxErrorMas) {
        best = result;
      }
      if (result.maxErrorMas <= config.maxErrorMas) {
        return result;
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("no order from " + config.minOrder);
    }
    return best;
  }

  private static Grid grid(Wcs map, Box box, double x0, double y0, Gnomonic plane) {
    int n = GRID * GRID;
    Grid g =
        new Grid(
            new double[n],
            new double[n],
            new double[n],
            new double[n],
            Math.max(box.width(), box.height()) / 2.0);
    for (int k = 0; k < n; k++) {
      g.u[k] = box.width() / 2.0 * Math.cos(Math.PI * (k % GRID + 0.5) / GRID);
      g.v[k] = box.height() / 2.0 * Math.cos(Math.PI * (k / GRID + 0.5) / GRID);
      double[] p = plane.project(map.toSky(x0 + g.u[k], y0 + g.v[k]));
      g.xi[k] = p[0] * Angles.ARCSEC_PER_RADIAN;
      g.eta[k] = p[1] * Angles.ARCSEC_PER_RADIAN;
    }
    return g;
  }

  private static Result fit(Grid g, SkyPoint center, double x0, double y0, int order) {
    double[][] xi = polynomial(g.u, g.v, g.xi, order, g.half);
    double[][] eta = polynomial(g.u, g.v, g.eta, order, g.half);
    double[] cd = {xi[1][0], xi[0][1], eta[1][0], eta[0][1]};
    double det = cd[0] * cd[3] - cd[1] * cd[2];
    SipPolynomial forward = SipPolynomial.zero(order);
    for (int p = 0; p <= order; p++) {
      for (int q = 0; p + q <= order; q++) {
        if (p + q >= 2) {
          forward.a()[p][q] = (cd[3] * xi[p][q] - cd[1] * eta[p][q]) / det;
          forward.b()[p][q] = (cd[0] * eta[p][q] - cd[2] * xi[p][q]) / det;
        }
      }
    }
    SipPolynomial inverse = inverse(g, cd, order);
    double[] degrees = {cd[0] / 3600, cd[1] / 3600, cd[2] / 3600, cd[3] / 3600};
    TanSip wcs = new TanSip(center, x0, y0, degrees, forward, inverse);
    return new Result(wcs, forwardError(g, wcs, center), inverseError(g, cd, inverse));
  }

  /** AP and BP: the pixel offset as a polynomial of CD^-1 (xi, eta). */
  private static SipPolynomial inverse(Grid g, double[] cd, int order) {
    int n = g.u.length;
    double[][] up = intermediate(g, cd);
    double[] du = new double[n];
    double[] dv = new double[n];
    for (int k = 0; k < n; k++) {
      du[k] = g.u[k] - up[0][k];
      dv[k] = g.v[k] - up[1][k];
    }
    return new SipPolynomial(
        polynomial(up[0], up[1], du, order, g.half), polynomial(up[0], up[1], dv, order, g.half));
  }

  private static double[][] intermediate(Grid g, double[] cd) {
    double det = cd[0] * cd[3] - cd[1] * cd[2];
    double[][] up = new double[2][g.u.length];
    for (int k = 0; k < g.u.length; k++) {
      up[0][k] = (cd[3] * g.xi[k] - cd[1] * g.eta[k]) / det;
      up[1][k] = (cd[0] * g.eta[k] - cd[2] * g.xi[k]) / det;
    }
    return up;
  }

  private static double forwardError(Grid g, TanSip wcs, SkyPoint center) {
    Gnomonic plane = new Gnomonic(center);
    double[] middle = wcs.referencePixel();
    double worst = 0;
    for (int k = 0; k < g.u.length; k++) {
      double[] p = plane.project(wcs.toSky(middle[0] + g.u[k], middle[1] + g.v[k]));
      worst =
          Math.max(
              worst,
              Math.hypot(
                  p[0] * Angles.ARCSEC_PER_RADIAN - g.xi[k],
                  p[1] * Angles.ARCSEC_PER_RADIAN - g.eta[k]));
    }
    return 1000 * worst;
  }

  private static double inverseError(Grid g, double[] cd, SipPolynomial inverse) {
    double[][] up = intermediate(g, cd);
    double worst = 0;
    for (int k = 0; k < g.u.length; k++) {
      double[] shift = inverse.apply(up[0][k], up[1][k]);
      worst =
          Math.max(worst, Math.hypot(up[0][k] + shift[0] - g.u[k], up[1][k] + shift[1] - g.v[k]));
    }
    return worst;
  }

  /** Coefficients c[p][q] of u^p v^q, 1 &lt;= p + q &lt;= order, by least squares. */
  private static double[][] polynomial(
      double[] u, double[] v, double[] values, int order, double half) {
    List<int[]> terms = new ArrayList<>();
    for (int p = 0; p <= order; p++) {
      for (int q = 0; p + q <= order; q++) {
        if (p + q > 0) {
          terms.add(new int[] {p, q});
        }
      }
    }
    DMatrixRMaj design = new DMatrixRMaj(u.length, terms.size());
    DMatrixRMaj right = new DMatrixRMaj(u.length, 1, true, values);
    for (int k = 0; k < u.length; k++) {
      for (int t = 0; t < terms.size(); t++) {
        int[] term = terms.get(t);
        design.set(k, t, Math.pow(u[k] / half, term[0]) * Math.pow(v[k] / half, term[1]));
      }
    }
    var solver = LinearSolverFactory_DDRM.leastSquares(u.length, terms.size());
    DMatrixRMaj solution = new DMatrixRMaj(terms.size(), 1);
    if (!solver.setA(design)) {
      throw new IllegalStateException("singular grid");
    }
    solver.solve(right, solution);
    double[][] c = new double[order + 1][order + 1];
    for (int t = 0; t < terms.size(); t++) {
      int[] term = terms.get(t);
      c[term[0]][term[1]] = solution.get(t, 0) / Math.pow(half, term[0] + term[1]);
    }
    return c;
  }
}
