package org.starbeam.hips;

import java.io.Serializable;

/**
 * Colours of three bands by the asinh stretch of Lupton et al. (2004): with I = (r + g + b) / 3
 * after the minimum is subtracted, f = asinh(Q I / stretch) 25.5 / asinh(0.1 Q) / I (0 for I &lt;=
 * 0), each channel is max(0, c f); where the largest reaches 255 all three are scaled by 255 /
 * largest, which keeps the hue; values are truncated to integers.
 */
public final class AsinhRgb {
  /**
   * @param minimum value that becomes black, in the units of the bands
   * @param stretch linear range, in the units of the bands; 12 sigma of the sky by default of the
   *     callers
   * @param q strength of the stretch; 8 in the Rubin and in this project's default
   */
  public record Config(double minimum, double stretch, double q) implements Serializable {}

  /** Factor that makes a star of g-r = 0.45 and r-i = 0.12 neutral: 10^(0.4 (m_b - m_r)). */
  public static double bandWeight(double magnitudeMinusRed) {
    return Math.pow(10, 0.4 * magnitudeMinusRed);
  }

  private final Config config;
  private final double norm;
  private final double softening;

  public AsinhRgb(Config config) {
    this.config = config;
    this.norm = 25.5 / asinh(0.1 * config.q());
    this.softening = config.q() / config.stretch();
  }

  /** Packed 0xRRGGBB of one pixel; a value that is not finite counts as the minimum. */
  public int color(double red, double green, double blue) {
    double r = aboveMinimum(red);
    double g = aboveMinimum(green);
    double b = aboveMinimum(blue);
    double intensity = (r + g + b) / 3;
    double factor = intensity <= 0 ? 0 : asinh(intensity * softening) * norm / intensity;
    double cr = Math.max(0, r * factor);
    double cg = Math.max(0, g * factor);
    double cb = Math.max(0, b * factor);
    double largest = Math.max(cr, Math.max(cg, cb));
    if (largest >= 255) {
      cr = cr * 255 / largest;
      cg = cg * 255 / largest;
      cb = cb * 255 / largest;
    }
    return ((int) cr << 16) | ((int) cg << 8) | (int) cb;
  }

  private double aboveMinimum(double value) {
    return Double.isFinite(value) ? value - config.minimum() : 0;
  }

  private static double asinh(double x) {
    double a = Math.abs(x);
    return Math.copySign(Math.log(a + Math.sqrt(a * a + 1)), x);
  }
}
