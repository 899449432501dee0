package org.starbeam.isr;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.calibration.FringeBins;
import org.starbeam.calibration.FringeFit;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;

/**
 * Subtracts fringes from a flat-fielded exposure (specs/01 section 4.12). The amplitude of each
 * pattern is fitted together with a smooth sky to means of small bins over the whole detector,
 * where the specification has medians at random places: every pixel counts, and no random numbers
 * are needed. A pattern whose amplitude is less than 3 errors is left alone.
 *
 * <p>Thread safe. Cost: one pass over the pixels for the bins, some twenty over the bins, one over
 * the pixels for the subtraction.
 */
public final class FringeCorrector {
  /**
   * @param fit bins and sky
   * @param minSignificance amplitude over its error from which a pattern is subtracted, 3
   */
  public record Config(FringeFit.Config fit, double minSignificance) implements Serializable {
    public Config {
      if (!(minSignificance >= 0)) {
        throw new IllegalArgumentException("minSignificance " + minSignificance);
      }
    }

    public static Config defaults() {
      return new Config(FringeFit.Config.defaults(), 3);
    }
  }

  /**
   * What was done with one pattern.
   *
   * @param amplitude in the units of the image
   * @param error of the amplitude
   * @param subtracted whether it was significant
   */
  public record Amplitude(double amplitude, double error, boolean subtracted) {}

  private final Config config;

  public FringeCorrector(Config config) {
    this.config = config;
  }

  /**
   * Changes image and variance in place.
   *
   * @param image after the flat, any unit
   * @param frame of the same detector and filter
   * @throws org.starbeam.failure.AlgorithmException FEW_BINS, SINGULAR_FIT
   */
  public List<Amplitude> subtract(MaskedImage image, FringeFrame frame) {
    List<float[]> patterns = new ArrayList<>();
    for (ImageF pattern : frame.patterns()) {
      patterns.add(FringeBins.of(pattern, config.fit.bin()).values());
    }
    FringeFit fit =
        FringeFit.of(FringeBins.of(image, config.fit.bin()), patterns, config.fit.skyOrder());
    List<Amplitude> out = new ArrayList<>();
    for (int k = 0; k < patterns.size(); k++) {
      double a = fit.amplitudes()[k];
      double error = fit.errors()[k];
      boolean significant = Math.abs(a) >= config.minSignificance * error;
      if (significant) {
        subtract(image, frame.patterns().get(k), a, frame.variances().get(k));
      }
      out.add(new Amplitude(a, error, significant));
    }
    return out;
  }

  private static void subtract(
      MaskedImage image, ImageF pattern, double amplitude, double variance) {
    float a = (float) amplitude;
    float v = (float) (amplitude * amplitude * variance);
    int width = image.box().width();
    for (int y = image.box().y0(); y < image.box().y1(); y++) {
      int i = image.image().index(image.box().x0(), y);
      int j = image.variance().index(image.box().x0(), y);
      int k = pattern.index(image.box().x0(), y);
      for (int x = 0; x < width; x++) {
        image.image().data[i + x] -= a * pattern.data[k + x];
        image.variance().data[j + x] += v;
      }
    }
  }
}
