package org.starbeam.coadd;

import org.starbeam.image.Box;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;

/**
 * The outline of a detector in tract pixels: its box, shrunk, with 24 points on each side. A cell
 * accepts a detector when the outline holds the cell's whole inner box, so that no input ends
 * inside it (specs/03 section 2.6).
 */
final class DetectorOutline {
  private static final int POINTS = 24;

  private final double[] x = new double[4 * POINTS];
  private final double[] y = new double[4 * POINTS];

  /**
   * @param shrink pixels taken off every side of the image's box
   */
  DetectorOutline(Tract tract, Wcs wcs, Box image, double shrink) {
    double x0 = image.x0() - 0.5 + shrink;
    double y0 = image.y0() - 0.5 + shrink;
    double w = image.width() - 2 * shrink;
    double h = image.height() - 2 * shrink;
    for (int i = 0; i < POINTS; i++) {
      double t = (double) i / POINTS;
      put(i, tract, wcs, x0 + t * w, y0);
      put(POINTS + i, tract, wcs, x0 + w, y0 + t * h);
      put(2 * POINTS + i, tract, wcs, x0 + w - t * w, y0 + h);
      put(3 * POINTS + i, tract, wcs, x0, y0 + h - t * h);
    }
  }

  private void put(int i, Tract tract, Wcs wcs, double px, double py) {
    SkyPoint sky = wcs.toSky(px, py);
    double[] p = tract.wcs().toPixel(sky.raDeg(), sky.decDeg());
    x[i] = p[0];
    y[i] = p[1];
  }

  /** Smallest box that holds the outline; empty when some of it cannot be projected. */
  Box bounds() {
    double xMin = Double.POSITIVE_INFINITY;
    double yMin = Double.POSITIVE_INFINITY;
    double xMax = Double.NEGATIVE_INFINITY;
    double yMax = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < x.length; i++) {
      if (!(Math.abs(x[i]) < 1e7) || !(Math.abs(y[i]) < 1e7)) {
        return Box.EMPTY;
      }
      xMin = Math.min(xMin, x[i]);
      xMax = Math.max(xMax, x[i]);
      yMin = Math.min(yMin, y[i]);
      yMax = Math.max(yMax, y[i]);
    }
    return Box.ofCorners(
        (int) Math.floor(xMin),
        (int) Math.floor(yMin),
        (int) Math.ceil(xMax),
        (int) Math.ceil(yMax));
  }

  /** True when the outline holds all of a box: its corners, and no point of the outline inside. */
  boolean contains(Box box) {
    double x0 = box.x0() - 0.5;
    double y0 = box.y0() - 0.5;
    double x1 = box.x1() - 0.5;
    double y1 = box.y1() - 0.5;
    for (int i = 0; i < x.length; i++) {
      if (x[i] > x0 && x[i] < x1 && y[i] > y0 && y[i] < y1) {
        return false;
      }
    }
    return contains(x0, y0) && contains(x1, y0) && contains(x1, y1) && contains(x0, y1);
  }

  private boolean contains(double px, double py) {
    boolean inside = false;
    for (int i = 0, j = x.length - 1; i < x.length; j = i++) {
      boolean crosses = (y[i] > py) != (y[j] > py);
      if (crosses && px < (x[j] - x[i]) * (py - y[i]) / (y[j] - y[i]) + x[i]) {
        inside = !inside;
      }
    }
    return inside;
  }
}
