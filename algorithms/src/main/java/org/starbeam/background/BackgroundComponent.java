package org.starbeam.background;

import java.util.Arrays;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * One smooth surface that was, or is to be, subtracted from an image: a sum of Chebyshev products
 * {@code c_ij T_i(u) T_j(v)}, i + j <= order, with u and v running from -1 to 1 over the box.
 * Coefficients are ordered by total degree, then by j.
 */
public final class BackgroundComponent {
  private final Box box;
  private final int order;
  private final double[] coefficients;

  public BackgroundComponent(Box box, int order, double[] coefficients) {
    if (coefficients.length != terms(order)) {
      throw new IllegalArgumentException(
          coefficients.length + " coefficients for order " + order + ", expected " + terms(order));
    }
    this.box = box;
    this.order = order;
    this.coefficients = coefficients.clone();
  }

  /** The same value everywhere. */
  public static BackgroundComponent constant(Box box, double value) {
    return new BackgroundComponent(box, 0, new double[] {value});
  }

  /** Number of coefficients of a total degree. */
  public static int terms(int order) {
    return (order + 1) * (order + 2) / 2;
  }

  public Box box() {
    return box;
  }

  public int order() {
    return order;
  }

  public double[] coefficients() {
    return coefficients.clone();
  }

  public double evaluate(double x, double y) {
    double[] tu = chebyshev(scaledX(box, x), order);
    double[] tv = chebyshev(scaledY(box, y), order);
    double sum = 0;
    for (int degree = 0, k = 0; degree <= order; degree++) {
      for (int j = 0; j <= degree; j++, k++) {
        sum += coefficients[k] * tu[degree - j] * tv[j];
      }
    }
    return sum;
  }

  /** Adds {@code factor} times the surface to an image, in the image's own coordinates. */
  public void addTo(ImageF image, double factor) {
    double[][] columns = new double[image.width()][];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = chebyshev(scaledX(box, image.box().x0() + i), order);
    }
    double[] byDegreeInX = new double[order + 1];
    for (int row = 0; row < image.height(); row++) {
      double[] tv = chebyshev(scaledY(box, image.box().y0() + row), order);
      Arrays.fill(byDegreeInX, 0);
      for (int degree = 0, k = 0; degree <= order; degree++) {
        for (int j = 0; j <= degree; j++, k++) {
          byDegreeInX[degree - j] += factor * coefficients[k] * tv[j];
        }
      }
      int from = image.offset + row * image.stride;
      for (int i = 0; i < columns.length; i++) {
        double sum = 0;
        for (int d = 0; d <= order; d++) {
          sum += byDegreeInX[d] * columns[i][d];
        }
        image.data[from + i] += (float) sum;
      }
    }
  }

  /** Basis functions at a position, in the order of the coefficients. */
  static double[] basis(Box box, int order, double x, double y) {
    double[] tu = chebyshev(scaledX(box, x), order);
    double[] tv = chebyshev(scaledY(box, y), order);
    double[] out = new double[terms(order)];
    for (int degree = 0, k = 0; degree <= order; degree++) {
      for (int j = 0; j <= degree; j++, k++) {
        out[k] = tu[degree - j] * tv[j];
      }
    }
    return out;
  }

  private static double scaledX(Box box, double x) {
    return box.width() < 2 ? 0 : 2 * (x - box.x0()) / (box.width() - 1) - 1;
  }

  private static double scaledY(Box box, double y) {
    return box.height() < 2 ? 0 : 2 * (y - box.y0()) / (box.height() - 1) - 1;
  }

  private static double[] chebyshev(double u, int order) {
    double[] t = new double[order + 1];
    t[0] = 1;
    if (order > 0) {
      t[1] = u;
    }
    for (int i = 2; i <= order; i++) {
      t[i] = 2 * u * t[i - 1] - t[i - 2];
    }
    return t;
  }
}
