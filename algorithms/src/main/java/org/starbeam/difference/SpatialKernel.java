package org.starbeam.difference;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;

/**
 * A kernel that changes linearly over a box: K(x) = sum_i a_i(x) phi_i with a_i = c_i0 + c_i1 u +
 * c_i2 v, where u and v run from -1 to 1 over the box, and to which offsets by place may be added.
 * Its sum is constant when c_01 = c_02 = 0.
 */
public final class SpatialKernel {
  private final KernelBasis basis;
  private final Box domain;
  private final double[][] coefficients;
  private final @Nullable KernelOffsets offsets;

  /**
   * @param domain where u and v run from -1 to 1
   * @param coefficients {c_i0, c_i1, c_i2} by basis function
   */
  public SpatialKernel(KernelBasis basis, Box domain, double[][] coefficients) {
    this(basis, domain, coefficients, null);
  }

  SpatialKernel(
      KernelBasis basis, Box domain, double[][] coefficients, @Nullable KernelOffsets offsets) {
    this.offsets = offsets;
    this.basis = basis;
    this.domain = domain;
    this.coefficients = coefficients;
  }

  static double scaled(double x, int x0, int width) {
    return 2 * (x - (x0 + (width - 1) / 2.0)) / width;
  }

  /** Coefficients of the basis functions at a place. */
  public double[] coefficientsAt(double x, double y) {
    double u = scaled(x, domain.x0(), domain.width());
    double v = scaled(y, domain.y0(), domain.height());
    double[] out = new double[coefficients.length];
    for (int i = 0; i < out.length; i++) {
      double[] c = coefficients[i];
      out[i] = c[0] + c[1] * u + c[2] * v;
    }
    if (offsets != null) {
      offsets.addTo(out, x, y);
    }
    return out;
  }

  /** The kernel at a place, centred on (0, 0). */
  public ImageD at(double x, double y) {
    return basis.kernel(coefficientsAt(x, y));
  }

  /**
   * The true convolution of an image, each pixel with its own kernel; the image goes on with its
   * border value outside. Separable: one pass along x per distinct factor, one along y per
   * function; O(pixels * functions * width), three float images beside input and output.
   */
  public ImageF convolve(ImageF image) {
    int h = basis.halfWidth();
    int width = image.width();
    int height = image.height();
    float[] padded = padded(image, h);
    float[] across = new float[width * (height + 2 * h)];
    ImageF out = new ImageF(image.box());
    double[][] plain = plain();
    KernelOffsets plainOffsets = offsets == null ? null : offsets.plain(basis);
    int lastN = -1;
    int lastP = -1;
    for (int i : basis.byRow()) {
      int[] term = basis.term(i);
      if (term[0] != lastN || term[1] != lastP) {
        lastN = term[0];
        lastP = term[1];
        alongX(padded, width, height + 2 * h, basis.line(i, 1), across);
      }
      addAlongY(across, out, basis.line(i, 2), plain[i], plainOffsets, i);
    }
    return out;
  }

  /** c of the plain products instead of the basis functions. */
  private double[][] plain() {
    double[][] out = new double[coefficients.length][3];
    for (int k = 0; k < 3; k++) {
      double[] column = new double[coefficients.length];
      for (int i = 0; i < column.length; i++) {
        column[i] = coefficients[i][k];
      }
      double[] plain = basis.plain(column);
      for (int i = 0; i < column.length; i++) {
        out[i][k] = plain[i];
      }
    }
    return out;
  }

  private static float[] padded(ImageF image, int h) {
    int width = image.width() + 2 * h;
    int height = image.height() + 2 * h;
    float[] out = new float[width * height];
    for (int y = 0; y < height; y++) {
      int row = Math.max(0, Math.min(image.height() - 1, y - h));
      int from = image.offset + row * image.stride;
      for (int x = 0; x < width; x++) {
        out[y * width + x] = image.data[from + Math.max(0, Math.min(image.width() - 1, x - h))];
      }
    }
    return out;
  }

  private static void alongX(float[] padded, int width, int height, double[] line, float[] out) {
    int taps = line.length;
    int paddedWidth = width + taps - 1;
    float[] taper = new float[taps];
    for (int k = 0; k < taps; k++) {
      taper[k] = (float) line[k];
    }
    for (int y = 0; y < height; y++) {
      int to = y * width;
      java.util.Arrays.fill(out, to, to + width, 0f);
      for (int k = 0; k < taps; k++) {
        float c = taper[k];
        int from = y * paddedWidth + taps - 1 - k;
        for (int x = 0; x < width; x++) {
          out[to + x] += c * padded[from + x];
        }
      }
    }
  }

  private void addAlongY(
      float[] across,
      ImageF out,
      double[] line,
      double[] c,
      @Nullable KernelOffsets plainOffsets,
      int function) {
    int width = out.width();
    int taps = line.length;
    Box box = out.box();
    float[] sum = new float[width];
    float[] u = new float[width];
    float[] here = new float[width];
    for (int x = 0; x < width; x++) {
      u[x] = (float) scaled(box.x0() + x, domain.x0(), domain.width());
    }
    for (int y = 0; y < out.height(); y++) {
      java.util.Arrays.fill(sum, 0f);
      for (int k = 0; k < taps; k++) {
        float weight = (float) line[k];
        int from = (y + taps - 1 - k) * width;
        for (int x = 0; x < width; x++) {
          sum[x] += weight * across[from + x];
        }
      }
      double v = scaled(box.y0() + y, domain.y0(), domain.height());
      float a = (float) (c[0] + c[2] * v);
      float b = (float) c[1];
      int to = out.offset + y * out.stride;
      if (plainOffsets != null) {
        plainOffsets.row(function, box.x0(), box.y0() + y, here);
      }
      for (int x = 0; x < width; x++) {
        out.data[to + x] += sum[x] * (a + b * u[x] + here[x]);
      }
    }
  }
}
