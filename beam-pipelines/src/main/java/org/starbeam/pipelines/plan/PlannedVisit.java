package org.starbeam.pipelines.plan;

import java.util.List;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * A visit of which a plan knows where its detectors look.
 *
 * @param month its observing month as yyyymm
 */
public record PlannedVisit(
    long number, String instrument, String band, int month, List<Outline> detectors) {
  public PlannedVisit {
    detectors = List.copyOf(detectors);
  }

  /**
   * A detector on the sky.
   *
   * @param raDeg corners, in order around it
   * @param kilopixels size of its image
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Outline(int detector, double[] raDeg, double[] decDeg, int kilopixels) {

    /** The same outline, grown (or shrunk) by a margin on all sides. */
    Outline grown(double marginArcsec) {
      if (marginArcsec == 0) {
        return this;
      }
      SkyPoint center = center();
      Gnomonic plane = new Gnomonic(center);
      double[] ra = new double[raDeg.length];
      double[] dec = new double[raDeg.length];
      for (int i = 0; i < raDeg.length; i++) {
        double[] p = plane.project(raDeg[i], decDeg[i]);
        double length = Math.hypot(p[0], p[1]);
        double more = Math.toRadians(marginArcsec * Math.sqrt(2) / 3600);
        double factor = Math.max(0, 1 + more / length);
        SkyPoint moved = plane.deproject(factor * p[0], factor * p[1]);
        ra[i] = moved.raDeg();
        dec[i] = moved.decDeg();
      }
      return new Outline(detector, ra, dec, kilopixels);
    }

    /** The middle of the corners. */
    SkyPoint center() {
      Gnomonic plane = new Gnomonic(new SkyPoint(raDeg[0], decDeg[0]));
      double x = 0;
      double y = 0;
      for (int i = 0; i < raDeg.length; i++) {
        double[] p = plane.project(raDeg[i], decDeg[i]);
        x += p[0] / raDeg.length;
        y += p[1] / raDeg.length;
      }
      return plane.deproject(x, y);
    }
  }
}
