package org.starbeam.difference;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * Gaussians times polynomials, the basis of matching kernels (specs/03 section 7.3): {@code
 * exp(-r^2 / 2 s_n^2) (dx/h)^p (dy/h)^q} with p + q &lt;= d_n, on a square of half width h. The
 * order is Gaussian by Gaussian, by total degree, then by falling power of x. The first function
 * has unit sum; every other has its sum times the first subtracted and unit norm, so that only the
 * first carries flux.
 */
public final class KernelBasis {
  private final int halfWidth;
  private final double[] sigmas;
  private final int[][] terms;
  private final double[][] lines;
  private final double[] sums;
  private final double[] norms;

  /**
   * @param halfWidth h in pixels
   * @param sigmas widths s_n
   * @param degrees largest total degree d_n of each Gaussian
   */
  public KernelBasis(int halfWidth, double[] sigmas, int[] degrees) {
    this.halfWidth = halfWidth;
    this.sigmas = sigmas.clone();
    terms = terms(degrees);
    lines = new double[sigmas.length * (MAX_DEGREE + 1)][];
    for (int n = 0; n < sigmas.length; n++) {
      for (int p = 0; p <= degrees[n]; p++) {
        lines[n * (MAX_DEGREE + 1) + p] = line(sigmas[n], p);
      }
    }
    sums = new double[terms.length];
    norms = new double[terms.length];
    for (int i = 0; i < terms.length; i++) {
      sums[i] = sum(line(i, 1)) * sum(line(i, 2));
    }
    norms[0] = sums[0];
    for (int i = 1; i < terms.length; i++) {
      norms[i] = norm(i);
    }
  }

  private static final int MAX_DEGREE = 6;

  private static int[][] terms(int[] degrees) {
    int count = 0;
    for (int d : degrees) {
      if (d < 0 || d > MAX_DEGREE) {
        throw new IllegalArgumentException("degree " + d + " of a kernel basis");
      }
      count += (d + 1) * (d + 2) / 2;
    }
    int[][] terms = new int[count][];
    int at = 0;
    for (int n = 0; n < degrees.length; n++) {
      for (int total = 0; total <= degrees[n]; total++) {
        for (int q = 0; q <= total; q++) {
          terms[at++] = new int[] {n, total - q, q};
        }
      }
    }
    return terms;
  }

  private double[] line(double sigma, int power) {
    double[] out = new double[2 * halfWidth + 1];
    for (int k = -halfWidth; k <= halfWidth; k++) {
      out[k + halfWidth] =
          Math.exp(-0.5 * k * k / (sigma * sigma)) * Math.pow((double) k / halfWidth, power);
    }
    return out;
  }

  private double norm(int i) {
    double[] x = line(i, 1);
    double[] y = line(i, 2);
    double[] g = line(0, 1);
    double share = sums[i] / sums[0];
    double squares = 0;
    for (int v = 0; v < y.length; v++) {
      for (int u = 0; u < x.length; u++) {
        double value = x[u] * y[v] - share * g[u] * g[v];
        squares += value * value;
      }
    }
    return Math.sqrt(squares);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v;
    }
    return sum;
  }

  public int halfWidth() {
    return halfWidth;
  }

  /** Number of functions. */
  public int count() {
    return terms.length;
  }

  /** Gaussian, power of x, power of y of a function; not to be written to. */
  int[] term(int i) {
    return terms[i];
  }

  /** The factor of a function along x (axis 1) or y (axis 2), before subtraction and norm. */
  double[] line(int i, int axis) {
    return lines[terms[i][0] * (MAX_DEGREE + 1) + terms[i][axis]];
  }

  /**
   * Coefficients of the plain products of {@link #line} that make the same kernel as the
   * coefficients of the basis functions.
   */
  double[] plain(double[] coefficients) {
    double[] out = new double[terms.length];
    for (int i = 1; i < terms.length; i++) {
      out[i] = coefficients[i] / norms[i];
      out[0] -= out[i] * sums[i];
    }
    out[0] = (out[0] + coefficients[0]) / sums[0];
    return out;
  }

  /** Sums over the pixels of products of two basis functions. */
  double[][] products() {
    ImageD[] all = new ImageD[terms.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = function(i);
    }
    double[][] out = new double[all.length][all.length];
    for (int i = 0; i < all.length; i++) {
      for (int j = i; j < all.length; j++) {
        for (int p = 0; p < all[i].data.length; p++) {
          out[i][j] += all[i].data[p] * all[j].data[p];
        }
        out[j][i] = out[i][j];
      }
    }
    return out;
  }

  /** A basis function, centred on (0, 0). */
  public ImageD function(int i) {
    double[] unit = new double[terms.length];
    unit[i] = 1;
    return kernel(unit);
  }

  /** The kernel of given coefficients, centred on (0, 0). */
  public ImageD kernel(double[] coefficients) {
    double[] plain = plain(coefficients);
    ImageD out = new ImageD(Box.around(0, 0, halfWidth));
    int size = 2 * halfWidth + 1;
    for (int i = 0; i < terms.length; i++) {
      double[] x = line(i, 1);
      double[] y = line(i, 2);
      for (int v = 0; v < size; v++) {
        double scale = plain[i] * y[v];
        for (int u = 0; u < size; u++) {
          out.data[v * size + u] += scale * x[u];
        }
      }
    }
    return out;
  }

  /**
   * True convolutions of an image with every basis function, on the pixels for which the whole
   * kernel lies on the image.
   *
   * @return one array per function, rows of {@code width - 2 h}
   */
  double[][] convolveAll(double[] image, int width, int height) {
    int h = halfWidth;
    int outWidth = width - 2 * h;
    int outHeight = height - 2 * h;
    double[][] out = new double[terms.length][];
    double[] across = new double[outWidth * height];
    int lastN = -1;
    int lastP = -1;
    int[] order = byRow();
    for (int i : order) {
      if (terms[i][0] != lastN || terms[i][1] != lastP) {
        lastN = terms[i][0];
        lastP = terms[i][1];
        rows(image, width, height, line(i, 1), across);
      }
      out[i] = columns(across, outWidth, outHeight, line(i, 2));
    }
    for (int i = 1; i < terms.length; i++) {
      for (int k = 0; k < out[i].length; k++) {
        out[i][k] = (out[i][k] - sums[i] / sums[0] * out[0][k]) / norms[i];
      }
    }
    for (int k = 0; k < out[0].length; k++) {
      out[0][k] /= sums[0];
    }
    return out;
  }

  /** Functions ordered so that those with the same factor along x follow each other. */
  int[] byRow() {
    return java.util.stream.IntStream.range(0, terms.length)
        .boxed()
        .sorted(
            java.util.Comparator.<Integer>comparingInt(i -> terms[i][0])
                .thenComparingInt(i -> terms[i][1])
                .thenComparingInt(i -> terms[i][2]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void rows(double[] image, int width, int height, double[] line, double[] out) {
    int outWidth = width - 2 * halfWidth;
    int taps = line.length;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < outWidth; x++) {
        double sum = 0;
        int from = y * width + x + taps - 1;
        for (int k = 0; k < taps; k++) {
          sum += line[k] * image[from - k];
        }
        out[y * outWidth + x] = sum;
      }
    }
  }

  private static double[] columns(double[] across, int width, int height, double[] line) {
    int taps = line.length;
    double[] out = new double[width * height];
    for (int y = 0; y < height; y++) {
      for (int k = 0; k < taps; k++) {
        double c = line[k];
        int from = (y + taps - 1 - k) * width;
        for (int x = 0; x < width; x++) {
          out[y * width + x] += c * across[from + x];
        }
      }
    }
    return out;
  }
}
