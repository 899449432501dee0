package org.starbeam.astrometry;

import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/**
 * A WCS moved by a smooth correction: where the base map puts a pixel, shifted in the tangent plane
 * about the middle of the box by (east, north), each a Chebyshev function of the pixel in arcsec.
 */
final class WcsCorrection implements Wcs {
  private static final double STEP = 0.5;
  private static final int INVERSE_STEPS = 10;

  private final Wcs base;
  private final Gnomonic plane;
  private final Chebyshev2D east;
  private final Chebyshev2D north;

  WcsCorrection(Wcs base, Gnomonic plane, Chebyshev2D east, Chebyshev2D north) {
    this.base = base;
    this.plane = plane;
    this.east = east;
    this.north = north;
  }

  static SkyPoint middle(Wcs wcs, Box box) {
    return wcs.toSky(box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0);
  }

  @Override
  public SkyPoint toSky(double x, double y) {
    double[] p = plane.project(base.toSky(x, y));
    return plane.deproject(
        p[0] + east.evaluate(x, y) / Angles.ARCSEC_PER_RADIAN,
        p[1] + north.evaluate(x, y) / Angles.ARCSEC_PER_RADIAN);
  }

  @Override
  public double[] toPixel(double raDeg, double decDeg) {
    double[] goal = plane.project(raDeg, decDeg);
    double[] pixel = base.toPixel(raDeg, decDeg);
    for (int step = 0; step < INVERSE_STEPS; step++) {
      double e = east.evaluate(pixel[0], pixel[1]) / Angles.ARCSEC_PER_RADIAN;
      double n = north.evaluate(pixel[0], pixel[1]) / Angles.ARCSEC_PER_RADIAN;
      SkyPoint before = plane.deproject(goal[0] - e, goal[1] - n);
      pixel = base.toPixel(before.raDeg(), before.decDeg());
    }
    return pixel;
  }

  @Override
  public double[] jacobian(double x, double y) {
    Gnomonic local = new Gnomonic(toSky(x, y));
    double[] right = local.project(toSky(x + STEP, y));
    double[] left = local.project(toSky(x - STEP, y));
    double[] up = local.project(toSky(x, y + STEP));
    double[] down = local.project(toSky(x, y - STEP));
    double scale = Angles.ARCSEC_PER_RADIAN / (2 * STEP);
    return new double[] {
      (right[0] - left[0]) * scale,
      (up[0] - down[0]) * scale,
      (right[1] - left[1]) * scale,
      (up[1] - down[1]) * scale
    };
  }
}
