package org.starbeam.isr;

import java.io.Serializable;
import java.util.function.DoubleUnaryOperator;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * Puts charge that the serial register has deferred back into its pixels (specs/01 section 4.9;
 * Snyder et al. 2021, JATIS 7, 048002), row by row from the first pixel read, in electrons:
 *
 * <pre>
 * local offset   s -= A max over j >= 0 of s+[x - j] exp(-j / tau_L)
 * traps          O = max over j >= 0 of c(s[x - 1 - j]) r^j,   r = exp(-1 / tau)
 *                s -= (1 - b) (O (1 - r) - max(0, c(s) - r O))
 * global CTI     s[x] += n b (s[x] - s[x - 1]),   n transfers of column x
 * </pre>
 *
 * <p>The maxima are kept in decaying registers, which equal the windows of 15 and 6 pixels of the
 * source to within r^15 and r^6. A pixel that is not finite stays and leaves no trail. One pass, no
 * allocation; stateless and thread safe.
 */
public final class DeferredChargeCorrector {
  /**
   * @param smallestCti global CTI from which its own trail is put back, 5e-7
   */
  public record Config(double smallestCti) implements Serializable {
    public static Config defaults() {
      return new Config(5e-7);
    }
  }

  private final DeferredCharge.Amplifier amplifier;
  private final DoubleUnaryOperator held;
  private final double global;

  public DeferredChargeCorrector(Config config, DeferredCharge.Amplifier amplifier) {
    this(config, amplifier, amplifier::held);
  }

  /**
   * @param held charge that the traps hold in equilibrium with a signal, electrons
   */
  DeferredChargeCorrector(
      Config config, DeferredCharge.Amplifier amplifier, DoubleUnaryOperator held) {
    this.amplifier = amplifier;
    this.held = held;
    this.global = amplifier.globalCti() > config.smallestCti ? amplifier.globalCti() : 0;
  }

  /** True when there is something to put back. */
  public boolean isNeeded() {
    return global > 0 || amplifier.trapSize() > 0 || amplifier.driftScale() > 0;
  }

  /**
   * Corrects the pixels of a box in place; columns before it have no charge.
   *
   * @param image whole raw image in read order, electrons; modified
   * @param data the pixels that saw light
   */
  public void correct(ImageF image, Box data) {
    for (int y = data.y0(); y < data.y1(); y++) {
      correctRow(image.data, image.index(data.x0(), y), data.width(), data.x0() + 1);
    }
  }

  private void correctRow(float[] v, int start, int width, int firstTransfers) {
    double keep = Math.exp(-1 / amplifier.decayPixels());
    double r = Math.exp(-1 / amplifier.emissionPixels());
    double drift = 0;
    double occupied = 0;
    double before = 0;
    for (int x = 0; x < width; x++) {
      double s = v[start + x];
      if (!Double.isFinite(s)) {
        drift *= keep;
        occupied *= r;
        before = 0;
        continue;
      }
      drift = Math.max(Math.max(0, s), drift * keep);
      s -= amplifier.driftScale() * drift;
      double trapped = held.applyAsDouble(s);
      double captured = Math.max(0, trapped - r * occupied);
      s -= (1 - amplifier.globalCti()) * (occupied * (1 - r) - captured);
      occupied = Math.max(trapped, occupied * r);
      v[start + x] = (float) (s + (firstTransfers + x) * global * (s - before));
      before = s;
    }
  }
}
