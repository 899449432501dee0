package org.starbeam.measurement;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * The elliptical aperture of Kron (1980) of a source (specs/02 section 10.5, specs/04 section 5): R
 * = sum(r D) / sum(D) over the ellipse of 6 times the moments, r the elliptical radius scaled to
 * the area of the ellipse, so that R = sqrt(pi/2) sigma for a round Gaussian. The flux is that
 * within 2.5 R, pixels on the border by the exact area inside. An aperture is made on one image and
 * may be put on others at the same place. Lengths in pixels. Cost O(pixels of the ellipse).
 *
 * @param xx form of the ellipse, r^2 = xx dx^2 + 2 xy dx dy + yy dy^2 with xx yy - xy^2 = 1
 * @param radius R, no less than that of the PSF
 * @param badShape the moments are not those of an ellipse: the PSF's aperture
 * @param badRadius the mean radius is negative or absurd: the PSF's radius
 * @param usedMinimumRadius R would be less than the PSF's
 */
public record KronAperture(
    double xx,
    double xy,
    double yy,
    double radius,
    boolean badShape,
    boolean badRadius,
    boolean usedMinimumRadius) {
  /** Kron radii to the border of the aperture. */
  public static final double FACTOR = 2.5;

  private static final double REACH = 6;
  private static final double LARGEST = 200;

  /** Steps to a side in which a pixel near the centre is cut for its mean radius. */
  private static final int STEPS = 10;

  /**
   * @param flux NaN where the aperture leaves the image or holds a pixel without a value
   * @param err one sigma of white noise
   * @param noData holds pixels that nothing was measured in
   * @param truncated leaves the image
   */
  public record Result(double flux, double err, boolean noData, boolean truncated) {}

  /** Kron radius of a Gaussian of the PSF's moments. */
  public static double psfRadius(double[] psf) {
    return Math.sqrt(Math.PI / 2) * Math.pow(psf[0] * psf[1] - psf[2] * psf[2], 0.25);
  }

  /**
   * @param moments {xx, yy, xy} of the source with seeing, pixel^2
   * @param psf of the PSF
   * @param largest radius that R may have, if that is more than the PSF's
   */
  public static KronAperture of(
      MaskedImage image, double x, double y, double[] moments, double[] psf, double largest) {
    double least = psfRadius(psf);
    if (!isEllipse(moments)) {
      return make(psf, least, true, false, false);
    }
    double mean = meanRadius(image, x, y, moments);
    if (!(mean > 0) || mean > LARGEST) {
      return make(moments, least, false, true, false);
    }
    double limit = Math.max(least, largest);
    return make(moments, Math.max(least, Math.min(limit, mean)), false, false, mean < least);
  }

  private static boolean isEllipse(double[] m) {
    double det = m[0] * m[1] - m[2] * m[2];
    return m[0] > 0 && det > 0 && Double.isFinite(det);
  }

  private static KronAperture make(
      double[] moments, double radius, boolean badShape, boolean badRadius, boolean minimum) {
    double scale = 1 / Math.sqrt(moments[0] * moments[1] - moments[2] * moments[2]);
    return new KronAperture(
        moments[1] * scale,
        -moments[2] * scale,
        moments[0] * scale,
        radius,
        badShape,
        badRadius,
        minimum);
  }

  private static double meanRadius(MaskedImage image, double x, double y, double[] moments) {
    KronAperture unit = make(moments, 1, false, false, false);
    double reach = REACH * Math.pow(moments[0] * moments[1] - moments[2] * moments[2], 0.25);
    EllipseOverlap ellipse = unit.overlap();
    Box box = unit.box(x, y, reach).intersect(image.box());
    double light = 0;
    double moment = 0;
    for (int row = box.y0(); row < box.y1(); row++) {
      for (int col = box.x0(); col < box.x1(); col++) {
        double r = ellipse.radius(col - x, row - y);
        double value = image.image().get(col, row);
        if (r <= reach && Double.isFinite(value)) {
          light += value;
          moment += value * (r < 2 ? pixelRadius(ellipse, col - x, row - y) : r);
        }
      }
    }
    return light > 0 ? moment / light : Double.NaN;
  }

  /** Mean elliptical radius in a pixel. */
  private static double pixelRadius(EllipseOverlap ellipse, double dx, double dy) {
    double sum = 0;
    for (int j = 0; j < STEPS; j++) {
      for (int i = 0; i < STEPS; i++) {
        sum += ellipse.radius(dx + (i + 0.5) / STEPS - 0.5, dy + (j + 0.5) / STEPS - 0.5);
      }
    }
    return sum / (STEPS * STEPS);
  }

  private EllipseOverlap overlap() {
    return new EllipseOverlap(xx, xy, yy);
  }

  /** Pixels that the ellipse of a radius touches. */
  private Box box(double x, double y, double r) {
    double halfX = r * Math.sqrt(yy) + 0.5;
    double halfY = r * Math.sqrt(xx) + 0.5;
    return Box.ofCorners(
        (int) Math.ceil(x - halfX),
        (int) Math.ceil(y - halfY),
        (int) Math.floor(x + halfX),
        (int) Math.floor(y + halfY));
  }

  /**
   * The part of an image of sum 1 about the origin, such as a PSF's, that lies in the aperture;
   * beyond its box it has no light.
   */
  public double part(ImageD image) {
    double border = FACTOR * radius;
    EllipseOverlap ellipse = overlap();
    Box box = image.box().intersect(box(0, 0, border));
    double sum = 0;
    for (int row = box.y0(); row < box.y1(); row++) {
      for (int col = box.x0(); col < box.x1(); col++) {
        sum += ellipse.area(col, row, border) * image.get(col, row);
      }
    }
    return sum;
  }

  /** The flux in the aperture about a place. */
  public Result measure(MaskedImage image, double x, double y) {
    double border = FACTOR * radius;
    EllipseOverlap ellipse = overlap();
    Box box = box(x, y, border);
    boolean truncated = !image.box().contains(box);
    boolean noData = false;
    double flux = 0;
    double variance = 0;
    Box inside = box.intersect(image.box());
    for (int row = inside.y0(); row < inside.y1(); row++) {
      for (int col = inside.x0(); col < inside.x1(); col++) {
        double area = ellipse.area(col - x, row - y, border);
        if (area > 0) {
          flux += area * image.image().get(col, row);
          variance += area * area * image.variance().get(col, row);
          noData |= (image.mask().get(col, row) & MaskPlanes.NO_DATA) != 0;
        }
      }
    }
    boolean lost = truncated || !Double.isFinite(flux + variance);
    return new Result(
        lost ? Double.NaN : flux, lost ? Double.NaN : Math.sqrt(variance), noData, lost);
  }
}
