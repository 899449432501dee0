package org.starbeam.image;

import org.jtransforms.fft.DoubleFFT_2D;

/**
 * A square grid of a power of two pixels and its fast transform. Complex arrays have 2 n^2 numbers,
 * row by row, real and imaginary part in turn; pixel (0, 0) is at the start, negative coordinates
 * wrap round.
 */
public final class FourierGrid {
  private static final int SMALLEST = 64;

  /** Pixels per side. */
  public final int n;

  /** Angular frequency of each column or row, radians per pixel. */
  public final double[] k;

  private final DoubleFFT_2D transform;

  public FourierGrid(int n) {
    this.n = n;
    transform = new DoubleFFT_2D(n, n);
    k = new double[n];
    for (int i = 0; i < n; i++) {
      k[i] = 2 * Math.PI / n * (i <= n / 2 ? i : i - n);
    }
  }

  /** The smallest size that is used which holds the pixels of a side. */
  public static int holding(int side) {
    return Math.max(SMALLEST, side <= 1 ? 1 : Integer.highestOneBit(side - 1) << 1);
  }

  /** Transform of a stamp centred on (0, 0) that fits on the grid. */
  public double[] forward(ImageD stamp) {
    double[] out = new double[2 * n * n];
    Box box = stamp.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      int row = Math.floorMod(y, n) * n;
      for (int x = box.x0(); x < box.x1(); x++) {
        out[2 * (row + Math.floorMod(x, n))] += stamp.get(x, y);
      }
    }
    transform.complexForward(out);
    return out;
  }

  /** Inverse transform in place, divided by n^2. */
  public void inverse(double[] spectrum) {
    transform.complexInverse(spectrum, true);
  }

  /**
   * The middle of the real (part 0) or imaginary (part 1) plane.
   *
   * @param half pixels to each side of (0, 0), less than n / 2
   */
  public ImageD cut(double[] plane, int part, int half) {
    int side = 2 * half + 1;
    double[] out = new double[side * side];
    for (int y = -half; y <= half; y++) {
      int row = Math.floorMod(y, n) * n;
      for (int x = -half; x <= half; x++) {
        out[(y + half) * side + x + half] = plane[2 * (row + Math.floorMod(x, n)) + part];
      }
    }
    return ImageD.wrap(Box.around(0, 0, half), out);
  }
}
