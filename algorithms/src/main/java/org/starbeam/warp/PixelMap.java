package org.starbeam.warp;

import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/** A map from pixel positions of one image (the destination) to those of another (the source). */
@FunctionalInterface
public interface PixelMap {
  /** Writes the source position of (x, y) into {@code out}; NaN where there is none. */
  void apply(double x, double y, double[] out);

  /** Through the sky: destination pixel, sky, source pixel. */
  static PixelMap between(Wcs destination, Wcs source) {
    return (x, y, out) -> {
      SkyPoint sky = destination.toSky(x, y);
      double[] p = source.toPixel(sky.raDeg(), sky.decDeg());
      out[0] = p[0];
      out[1] = p[1];
    };
  }

  /** q = A p + t with A row by row. */
  static PixelMap affine(double[] a, double[] t) {
    double[] matrix = a.clone();
    double[] shift = t.clone();
    return (x, y, out) -> {
      out[0] = matrix[0] * x + matrix[1] * y + shift[0];
      out[1] = matrix[2] * x + matrix[3] * y + shift[1];
    };
  }

  /** Derivatives {dqx/dx, dqx/dy, dqy/dx, dqy/dy} at a position, by central differences. */
  default double[] jacobian(double x, double y) {
    double[] right = new double[2];
    double[] left = new double[2];
    double[] up = new double[2];
    double[] down = new double[2];
    apply(x + 0.5, y, right);
    apply(x - 0.5, y, left);
    apply(x, y + 0.5, up);
    apply(x, y - 0.5, down);
    return new double[] {right[0] - left[0], up[0] - down[0], right[1] - left[1], up[1] - down[1]};
  }
}
