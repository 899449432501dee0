package org.starbeam.background;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * The background with the sources taken out: fit, subtract, detect, mask the sources as far as they
 * reach, fit the unsubtracted image again, until the surface stays (specs/02 section 3.1). When
 * sources leave less than a fifth of the image free, the detection threshold is raised. Cost: two
 * to four background fits and detections.
 */
public final class SourceFreeBackground {
  /**
   * @param mesh bins and surface
   * @param detection what counts as a source
   * @param isophote surface brightness in sky deviations where a source's mask ends
   * @param wingBeta Moffat exponent assumed for the wings
   * @param maxRounds number of re-estimates
   * @param tolerance rms change in sky deviations at which the surface is final
   */
  public record Config(
      MeshBackground.Config mesh,
      SpanDetector.Config detection,
      double isophote,
      double wingBeta,
      int maxRounds,
      double tolerance)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          MeshBackground.Config.defaults(), SpanDetector.Config.defaults(), 0.05, 2.5, 3, 0.02);
    }
  }

  /**
   * @param background the surface
   * @param skySigma median square root of the variance of free pixels
   * @param skyPixels share of the image that was free
   */
  public record Result(Chebyshev2D background, double skySigma, double skyPixels) {}

  private static final double MIN_FREE = 0.2;
  private static final int MAX_RAISES = 8;

  private final Config config;
  private final MeshBackground mesh;
  private final ObjectMask objectMask;

  public SourceFreeBackground(Config config) {
    this.config = config;
    this.mesh = new MeshBackground(config.mesh);
    this.objectMask = new ObjectMask(config.isophote, config.wingBeta);
  }

  /**
   * Background of an image, which is not changed.
   *
   * @param sigmaPsf width of the PSF in pixels
   * @throws org.starbeam.failure.AlgorithmException {@code BACKGROUND_FAILED}
   */
  public Result estimate(MaskedImage image, double sigmaPsf) {
    int detected = MaskPlanes.DETECTED | MaskPlanes.DETECTED_NEGATIVE;
    MaskI clean = image.mask().copy();
    for (int i = 0; i < clean.data.length; i++) {
      clean.data[i] &= ~detected;
    }
    MaskI mask = clean.copy();
    Chebyshev2D surface = mesh.fit(new MaskedImage(image.image(), mask, image.variance()));
    double sigma = skySigma(image, mask);
    for (int round = 0; round < config.maxRounds; round++) {
      MaskedImage subtracted = new MaskedImage(image.image().copy(), clean, image.variance());
      new BackgroundList(List.of(surface)).subtractFrom(subtracted.image());
      markSources(subtracted, sigmaPsf, sigma, mask);
      sigma = skySigma(image, mask);
      Chebyshev2D next = mesh.fit(new MaskedImage(image.image(), mask, image.variance()));
      double change = rmsDifference(surface, next, image.box());
      surface = next;
      if (change < config.tolerance * sigma) {
        break;
      }
    }
    return new Result(surface, sigma, free(mask));
  }

  private void markSources(MaskedImage subtracted, double sigmaPsf, double sigma, MaskI mask) {
    SpanDetector.Config detection = config.detection;
    for (int raise = 0; raise <= MAX_RAISES; raise++) {
      SpanDetector detector = new SpanDetector(detection);
      FootprintSet sources =
          detector.detect(
              detector.significance(subtracted, sigmaPsf, sigmaPsf),
              SpanDetector.Polarity.POSITIVE);
      mask.copyFrom(subtracted.mask());
      objectMask.mark(subtracted, sources, sigmaPsf, sigma, mask, MaskPlanes.DETECTED);
      if (free(mask) >= MIN_FREE) {
        return;
      }
      detection = detection.withThreshold(1.5 * detection.threshold());
    }
  }

  private double free(MaskI mask) {
    int n = 0;
    for (int bits : mask.data) {
      n += (bits & config.mesh.excludePlanes()) == 0 ? 1 : 0;
    }
    return n / (double) mask.data.length;
  }

  private double skySigma(MaskedImage image, MaskI mask) {
    Box box = image.box();
    float[] values = new float[box.area() / 7 + 1];
    int n = 0;
    for (int p = 0; p < box.area(); p += 7) {
      int x = box.x0() + p % box.width();
      int y = box.y0() + p / box.width();
      float v = image.variance().get(x, y);
      if ((mask.get(x, y) & config.mesh.excludePlanes()) == 0 && v > 0 && Float.isFinite(v)) {
        values[n++] = v;
      }
    }
    if (n == 0) {
      return 1;
    }
    Arrays.sort(values, 0, n);
    return Math.sqrt(values[n / 2]);
  }

  private static double rmsDifference(Chebyshev2D a, Chebyshev2D b, Box box) {
    int n = 16;
    double sum = 0;
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < n; i++) {
        double x = box.x0() + (i + 0.5) * box.width() / n;
        double y = box.y0() + (j + 0.5) * box.height() / n;
        double d = a.evaluate(x, y) - b.evaluate(x, y);
        sum += d * d;
      }
    }
    return Math.sqrt(sum) / n;
  }
}
