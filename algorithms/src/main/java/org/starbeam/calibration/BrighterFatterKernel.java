package org.starbeam.calibration;

/**
 * Kernel of the brighter-fatter effect of a detector: the product {@code brighter_fatter} (specs/01
 * sections 4.10 and 5.8). The charge Q [electrons] makes the potential {@code phi = K * (Q - mean
 * Q)}, and through the border of two pixels flows {@code 1/2 (phi_q - phi_p)} of the charge there.
 *
 * @param detector number of the detector
 * @param values K [row offset][column offset], square with an odd side, even in both, 1/electron
 */
public record BrighterFatterKernel(int detector, double[][] values) {
  public BrighterFatterKernel {
    if (values.length % 2 == 0 || values[0].length != values.length) {
      throw new IllegalArgumentException(
          values.length + " x " + values[0].length + " values are no kernel");
    }
  }

  /** Largest offset. */
  public int half() {
    return values.length / 2;
  }

  /** Row of K at a row offset, from the smallest column offset on, as floats. */
  public float[] row(int dy) {
    double[] row = values[dy + half()];
    float[] out = new float[row.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) row[i];
    }
    return out;
  }
}
