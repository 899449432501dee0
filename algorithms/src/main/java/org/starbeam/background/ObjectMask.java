package org.starbeam.background;

import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/**
 * Marks the pixels that sources reach (specs/02 section 3.1): every footprint is widened to the
 * radius where a Moffat profile of its flux falls to a small part of the sky noise, so that wings
 * outside the detected pixels do not raise the background.
 */
public final class ObjectMask {
  /** Largest radius in pixels that one source may take. */
  private static final double MAX_RADIUS = 80;

  private final double isophote;
  private final double beta;

  /**
   * @param isophote surface brightness in sky deviations at which a source ends
   * @param beta exponent of the Moffat wings
   */
  public ObjectMask(double isophote, double beta) {
    this.isophote = isophote;
    this.beta = beta;
  }

  /** Sets planes on the pixels of all sources of a background-subtracted image. */
  public void mark(
      MaskedImage image,
      FootprintSet sources,
      double sigmaPsf,
      double skySigma,
      MaskI mask,
      int planes) {
    for (Footprint footprint : sources.footprints()) {
      double flux = flux(image, footprint);
      double radius = Math.min(MAX_RADIUS, radius(flux, sigmaPsf, skySigma));
      double own = Math.sqrt(footprint.area() / Math.PI);
      widen(footprint, Math.max(sigmaPsf, radius - own), mask, planes);
    }
  }

  /** Where a Moffat of the flux has the surface brightness isophote x skySigma. */
  double radius(double flux, double sigmaPsf, double skySigma) {
    double alpha =
        GaussianWidth.FWHM_PER_SIGMA * sigmaPsf / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    double centre = flux * (beta - 1) / (Math.PI * alpha * alpha);
    double ratio = centre / (isophote * skySigma);
    return ratio <= 1 ? 0 : alpha * Math.sqrt(Math.pow(ratio, 1 / beta) - 1);
  }

  private static double flux(MaskedImage image, Footprint footprint) {
    double sum = 0;
    int[] runs = footprint.spans().runs();
    for (int i = 0; i < runs.length; i += 3) {
      for (int x = runs[i + 1]; x < runs[i + 2]; x++) {
        float value = image.image().get(x, runs[i]);
        sum += Float.isFinite(value) ? value : 0;
      }
    }
    return sum;
  }

  private static void widen(Footprint footprint, double radius, MaskI mask, int planes) {
    Box box = mask.box();
    int[] runs = footprint.spans().runs();
    int reach = (int) Math.floor(radius);
    for (int dy = -reach; dy <= reach; dy++) {
      int extent = (int) Math.floor(Math.sqrt(radius * radius - dy * dy));
      for (int i = 0; i < runs.length; i += 3) {
        int y = runs[i] + dy;
        if (y >= box.y0() && y < box.y1()) {
          int end = Math.min(box.x1(), runs[i + 2] + extent);
          for (int x = Math.max(box.x0(), runs[i + 1] - extent); x < end; x++) {
            mask.data[mask.index(x, y)] |= planes;
          }
        }
      }
    }
  }
}
