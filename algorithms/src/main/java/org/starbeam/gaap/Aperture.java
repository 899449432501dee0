package org.starbeam.gaap;

/**
 * A Gaussian weight on the sky before seeing, w(x) = exp(-x' W^-1 x / 2), by its covariance W in
 * pixel^2.
 */
public record Aperture(double xx, double yy, double xy) {
  /** A round one of the given sigma in pixels. */
  public static Aperture circular(double sigma) {
    return new Aperture(sigma * sigma, sigma * sigma, 0);
  }

  public double determinant() {
    return xx * yy - xy * xy;
  }

  /** Smaller eigenvalue. */
  public double smallest() {
    return 0.5 * (xx + yy - spread());
  }

  /** Larger eigenvalue. */
  public double largest() {
    return 0.5 * (xx + yy + spread());
  }

  private double spread() {
    return Math.hypot(xx - yy, 2 * xy);
  }

  /** Whether it is an ellipse. */
  public boolean isValid() {
    return Double.isFinite(largest()) && smallest() > 0;
  }

  /** The one of larger area; the other where one is no ellipse. */
  public Aperture wider(Aperture other) {
    return isValid() && !(other.determinant() > determinant()) ? this : other;
  }

  public Aperture plus(Aperture other) {
    return new Aperture(xx + other.xx, yy + other.yy, xy + other.xy);
  }

  public Aperture minus(Aperture other) {
    return new Aperture(xx - other.xx, yy - other.yy, xy - other.xy);
  }

  /** The same with eigenvalues of at most sigma^2. */
  public Aperture atMost(double sigma) {
    double limit = sigma * sigma;
    if (largest() <= limit) {
      return this;
    }
    double small = Math.min(limit, smallest());
    if (spread() == 0 || small == limit) {
      return circular(sigma);
    }
    double scale = (limit - small) / spread();
    double mean = 0.5 * (limit + small);
    double half = 0.5 * scale * (xx - yy);
    return new Aperture(mean + half, mean - half, scale * xy);
  }

  /** w at a distance from the centre. */
  public double weight(double dx, double dy) {
    double rho2 = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant();
    return Math.exp(-0.5 * rho2);
  }
}
