package org.starbeam.fits;

/**
 * The sequence of random numbers of the subtractive dither of quantised float tiles: 10,000 numbers
 * of the Park-Miller generator, the start in it given by tile number and seed. Source: FITS
 * standard 4.0 section 10.2 and appendix I.
 */
final class Dither {
  static final int LENGTH = 10000;
  private static final float[] RANDOM = sequence();

  private int start;
  private int next;

  /**
   * @param seed ZDITHER0, 1 to 10000
   * @param tile number of the tile, 0-based
   */
  Dither(int seed, int tile) {
    start = (int) ((tile + (long) seed - 1) % LENGTH);
    next = (int) (RANDOM[start] * 500);
  }

  float next() {
    float value = RANDOM[next];
    if (++next == LENGTH) {
      start = start + 1 == LENGTH ? 0 : start + 1;
      next = (int) (RANDOM[start] * 500);
    }
    return value;
  }

  private static float[] sequence() {
    float[] out = new float[LENGTH];
    double seed = 1;
    for (int i = 0; i < LENGTH; i++) {
      double product = 16807.0 * seed;
      seed = product - 2147483647.0 * Math.floor(product / 2147483647.0);
      out[i] = (float) (seed / 2147483647.0);
    }
    return out;
  }
}
