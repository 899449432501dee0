package org.starbeam.psf;

import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;

/**
 * Monomials of total degree up to {@code degree} in scaled position u = (x - xZero) / xScale, v
 * likewise, in the order 1, u, u^2, v, u v, v^2 (power of u fastest), as PSFEx writes them.
 */
record PositionBasis(int degree, double xZero, double yZero, double xScale, double yScale) {

  /** Scaled to [-1, 1] over a box. */
  static PositionBasis over(Box box, int degree) {
    return new PositionBasis(
        degree,
        box.x0() + 0.5 * (box.width() - 1),
        box.y0() + 0.5 * (box.height() - 1),
        Math.max(1, 0.5 * box.width()),
        Math.max(1, 0.5 * box.height()));
  }

  void toHeader(Map<String, Object> header) {
    header.put("DEGREE", degree);
    header.put("XZERO", xZero);
    header.put("YZERO", yZero);
    header.put("XSCALE", xScale);
    header.put("YSCALE", yScale);
  }

  static PositionBasis fromHeader(FitsTable table) {
    return new PositionBasis(
        table.integer("DEGREE"),
        table.number("XZERO"),
        table.number("YZERO"),
        table.number("XSCALE"),
        table.number("YSCALE"));
  }

  PositionBasis withDegree(int value) {
    return new PositionBasis(value, xZero, yZero, xScale, yScale);
  }

  int size() {
    return size(degree);
  }

  static int size(int degree) {
    return (degree + 1) * (degree + 2) / 2;
  }

  double[] at(double x, double y) {
    double u = (x - xZero) / xScale;
    double v = (y - yZero) / yScale;
    double[] out = new double[size()];
    int k = 0;
    double vPower = 1;
    for (int j = 0; j <= degree; j++) {
      double term = vPower;
      for (int i = 0; i + j <= degree; i++) {
        out[k++] = term;
        term *= u;
      }
      vPower *= v;
    }
    return out;
  }

  /** Total degree of each term. */
  int[] degrees() {
    int[] out = new int[size()];
    int k = 0;
    for (int j = 0; j <= degree; j++) {
      for (int i = 0; i + j <= degree; i++) {
        out[k++] = i + j;
      }
    }
    return out;
  }
}
