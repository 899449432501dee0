package org.starbeam.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * Nominal and true places of the detectors: a square mosaic of 1024 x 1024 pixels of 10 um with 0.5
 * mm between the edges, centred on the axis. True places differ by about 20 um and 0.02 deg.
 *
 * @param detectors in order of their number
 * @param focalLengthMm 0.2 arcsec per pixel on the axis
 * @param nominalK cubic distortion of {@code camera.yaml}
 * @param trueK cubic distortion of the sky
 */
record FocalPlane(List<Detector> detectors, double focalLengthMm, double nominalK, double trueK) {
  static final int SIZE = 1024;
  static final double PIXEL_MM = 0.01;
  static final double CENTRE = (SIZE - 1) / 2.0;
  private static final double PITCH_MM = SIZE * PIXEL_MM + 0.5;
  private static final double FOCAL_LENGTH_MM = PIXEL_MM / Math.toRadians(0.2 / 3600);
  private static final double REFERENCE_ANGLE = Math.toRadians(5 / 60.0);
  private static final double DISTORTION_ARCSEC = 1.5;

  /** Place of one detector: focal-plane mm of pixel (511.5, 511.5) and rotation. */
  record Detector(
      int id,
      String name,
      String slot,
      double nominalX,
      double nominalY,
      double trueX,
      double trueY,
      double trueYawDeg) {}

  static FocalPlane make(Preset preset, long seed) {
    double k =
        Math.toRadians(DISTORTION_ARCSEC / 3600)
            / (REFERENCE_ANGLE * REFERENCE_ANGLE * REFERENCE_ANGLE);
    boolean errors = preset.observing().pointingErrorArcsec() > 0;
    RandomStream random = RandomStream.of(seed, "geometry", 0, 0);
    int columns = (int) Math.ceil(Math.sqrt(preset.detectors()));
    int rows = (preset.detectors() + columns - 1) / columns;
    List<Detector> list = new ArrayList<>();
    for (int id = 0; id < preset.detectors(); id++) {
      int column = id % columns;
      int row = id / columns;
      double x = (column - (columns - 1) / 2.0) * PITCH_MM;
      double y = (row - (rows - 1) / 2.0) * PITCH_MM;
      String slot = "S" + row + column;
      double dx = random.normal(0, 0.02);
      double dy = random.normal(0, 0.02);
      double yaw = random.normal(0, 0.02);
      list.add(
          errors
              ? new Detector(id, "R22_" + slot, slot, x, y, x + dx, y + dy, yaw)
              : new Detector(id, "R22_" + slot, slot, x, y, x, y, 0));
    }
    double trueK = errors ? k * (1 + random.normal(0, 0.02)) : k;
    return new FocalPlane(List.copyOf(list), FOCAL_LENGTH_MM, k, trueK);
  }

  /** Distance from the axis to the farthest detector corner. */
  double radiusMm() {
    double half = SIZE * PIXEL_MM / 2;
    double largest = 0;
    for (Detector d : detectors) {
      largest =
          Math.max(
              largest, Math.hypot(Math.abs(d.nominalX()) + half, Math.abs(d.nominalY()) + half));
    }
    return largest;
  }

  /** True focal-plane place in mm of a pixel position. */
  double[] toFocalPlane(int detector, double x, double y) {
    Detector d = detectors.get(detector);
    double cos = Math.cos(Math.toRadians(d.trueYawDeg()));
    double sin = Math.sin(Math.toRadians(d.trueYawDeg()));
    double dx = (x - CENTRE) * PIXEL_MM;
    double dy = (y - CENTRE) * PIXEL_MM;
    return new double[] {d.trueX() + cos * dx - sin * dy, d.trueY() + sin * dx + cos * dy};
  }

  /** Pixel position on a detector of a focal-plane place. */
  double[] toPixel(int detector, double xMm, double yMm) {
    Detector d = detectors.get(detector);
    double cos = Math.cos(Math.toRadians(d.trueYawDeg()));
    double sin = Math.sin(Math.toRadians(d.trueYawDeg()));
    double dx = (xMm - d.trueX()) / PIXEL_MM;
    double dy = (yMm - d.trueY()) / PIXEL_MM;
    return new double[] {CENTRE + cos * dx + sin * dy, CENTRE - sin * dx + cos * dy};
  }

  /** Solid angle of a pixel over that of a pixel on the axis: (1 + k u^2)(1 + 3 k u^2). */
  double relativeArea(double xMm, double yMm) {
    double u2 = (xMm * xMm + yMm * yMm) / (focalLengthMm * focalLengthMm);
    return (1 + trueK * u2) * (1 + 3 * trueK * u2);
  }
}
