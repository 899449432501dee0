package org.starbeam.simulation;

import org.starbeam.simulation.OpticsModel.Psf;
import org.starbeam.simulation.SkyObject.Ellipse;

/**
 * Adds expected electrons of points and galaxies to an image of {@code nx * ny} doubles.
 *
 * <p>Points: the elliptical Moffat {@code (1 + d^T Q^-1 d)^-beta} integrated over pixels, 3 x 3
 * Gauss-Legendre nodes inside two FWHM, the pixel centre plus a curvature term outside, out to
 * where less than 4e-4 of the light remains and a pixel gets less than 0.004 electrons.
 *
 * <p>Galaxies: Sersic and Moffat as mixtures of Gaussians ({@link RadialMixture}), whose
 * covariances add in the convolution; the pixel adds 1/12 to each variance. Cost: 20 to 100
 * Gaussians on their own boxes, one multiplication pair per pixel and Gaussian.
 */
final class SourceRenderer {
  private static final double[] NODE = {-0.3872983346207417, 0, 0.3872983346207417};
  private static final double[] WEIGHT = {5 / 18.0, 8 / 18.0, 5 / 18.0};
  private static final double FAINTEST = 0.004;
  private static final double LOST_LIGHT = 4e-4;
  private static final double BOX_SIGMAS = 4.3;

  private final int nx;
  private final int ny;
  private final double[] image;
  private final Profiles profiles;

  /** Draws on {@code image}, which holds its pixels row by row. */
  SourceRenderer(int nx, int ny, double[] image, Profiles profiles) {
    this.nx = nx;
    this.ny = ny;
    this.image = image;
    this.profiles = profiles;
  }

  /** Distance beyond which a point of so many electrons is not drawn. */
  static double reach(double electrons, Psf psf) {
    double alpha = psf.alpha();
    double beta = psf.beta();
    double byLight = Math.sqrt(Math.pow(LOST_LIGHT, 1 / (1 - beta)) - 1);
    double central = electrons * (beta - 1) / (Math.PI * alpha * alpha);
    double byLevel = central <= FAINTEST ? 0 : Math.sqrt(Math.pow(FAINTEST / central, -1 / beta));
    return Math.min(400, alpha * Math.max(byLight, byLevel) * 1.05);
  }

  void point(double x, double y, double electrons, Psf psf) {
    double reach = reach(electrons, psf);
    int x0 = Math.max(0, (int) Math.ceil(x - reach));
    int x1 = Math.min(nx - 1, (int) Math.floor(x + reach));
    int y0 = Math.max(0, (int) Math.ceil(y - reach));
    int y1 = Math.min(ny - 1, (int) Math.floor(y + reach));
    double alpha = psf.alpha();
    double beta = psf.beta();
    double[] q = psf.shape();
    double scale = 1 / (alpha * alpha);
    double a = q[2] * scale;
    double b = -q[1] * scale;
    double c = q[0] * scale;
    double central = electrons * (beta - 1) / (Math.PI * alpha * alpha);
    double core2 = 4 * psf.fwhm() * psf.fwhm();
    double trace = a + c;
    for (int py = y0; py <= y1; py++) {
      double dy = py - y;
      for (int px = x0; px <= x1; px++) {
        double dx = px - x;
        double value =
            dx * dx + dy * dy < core2
                ? integrated(dx, dy, a, b, c, beta)
                : withCurvature(dx, dy, a, b, c, beta, trace);
        image[py * nx + px] += central * value;
      }
    }
  }

  private static double integrated(
      double dx, double dy, double a, double b, double c, double beta) {
    double sum = 0;
    for (int j = 0; j < 3; j++) {
      double v = dy + NODE[j];
      double row = 0;
      for (int i = 0; i < 3; i++) {
        double u = dx + NODE[i];
        row += WEIGHT[i] * Math.pow(1 + a * u * u + 2 * b * u * v + c * v * v, -beta);
      }
      sum += WEIGHT[j] * row;
    }
    return sum;
  }

  /** f + laplacian(f) / 24 for f = (1 + t)^-beta, t the quadratic form. */
  private static double withCurvature(
      double dx, double dy, double a, double b, double c, double beta, double trace) {
    double gx = a * dx + b * dy;
    double gy = b * dx + c * dy;
    double s = 1 + dx * gx + dy * gy;
    double f = Math.pow(s, -beta);
    double laplacian =
        f * (4 * beta * (beta + 1) * (gx * gx + gy * gy) / (s * s) - 2 * beta * trace / s);
    return f + laplacian / 24;
  }

  /**
   * Draws one ellipse.
   *
   * @param jacobian arcsec (east, north) per pixel, {dE/dx, dE/dy, dN/dx, dN/dy}
   */
  void ellipse(double x, double y, double electrons, Ellipse ellipse, double[] jacobian, Psf psf) {
    double[] major = toPixels(jacobian, ellipse.paDeg(), ellipse.reff());
    double[] minor = toPixels(jacobian, ellipse.paDeg() + 90, ellipse.reff() * ellipse.q());
    double cxx = major[0] * major[0] + minor[0] * minor[0];
    double cxy = major[0] * major[1] + minor[0] * minor[1];
    double cyy = major[1] * major[1] + minor[1] * minor[1];
    double[] q = psf.shape();
    double alpha2 = psf.alpha() * psf.alpha();
    double largest = Math.sqrt(cxx + cyy);
    RadialMixture profile = profiles.sersic(ellipse.n()).mergedBelow(0.25 / largest);
    RadialMixture moffat = profiles.moffat(psf.beta());
    for (int i = 0; i < profile.sigmas().length; i++) {
      double s2 = profile.sigmas()[i] * profile.sigmas()[i];
      for (int j = 0; j < moffat.sigmas().length; j++) {
        double p2 = moffat.sigmas()[j] * moffat.sigmas()[j] * alpha2;
        gaussian(
            x,
            y,
            electrons * profile.weights()[i] * moffat.weights()[j],
            s2 * cxx + p2 * q[0] + 1 / 12.0,
            s2 * cxy + p2 * q[1],
            s2 * cyy + p2 * q[2] + 1 / 12.0);
      }
    }
  }

  private static double[] toPixels(double[] j, double paDeg, double arcsec) {
    double east = Math.sin(Math.toRadians(paDeg)) * arcsec;
    double north = Math.cos(Math.toRadians(paDeg)) * arcsec;
    double det = j[0] * j[3] - j[1] * j[2];
    return new double[] {(j[3] * east - j[1] * north) / det, (j[0] * north - j[2] * east) / det};
  }

  /** Adds a Gaussian of given covariance; along a row the value follows from two products. */
  private void gaussian(double x, double y, double electrons, double cxx, double cxy, double cyy) {
    double det = cxx * cyy - cxy * cxy;
    double a = cyy / det;
    double b = -cxy / det;
    double c = cxx / det;
    double amplitude = electrons / (2 * Math.PI * Math.sqrt(det));
    double k = Math.min(BOX_SIGMAS, Math.sqrt(2 * Math.log(Math.max(1e4, amplitude * 1e4))));
    double rx = k * Math.sqrt(cxx);
    double ry = k * Math.sqrt(cyy);
    int x0 = Math.max(0, (int) Math.ceil(x - rx));
    int x1 = Math.min(nx - 1, (int) Math.floor(x + rx));
    int y0 = Math.max(0, (int) Math.ceil(y - ry));
    int y1 = Math.min(ny - 1, (int) Math.floor(y + ry));
    double step = Math.exp(-a);
    double dx = x0 - x;
    for (int py = y0; py <= y1; py++) {
      double dy = py - y;
      double value = amplitude * Math.exp(-0.5 * (a * dx * dx + 2 * b * dx * dy + c * dy * dy));
      double ratio = Math.exp(-a * (dx + 0.5) - b * dy);
      int at = py * nx + x0;
      for (int px = x0; px <= x1; px++) {
        image[at++] += value;
        value *= ratio;
        ratio *= step;
      }
    }
  }
}
