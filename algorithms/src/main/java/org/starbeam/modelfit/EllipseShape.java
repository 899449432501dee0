package org.starbeam.modelfit;

import org.jspecify.annotations.Nullable;

/**
 * An ellipse by the standard deviations of a Gaussian along x and y and their correlation; of a
 * profile, the half-light ellipse in the same sense. Pixels.
 *
 * @param sigmaX extent along x, positive
 * @param sigmaY extent along y, positive
 * @param rho correlation, between -1 and 1
 */
public record EllipseShape(double sigmaX, double sigmaY, double rho) {
  /** From second moments, which must be positive definite. */
  public static EllipseShape ofMoments(double xx, double xy, double yy) {
    double x = Math.sqrt(xx);
    double y = Math.sqrt(yy);
    return new EllipseShape(x, y, xy / (x * y));
  }

  /**
   * Where a fit begins: moments as seen less those of the PSF, not too small and not too narrow.
   *
   * @param seen null when there are none
   */
  public static EllipseShape start(@Nullable EllipseShape seen, double psfSigma) {
    if (seen == null) {
      return new EllipseShape(2, 2, 0.1);
    }
    double psf = 0.81 * psfSigma * psfSigma;
    double floor = Math.max(0.25, 0.25 * psfSigma * psfSigma);
    double xx = Math.max(floor, seen.xx() - psf);
    double yy = Math.max(floor, seen.yy() - psf);
    double rho = Math.max(-0.8, Math.min(0.8, seen.xy() / Math.sqrt(xx * yy)));
    return new EllipseShape(Math.sqrt(xx), Math.sqrt(yy), Math.abs(rho) < 0.02 ? 0.02 : rho);
  }

  public double xx() {
    return sigmaX * sigmaX;
  }

  public double xy() {
    return rho * sigmaX * sigmaY;
  }

  public double yy() {
    return sigmaY * sigmaY;
  }

  /** Square root of the product of the semi-axes. */
  public double meanRadius() {
    return Math.sqrt(sigmaX * sigmaY * Math.sqrt(1 - rho * rho));
  }

  public double major() {
    return Math.sqrt(half() + spread());
  }

  public double minor() {
    double product = sigmaX * sigmaY;
    return product * Math.sqrt(1 - rho * rho) / major();
  }

  /** Minor over major axis. */
  public double axisRatio() {
    return minor() / major();
  }

  /** Angle of the major axis from x towards y, radians. */
  public double angle() {
    return 0.5 * Math.atan2(2 * xy(), xx() - yy());
  }

  private double half() {
    return 0.5 * (xx() + yy());
  }

  private double spread() {
    return Math.hypot(0.5 * (xx() - yy()), xy());
  }
}
