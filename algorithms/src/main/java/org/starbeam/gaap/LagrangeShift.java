package org.starbeam.gaap;

/**
 * Moves weights by part of a pixel with ten-tap Lagrange interpolation along rows and columns. What
 * moves is not the weights but, by the transposed operation, the pixels: sum(u(x - d) D(x)) is
 * sum(u(i) D'(i)), so that one pass serves all apertures. For smooth weights (sigma of 3 pixels or
 * more) the result is that of the band-limited shift to 1e-6.
 */
final class LagrangeShift {
  static final int TAPS = 10;

  /** Pixels around the wanted part that are read. */
  static final int REACH = TAPS / 2;

  private static final int FIRST = 1 - TAPS / 2;

  private LagrangeShift() {}

  /**
   * The pixels as weights at place 0 see them.
   *
   * @param pixels square, row by row
   * @param half pixels to each side of the middle that are wanted; the square holds {@link #REACH}
   *     more
   * @param dx shift of the weights in pixels, -0.5 to 0.5
   * @return a square of 2 half + 1
   */
  static double[] transposed(double[] pixels, int half, double dx, double dy) {
    int side = 2 * half + 1;
    int wide = side + 2 * REACH;
    double[] rows = new double[side * wide];
    double[] taps = taps(dy);
    int start = REACH - shift(dy) - FIRST - TAPS + 1;
    for (int y = 0; y < side; y++) {
      combine(pixels, (start + y) * wide, wide, taps, rows, y * wide, wide);
    }
    double[] out = new double[side * side];
    taps = taps(dx);
    start = REACH - shift(dx) - FIRST - TAPS + 1;
    for (int y = 0; y < side; y++) {
      combine(rows, y * wide + start, 1, taps, out, y * side, side);
    }
    return out;
  }

  /** Pixel, relative to that of the weight, whose interval holds x - d. */
  private static int shift(double d) {
    return (int) Math.floor(-d);
  }

  /** Weights of pixels -4 to 5 about the interval, last one first. */
  private static double[] taps(double d) {
    double f = -d - Math.floor(-d);
    double[] out = new double[TAPS];
    for (int j = 0; j < TAPS; j++) {
      double w = 1;
      for (int m = 0; m < TAPS; m++) {
        if (m != j) {
          w *= (f - FIRST - m) / (j - m);
        }
      }
      out[TAPS - 1 - j] = w;
    }
    return out;
  }

  /** out(x) = sum over t of taps(t) in(x + t step). */
  private static void combine(
      double[] in, int from, int step, double[] taps, double[] out, int to, int count) {
    double t0 = taps[0];
    double t1 = taps[1];
    double t2 = taps[2];
    double t3 = taps[3];
    double t4 = taps[4];
    double t5 = taps[5];
    double t6 = taps[6];
    double t7 = taps[7];
    double t8 = taps[8];
    double t9 = taps[9];
    for (int x = 0; x < count; x++) {
      int i = from + x;
      out[to + x] =
          t0 * in[i]
              + t1 * in[i + step]
              + t2 * in[i + 2 * step]
              + t3 * in[i + 3 * step]
              + t4 * in[i + 4 * step]
              + t5 * in[i + 5 * step]
              + t6 * in[i + 6 * step]
              + t7 * in[i + 7 * step]
              + t8 * in[i + 8 * step]
              + t9 * in[i + 9 * step];
    }
  }
}
