package org.starbeam.transforms.step2;

import java.util.Comparator;
import java.util.List;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;

/**
 * The stars of one detector as the solution over all visits knows them, columns of equal length by
 * rising id and place: all isolated stars that should be seen there, and stars that a fit used
 * without their being isolated (id 0).
 *
 * @param id published id of the isolated star; 0 for none
 * @param raDeg where it is seen at the time of the visit
 * @param decDeg degrees
 * @param astrometryUsed whether the detector's WCS was fitted to it
 * @param photometryUsed whether the visit's zero point was fitted to it
 * @param photometryReserved whether it was held back from that fit, to judge it
 * @param psfKey by which it is reserved from PSF fits, the same in all visits; 0 for a star that
 *     may not shape a PSF
 */
public record VisitStars(
    long[] id,
    double[] raDeg,
    double[] decDeg,
    boolean[] astrometryUsed,
    boolean[] photometryUsed,
    boolean[] photometryReserved,
    long[] psfKey) {
  /** A source is a star when it lies this near (specs/06 section 14). */
  private static final double RADIUS_ARCSEC = 0.5;

  /** One star. */
  record Star(
      long id,
      double raDeg,
      double decDeg,
      boolean astrometryUsed,
      boolean photometryUsed,
      boolean photometryReserved,
      long psfKey) {}

  static VisitStars of(List<Star> stars) {
    List<Star> sorted =
        stars.stream()
            .sorted(
                Comparator.comparingLong(Star::id)
                    .thenComparingDouble(Star::raDeg)
                    .thenComparingDouble(Star::decDeg))
            .toList();
    int n = sorted.size();
    VisitStars out =
        new VisitStars(
            new long[n],
            new double[n],
            new double[n],
            new boolean[n],
            new boolean[n],
            new boolean[n],
            new long[n]);
    for (int i = 0; i < n; i++) {
      Star star = sorted.get(i);
      out.id[i] = star.id;
      out.raDeg[i] = star.raDeg;
      out.decDeg[i] = star.decDeg;
      out.astrometryUsed[i] = star.astrometryUsed;
      out.photometryUsed[i] = star.photometryUsed;
      out.photometryReserved[i] = star.photometryReserved;
      out.psfKey[i] = star.psfKey;
    }
    return out;
  }

  /** Whether nothing is known against a star as a PSF star. */
  boolean isGood(int row) {
    return id[row] == 0 || psfKey[row] != 0;
  }

  int size() {
    return id.length;
  }

  /**
   * Which star each source is: the nearest within half an arcsecond, if no other source is nearer
   * to that star; -1 for none.
   */
  int[] match(List<SkyPoint> places) {
    double[] ra = places.stream().mapToDouble(SkyPoint::raDeg).toArray();
    double[] dec = places.stream().mapToDouble(SkyPoint::decDeg).toArray();
    SphereIndex sources = new SphereIndex(ra, dec, RADIUS_ARCSEC);
    SphereIndex stars = new SphereIndex(raDeg, decDeg, RADIUS_ARCSEC);
    int[] out = new int[ra.length];
    for (int i = 0; i < out.length; i++) {
      int star = size() == 0 ? -1 : stars.nearest(ra[i], dec[i], RADIUS_ARCSEC);
      out[i] =
          star >= 0 && sources.nearest(raDeg[star], decDeg[star], RADIUS_ARCSEC) == i ? star : -1;
    }
    return out;
  }
}
