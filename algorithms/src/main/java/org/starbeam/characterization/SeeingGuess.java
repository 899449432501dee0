package org.starbeam.characterization;

import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.Peak;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.StarSelector;

/**
 * First guess of the PSF's width (specs/02 section 0.2 step 2): mode of the half-light radii of
 * bright, unsaturated, single peaks in a coarsely background-subtracted image. Cosmic rays are kept
 * out by the share of light in the brightest pixel. A frame without such sources gives NaN.
 */
final class SeeingGuess {
  private static final double DETECTION_SIGMA = 1.5;
  private static final double PEAK_SNR = 50;
  private static final double MAX_PEAK_FRACTION = 0.7;
  private static final int RADIUS = 10;

  private static final int FORBIDDEN =
      MaskPlanes.SAT | MaskPlanes.BAD | MaskPlanes.NO_DATA | MaskPlanes.SUSPECT;

  /** Half-light radius of a Gaussian in its widths. */
  private static final double HALF_LIGHT = 1.17741;

  private SeeingGuess() {}

  /** Width of a Gaussian of the same half-light radius, in pixels. */
  static double sigma(MaskedImage image) {
    for (double snr = PEAK_SNR; snr > 8; snr /= 2) {
      double sigma = sigma(image, snr);
      if (!Double.isNaN(sigma)) {
        return sigma;
      }
    }
    return Double.NaN;
  }

  private static double sigma(MaskedImage image, double snr) {
    SpanDetector detector =
        new SpanDetector(
            SpanDetector.Config.defaults().withThreshold(10).withIncludeMultiplier(snr / 10));
    FootprintSet found =
        detector.detect(
            detector.significance(image, DETECTION_SIGMA, DETECTION_SIGMA),
            SpanDetector.Polarity.POSITIVE);
    double[] radii =
        found.footprints().stream()
            .filter(f -> f.peaks().size() == 1 && (f.orOf(image.mask()) & FORBIDDEN) == 0)
            .mapToDouble(f -> halfLightRadius(image.image(), f))
            .filter(r -> !Double.isNaN(r))
            .sorted()
            .toArray();
    return radii.length < 3 ? Double.NaN : StarSelector.halfSampleMode(radii) / HALF_LIGHT;
  }

  /** Radius of half the light within {@link #RADIUS} of the centre of light; NaN when cut. */
  private static double halfLightRadius(ImageF image, Footprint footprint) {
    Peak peak = footprint.brightest();
    Box box = Box.around(peak.x(), peak.y(), RADIUS);
    if (!image.box().contains(box)) {
      return Double.NaN;
    }
    double[] centre = centre(image, peak);
    double total = 0;
    double brightest = 0;
    double[] byRadius = new double[8 * RADIUS];
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        int bin = (int) (8 * Math.hypot(x - centre[0], y - centre[1]));
        if (bin < byRadius.length) {
          double value = image.get(x, y);
          byRadius[bin] += value;
          total += value;
          brightest = Math.max(brightest, value);
        }
      }
    }
    if (!(total > 0) || brightest > MAX_PEAK_FRACTION * total) {
      return Double.NaN;
    }
    double sum = 0;
    for (int i = 0; i < byRadius.length; i++) {
      sum += byRadius[i];
      if (sum >= 0.5 * total) {
        return (i + 0.5) / 8;
      }
    }
    return Double.NaN;
  }

  private static double[] centre(ImageF image, Peak peak) {
    double[] s = new double[3];
    for (int dy = -2; dy <= 2; dy++) {
      for (int dx = -2; dx <= 2; dx++) {
        double value = Math.max(0, image.get(peak.x() + dx, peak.y() + dy));
        s[0] += value;
        s[1] += value * dx;
        s[2] += value * dy;
      }
    }
    return s[0] > 0
        ? new double[] {peak.x() + s[1] / s[0], peak.y() + s[2] / s[0]}
        : new double[] {peak.x(), peak.y()};
  }
}
