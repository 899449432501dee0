package org.starbeam.it;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;

/**
 * Fluxes in circular apertures of one image, the plain way: the sum of the pixels, those on the
 * circle by the part inside it, less the median of a ring times the area. Radii are in arcseconds
 * and fluxes in nJy, so that images on different grids can be compared. A pixel without data
 * anywhere in the aperture or the ring makes the flux NaN.
 */
final class AperturePhotometer {
  private static final double RING_INNER = 4;
  private static final double RING_OUTER = 5.4;
  private static final int PARTS = 5;

  private final ImageF image;
  private final Wcs wcs;
  private final double unit;
  private final double scale;

  /**
   * @param image surface brightness per pixel, NaN where there is no data
   * @param unit nJy of one unit of the image
   */
  AperturePhotometer(ImageF image, Wcs wcs, double unit) {
    this.image = image;
    this.wcs = wcs;
    this.unit = unit;
    Box box = image.box();
    this.scale = Math.sqrt(wcs.pixelArea(0.5 * (box.x0() + box.x1()), 0.5 * (box.y0() + box.y1())));
  }

  /** A coadd, without the pixels that have one of the planes. */
  static AperturePhotometer ofCoadd(ImageFile coadd, int planes) {
    MaskedImage pixels = coadd.image();
    ImageF image = new ImageF(pixels.box());
    for (int i = 0; i < image.data.length; i++) {
      boolean bad = (pixels.mask().data[i] & planes) != 0;
      image.data[i] = bad ? Float.NaN : pixels.image().data[i];
    }
    return new AperturePhotometer(image, wcsOf(coadd), 1);
  }

  /** The first image of a FITS file that is on its own grid. */
  static AperturePhotometer ofFile(Path path, double unit) {
    try (FitsReader reader = FitsReader.open(path)) {
      FitsHdu hdu = reader.firstImage();
      return new AperturePhotometer(
          reader.readFloats(hdu), WcsReader.fromHeader(reader.mergedHeader(hdu)), unit);
    }
  }

  static Wcs wcsOf(ImageFile coadd) {
    return WcsReader.fromHeader(HeaderView.of("coadd", coadd.wcs()));
  }

  /** Flux within a radius, nJy. */
  double flux(SkyPoint place, double radius) {
    double[] at = wcs.toPixel(place.raDeg(), place.decDeg());
    double[] sum = sum(at, radius / scale);
    return unit * (sum[0] - sum[1] * ring(at));
  }

  /** Clipped scatter of the fluxes at places without sources, nJy. */
  double noise(List<SkyPoint> places, double radius) {
    float[] fluxes = new float[places.size()];
    for (int i = 0; i < fluxes.length; i++) {
      fluxes[i] = (float) flux(places.get(i), radius);
    }
    return new ClippedStatistics().of(fluxes).sdClip();
  }

  /** Sum and area within a radius in pixels. */
  private double[] sum(double[] at, double radius) {
    double sum = 0;
    double area = 0;
    Box box = Box.around((int) Math.rint(at[0]), (int) Math.rint(at[1]), (int) radius + 2);
    if (!image.box().contains(box)) {
      return new double[] {Double.NaN, Double.NaN};
    }
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double part = part(x - at[0], y - at[1], radius);
        if (part > 0) {
          sum += part * image.get(x, y);
          area += part;
        }
      }
    }
    return new double[] {sum, area};
  }

  /** The part of a pixel that is inside the circle. */
  private static double part(double dx, double dy, double radius) {
    double r = Math.hypot(dx, dy);
    if (Math.abs(r - radius) > 0.75) {
      return r < radius ? 1 : 0;
    }
    int inside = 0;
    for (int j = 0; j < PARTS; j++) {
      for (int i = 0; i < PARTS; i++) {
        double x = dx + (i + 0.5) / PARTS - 0.5;
        double y = dy + (j + 0.5) / PARTS - 0.5;
        inside += Math.hypot(x, y) < radius ? 1 : 0;
      }
    }
    return inside / (double) (PARTS * PARTS);
  }

  private double ring(double[] at) {
    int half = (int) Math.ceil(RING_OUTER / scale) + 1;
    Box box = Box.around((int) Math.rint(at[0]), (int) Math.rint(at[1]), half);
    if (!image.box().contains(box)) {
      return Double.NaN;
    }
    double[] values = new double[box.width() * box.height()];
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double r = scale * Math.hypot(x - at[0], y - at[1]);
        if (r >= RING_INNER && r < RING_OUTER) {
          values[n++] = image.get(x, y);
        }
      }
    }
    double[] ring = Arrays.copyOf(values, n);
    return Arrays.stream(ring).anyMatch(Double::isNaN)
        ? Double.NaN
        : ClippedStatistics.median(ring);
  }
}
