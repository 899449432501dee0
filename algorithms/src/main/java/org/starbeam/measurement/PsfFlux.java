package org.starbeam.measurement;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Flux of a point source by the matched filter with equal weight for every pixel, F = sum(P D) /
 * sum(P^2), which a wrong variance cannot bias (specs/02 section 10.2). Pixels in the rejected
 * planes are left out of both sums; what is left of less than a hundredth of sum(P^2) is no
 * measurement. Error: sqrt(sum(P^2 V)) / sum(P^2); the PSF model's own comes with the aperture
 * correction. Cost O(stamp).
 */
public final class PsfFlux implements MeasurementPlugin {
  /** Planes whose pixels carry no measurement of light. */
  public static final int REJECTED =
      MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA | MaskPlanes.CR | MaskPlanes.INTRP;

  /** Share of sum(P^2) that must be left beside a constant for it to be fitted. */
  private static final double MIN_CONTRAST = 0.1;

  /**
   * Share of sum(P^2) in good pixels below which there is no flux, and that below which it is
   * flagged.
   */
  private static final double MIN_USED = 0.01;

  private static final double GOOD_USED = 0.3;

  private final boolean fitBackground;

  /** A PSF on a background of zero. */
  public PsfFlux() {
    this(false);
  }

  /**
   * @param fitBackground true to fit a constant under the star together with its flux, so that what
   *     the background model left (fringes, wings of neighbours) does not enter; costs about 3 % of
   *     the error
   */
  public PsfFlux(boolean fitBackground) {
    this.fitBackground = fitBackground;
  }

  /**
   * @param flux in units of the image; NaN when no pixel could be used
   * @param err one sigma from the variance plane
   * @param chi2 sum((D - F P)^2 / V) per pixel
   * @param pixels number of pixels used
   * @param usedFraction share of sum(P^2) in the pixels used, of the whole stamp
   */
  public record Result(double flux, double err, double chi2, int pixels, double usedFraction) {}

  @Override
  public String name() {
    return Fields.PSF_FLUX;
  }

  @Override
  public int executionOrder() {
    return FLUX;
  }

  @Override
  public List<String> outputs() {
    return List.of(
        Fields.PSF_FLUX, Fields.err(Fields.PSF_FLUX), Fields.PSF_FLUX_CHI2, Fields.PSF_FLUX_AREA);
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    ImageD psf = frame.psfImage(source.x(), source.y());
    Result result = fit(frame.image(), psf, REJECTED, fitBackground);
    source.setFlag(Fields.flag(Fields.PSF_FLUX, "edge"), !frame.image().box().contains(psf.box()));
    if (result.usedFraction() < MIN_USED) {
      source.setFlag(Fields.flag(Fields.PSF_FLUX));
      source.setFlag(Fields.flag(Fields.PSF_FLUX, "noGoodPixels"));
      return;
    }
    source.set(Fields.PSF_FLUX, result.flux());
    source.set(Fields.err(Fields.PSF_FLUX), result.err());
    source.set(Fields.PSF_FLUX_CHI2, result.chi2());
    source.set(Fields.PSF_FLUX_AREA, frame.psf().nEff(source.x(), source.y()));
    source.setFlag(Fields.flag(Fields.PSF_FLUX), result.usedFraction() < GOOD_USED);
  }

  /** Fits one PSF image, given in the coordinates of the image, to the pixels under it. */
  public static Result fit(MaskedImage image, ImageD psf, int rejectedPlanes) {
    return fit(image, psf, rejectedPlanes, false);
  }

  private static Result fit(
      MaskedImage image, ImageD psf, int rejectedPlanes, boolean withBackground) {
    Box box = psf.box().intersect(image.box());
    double pd = 0;
    double pp = 0;
    double ppv = 0;
    double sumP = 0;
    double sumD = 0;
    double sumPv = 0;
    double sumV = 0;
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (usable(image, x, y, rejectedPlanes)) {
          double p = psf.get(x, y);
          double d = image.image().get(x, y);
          double v = image.variance().get(x, y);
          pd += p * d;
          pp += p * p;
          ppv += p * p * v;
          sumP += p;
          sumD += d;
          sumPv += p * v;
          sumV += v;
          n++;
        }
      }
    }
    if (n == 0 || !(pp > 0)) {
      return new Result(Double.NaN, Double.NaN, Double.NaN, 0, 0);
    }
    double meanP = withBackground ? sumP / n : 0;
    double norm = pp - n * meanP * meanP;
    if (norm < MIN_CONTRAST * pp) {
      meanP = 0;
      norm = pp;
    }
    double flux = (pd - meanP * sumD) / norm;
    double variance = (ppv - 2 * meanP * sumPv + meanP * meanP * sumV) / (norm * norm);
    double background = meanP == 0 ? 0 : sumD / n - flux * meanP;
    double chi2 = chi2(image, psf, box, flux, background, rejectedPlanes);
    return new Result(flux, Math.sqrt(variance), chi2 / n, n, pp / sumOfSquares(psf));
  }

  private static double chi2(
      MaskedImage image, ImageD psf, Box box, double flux, double background, int rejectedPlanes) {
    double sum = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (usable(image, x, y, rejectedPlanes)) {
          double residual = image.image().get(x, y) - background - flux * psf.get(x, y);
          sum += residual * residual / image.variance().get(x, y);
        }
      }
    }
    return sum;
  }

  private static boolean usable(MaskedImage image, int x, int y, int rejectedPlanes) {
    float v = image.variance().get(x, y);
    return (image.mask().get(x, y) & rejectedPlanes) == 0
        && v > 0
        && Float.isFinite(v)
        && Float.isFinite(image.image().get(x, y));
  }

  private static double sumOfSquares(ImageD psf) {
    double sum = 0;
    for (double p : psf.toArray()) {
      sum += p * p;
    }
    return sum;
  }
}
