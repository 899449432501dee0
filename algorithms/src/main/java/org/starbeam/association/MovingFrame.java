package org.starbeam.association;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;

/**
 * Moves detections to the survey's reference epoch (specs/06 section 2.1, step 1): one that lies
 * within 2 arcsec of a reference star with known motion, at the time of the visit, is displaced by
 * what that star moves from there to its barycentric place at the reference epoch. Of several such
 * stars the nearest counts, of equals the one with the smallest id. All other positions stay.
 *
 * <p>Not thread safe: apparent places are kept per time.
 */
public final class MovingFrame {
  private static final double RADIUS_ARCSEC = 2;
  private static final double MATCH_ARCSEC = 0.5;
  private static final double AMBIGUOUS_ARCSEC = 1;
  private static final double AMBIGUOUS_RATIO = Math.pow(10, -0.4 * 3);

  private final List<RefStar> catalogue;
  private final ReferenceStars atEpoch;
  private final SphereIndex epochIndex;
  private final Map<Double, Then> byTime = new TreeMap<>();

  private record Then(ReferenceStars stars, SphereIndex index) {}

  /**
   * @param catalogue reference stars around the field
   * @param referenceEpochYr Julian year
   */
  public MovingFrame(List<RefStar> catalogue, double referenceEpochYr) {
    this.catalogue = List.copyOf(catalogue);
    this.atEpoch = ReferenceStars.barycentric(catalogue, referenceEpochYr);
    this.epochIndex = index(atEpoch);
  }

  private static SphereIndex index(ReferenceStars stars) {
    double[] ra = new double[stars.size()];
    double[] dec = new double[stars.size()];
    for (int i = 0; i < ra.length; i++) {
      ra[i] = stars.raDeg(i);
      dec[i] = stars.decDeg(i);
    }
    return new SphereIndex(ra, dec, RADIUS_ARCSEC);
  }

  private Then at(double taiMjd) {
    return byTime.computeIfAbsent(
        taiMjd,
        time -> {
          ReferenceStars stars = ReferenceStars.at(catalogue, time);
          return new Then(stars, index(stars));
        });
  }

  /** Where a detection of a time (TAI MJD) would have been at the reference epoch. */
  public SkyPoint toReferenceEpoch(double raDeg, double decDeg, double taiMjd) {
    return moved(raDeg, decDeg, at(taiMjd), new Then(atEpoch, epochIndex));
  }

  /** Where a star that is at a place at the reference epoch is seen at a time (TAI MJD). */
  public SkyPoint fromReferenceEpoch(double raDeg, double decDeg, double taiMjd) {
    return moved(raDeg, decDeg, new Then(atEpoch, epochIndex), at(taiMjd));
  }

  /** Both sets hold the same stars in the same rows. */
  private static SkyPoint moved(double raDeg, double decDeg, Then from, Then to) {
    SkyPoint seen = new SkyPoint(raDeg, decDeg);
    if (from.stars.size() == 0 || !Double.isFinite(raDeg) || !Double.isFinite(decDeg)) {
      return seen;
    }
    double[] v = Angles.vector(raDeg, decDeg);
    int best = -1;
    double nearest = Double.POSITIVE_INFINITY;
    for (int i : from.index.within(v, RADIUS_ARCSEC)) {
      double d = SphereIndex.chordArcsec(from.index.vector(i), v);
      if (from.stars.motionKnown(i) && d < nearest) {
        best = i;
        nearest = d;
      }
    }
    if (best < 0) {
      return seen;
    }
    double[] offset =
        new Gnomonic(new SkyPoint(from.stars.raDeg(best), from.stars.decDeg(best))).project(seen);
    return new Gnomonic(new SkyPoint(to.stars.raDeg(best), to.stars.decDeg(best)))
        .deproject(offset[0], offset[1]);
  }

  /**
   * Reference star of an isolated star (step 6): the nearest within 0.5 arcsec of its centre; 0
   * when there is none, or when another within 1 arcsec is less than 3 mag fainter.
   */
  public long referenceOf(SkyPoint center) {
    double[] v = Angles.vector(center.raDeg(), center.decDeg());
    int best = -1;
    double nearest = MATCH_ARCSEC;
    int[] near = epochIndex.within(v, AMBIGUOUS_ARCSEC);
    for (int i : near) {
      double d = SphereIndex.chordArcsec(epochIndex.vector(i), v);
      if (d < nearest) {
        best = i;
        nearest = d;
      }
    }
    return best < 0 || ambiguous(near, best) ? 0 : atEpoch.id(best);
  }

  private boolean ambiguous(int[] near, int best) {
    return Arrays.stream(near)
        .filter(i -> i != best)
        .anyMatch(
            i ->
                atEpoch.bands().stream()
                    .anyMatch(b -> atEpoch.flux(b, i) > AMBIGUOUS_RATIO * atEpoch.flux(b, best)));
  }
}
