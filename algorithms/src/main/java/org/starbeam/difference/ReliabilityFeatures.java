package org.starbeam.difference;

import java.util.EnumMap;
import java.util.Map;
import org.starbeam.difference.DiaMeasurer.DiaSource;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ReliabilityModel.Feature;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;

/**
 * What the score of a detection on a difference hangs on (specs/03 section 7.9). All values are
 * finite and bounded; what could not be measured has the value of a point source.
 *
 * <p>Cost per source: the stamp of the PSF and two squares of some hundred pixels.
 */
final class ReliabilityFeatures {
  private static final int DOUBTED =
      MaskPlanes.BAD
          | MaskPlanes.SAT
          | MaskPlanes.CR
          | MaskPlanes.INTRP
          | MaskPlanes.EDGE
          | MaskPlanes.STREAK
          | MaskPlanes.SUSPECT
          | MaskPlanes.NO_DATA
          | MaskPlanes.SAT_TEMPLATE
          | MaskPlanes.NO_DATA_TEMPLATE;
  private static final int SATURATED = MaskPlanes.SAT | MaskPlanes.SAT_TEMPLATE;
  private static final double MOST_SNR = 100;
  private static final double MOST_TEMPLATE = 100;
  private static final double MOST_RADII = 29;
  private static final double MOST_LOG_SIZE = 2;

  /** Pixels. */
  private static final int NEIGHBOURHOOD = 50;

  private static final double PEAK = 3;

  private final Difference difference;
  private final ImageF significance;
  private final double sigma;

  /**
   * @param significance of point sources
   * @param sigma width of the PSF in pixels
   */
  ReliabilityFeatures(Difference difference, ImageF significance, double sigma) {
    this.difference = difference;
    this.significance = significance;
    this.sigma = sigma;
  }

  Map<Feature, Double> of(DiaSource s) {
    Map<Feature, Double> out = new EnumMap<>(Feature.class);
    double flux = Math.abs(s.psfFlux());
    out.put(Feature.SNR, Math.log(clip(flux / s.psfFluxErr(), 1, MOST_SNR)));
    out.put(Feature.CHI2, clip(Math.log(s.psfChi2() / Math.max(1, s.psfNdata())), -1, 5));
    out.put(Feature.APERTURE, clip(Math.abs(s.apFlux() / s.psfFlux() - 1), 0, 2));
    shape(s.source(), out);
    out.put(Feature.OPPOSITE, oppositeShare(s));
    out.put(Feature.DIPOLE, s.dipole() ? 1.0 : 0.0);
    out.put(Feature.SATURATION, Math.log(1 + saturationRadii(s)));
    double template = clip(s.templateFlux() / flux, 0, MOST_TEMPLATE - 1);
    out.put(Feature.TEMPLATE, Math.log(1 + template));
    out.put(Feature.MASKED, share(difference, s.x(), s.y(), DOUBTED));
    out.put(Feature.CROWDED, crowding(s));
    out.put(Feature.VANISHED, s.negative() ? clip(1 - s.scienceFlux() / flux, 0, 1) : 0.0);
    out.put(Feature.INEXACT, share(difference, s.x(), s.y(), MaskPlanes.INEXACT_PSF));
    return out;
  }

  /** Between the bounds; the lower one for what is not a number. */
  private static double clip(double value, double low, double high) {
    return value > low ? Math.min(value, high) : low;
  }

  private static void shape(MeasuredSource m, Map<Feature, Double> out) {
    double xx = m.get(Fields.IXX);
    double yy = m.get(Fields.IYY);
    double size = Math.log((xx + yy) / (m.get(Fields.IXX_PSF) + m.get(Fields.IYY_PSF)));
    boolean failed = m.flag(Fields.flag(Fields.SHAPE)) || !Double.isFinite(size);
    double e = Math.hypot(xx - yy, 2 * m.get(Fields.IXY)) / (xx + yy);
    out.put(Feature.NARROW, failed ? 0 : clip(-size, 0, MOST_LOG_SIZE));
    out.put(Feature.WIDE, failed ? 0 : clip(size, 0, MOST_LOG_SIZE));
    out.put(Feature.ELONGATED, failed ? 0 : clip(e, 0, 1));
    out.put(Feature.SHAPELESS, failed ? 1.0 : 0.0);
  }

  private double oppositeShare(DiaSource s) {
    ImageF image = difference.image().image();
    double radius = GaussianWidth.FWHM_PER_SIGMA * sigma;
    int reach = (int) Math.ceil(radius);
    Box box = Box.around((int) Math.rint(s.x()), (int) Math.rint(s.y()), reach);
    int n = 0;
    int opposite = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (image.box().contains(x, y) && Math.hypot(x - s.x(), y - s.y()) <= radius) {
          n++;
          opposite += image.get(x, y) * s.psfFlux() < 0 ? 1 : 0;
        }
      }
    }
    return n == 0 ? 0 : (double) opposite / n;
  }

  /**
   * Distance of the nearest saturated pixel over the radius of a disc of as many pixels as are
   * saturated in the neighbourhood.
   */
  private double saturationRadii(DiaSource s) {
    MaskI mask = difference.image().mask();
    Box box = neighbourhood(s, mask.box());
    double nearest = Double.POSITIVE_INFINITY;
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if ((mask.get(x, y) & SATURATED) != 0) {
          n++;
          nearest = Math.min(nearest, Math.hypot(x - s.x(), y - s.y()));
        }
      }
    }
    return n == 0 ? MOST_RADII : Math.min(MOST_RADII, nearest / Math.sqrt(n / Math.PI));
  }

  private static Box neighbourhood(DiaSource s, Box image) {
    return Box.around((int) Math.rint(s.x()), (int) Math.rint(s.y()), NEIGHBOURHOOD)
        .intersect(image);
  }

  /** ln((1 + n) / (1 + expected)) of the extrema above 3 sigma that are not the source's own. */
  private double crowding(DiaSource s) {
    Box box = neighbourhood(s, significance.box().grow(-1));
    double own = 2 * GaussianWidth.FWHM_PER_SIGMA * sigma;
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (isPeak(x, y) && Math.hypot(x - s.x(), y - s.y()) > own) {
          n++;
        }
      }
    }
    double perPixel =
        2
            * PEAK
            * Math.exp(-PEAK * PEAK / 2)
            / (Math.pow(2, 2.5) * Math.pow(Math.PI, 1.5) * sigma * sigma);
    return Math.log((1 + n) / (1 + perPixel * Math.max(0, box.area() - Math.PI * own * own)));
  }

  private boolean isPeak(int x, int y) {
    float z = Math.abs(significance.get(x, y));
    if (!(z > PEAK)) {
      return false;
    }
    for (int v = y - 1; v <= y + 1; v++) {
      for (int u = x - 1; u <= x + 1; u++) {
        if (Math.abs(significance.get(u, v)) > z) {
          return false;
        }
      }
    }
    return true;
  }

  /** Share of sum(PSF^2) at a position that lies on pixels with one of the planes. */
  static double share(Difference difference, double px, double py, int planes) {
    MaskI mask = difference.image().mask();
    ImageD psf = difference.psf().image(px, py);
    double with = 0;
    double all = 0;
    for (int y = psf.box().y0(); y < psf.box().y1(); y++) {
      for (int x = psf.box().x0(); x < psf.box().x1(); x++) {
        double p2 = psf.get(x, y) * psf.get(x, y);
        all += p2;
        boolean marked = !mask.box().contains(x, y) || (mask.get(x, y) & planes) != 0;
        with += marked ? p2 : 0;
      }
    }
    return all > 0 ? with / all : 0;
  }
}
