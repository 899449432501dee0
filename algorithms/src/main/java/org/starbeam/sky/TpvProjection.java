package org.starbeam.sky;

/**
 * TPV: the gnomonic projection after a polynomial in the plane, xi' = sum PV1_m t_m(xi, eta), eta'
 * = sum PV2_m t_m(eta, xi), with the terms 1, x, y, r, x^2, xy, y^2, x^3, ... r^3, ... up to degree
 * 7 (the registered FITS convention, as SCAMP writes it). The inverse is Newton's method.
 */
final class TpvProjection implements SkyProjection {
  /** Largest m of PVi_m. */
  static final int TERMS = 40;

  private final Gnomonic plane;
  private final double[] pv1;
  private final double[] pv2;

  TpvProjection(SkyPoint center, double[] pv1, double[] pv2) {
    this.plane = new Gnomonic(center);
    this.pv1 = pv1.clone();
    this.pv2 = pv2.clone();
  }

  @Override
  public SkyPoint deproject(double u, double v) {
    return plane.deproject(Math.toRadians(sum(pv1, u, v)), Math.toRadians(sum(pv2, v, u)));
  }

  @Override
  public double[] project(double raDeg, double decDeg) {
    double[] target = plane.project(raDeg, decDeg);
    double xi = Math.toDegrees(target[0]);
    double eta = Math.toDegrees(target[1]);
    double u = xi;
    double v = eta;
    double h = 1e-6;
    for (int step = 0; step < 50; step++) {
      double f = sum(pv1, u, v) - xi;
      double g = sum(pv2, v, u) - eta;
      double fu = (sum(pv1, u + h, v) - sum(pv1, u - h, v)) / (2 * h);
      double fv = (sum(pv1, u, v + h) - sum(pv1, u, v - h)) / (2 * h);
      double gu = (sum(pv2, v, u + h) - sum(pv2, v, u - h)) / (2 * h);
      double gv = (sum(pv2, v + h, u) - sum(pv2, v - h, u)) / (2 * h);
      double det = fu * gv - fv * gu;
      double du = (f * gv - g * fv) / det;
      double dv = (g * fu - f * gu) / det;
      u -= du;
      v -= dv;
      if (!(Math.abs(du) + Math.abs(dv) > 1e-14)) {
        break;
      }
    }
    return new double[] {u, v};
  }

  private static double sum(double[] pv, double x, double y) {
    double r = Math.sqrt(x * x + y * y);
    double sum = pv[0];
    int m = 1;
    for (int degree = 1; degree <= 7; degree++) {
      for (int k = 0; k <= degree; k++) {
        if (pv[m] != 0) {
          double term = power(x, degree - k) * power(y, k);
          sum += pv[m] * term;
        }
        m++;
      }
      if (degree % 2 == 1) {
        sum += pv[m] == 0 ? 0 : pv[m] * power(r, degree);
        m++;
      }
    }
    return sum;
  }

  private static double power(double x, int n) {
    double p = 1;
    for (int i = 0; i < n; i++) {
      p *= x;
    }
    return p;
  }
}
