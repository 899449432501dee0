package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.starbeam.association.MovingFrame;
import org.starbeam.image.Box;
import org.starbeam.psf.Reservation;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/**
 * Isolated stars where they are at the time of a visit, and what its fits made of them: the
 * hand-off of the solution over all visits to the final characterization (specs/06 section 14).
 */
final class StarsOfVisit {
  private static final double MARGIN_PX = 5;

  /** Share of its appearances in which a PSF star may be flagged (specs/02 section 14.2). */
  private static final double MAX_FLAGGED = 0.2;

  private record Seen(IsolatedStar star, SkyPoint place, double[] vector) {}

  private final int release;
  private final List<Seen> stars = new ArrayList<>();

  /**
   * @param release number of the release, for ids
   * @param isolated stars of the same campaign and of accepted runs; of those with one key the
   *     first counts
   */
  StarsOfVisit(int release, Iterable<IsolatedStar> isolated, MovingFrame frame, double taiMjd) {
    this.release = release;
    Map<Long, IsolatedStar> byKey = new TreeMap<>();
    isolated.forEach(star -> byKey.putIfAbsent(star.getStarKey(), star));
    for (IsolatedStar star : byKey.values()) {
      SkyPoint place = frame.fromReferenceEpoch(star.getRa(), star.getDec(), taiMjd);
      stars.add(new Seen(star, place, Angles.vector(place.raDeg(), place.decDeg())));
    }
  }

  /**
   * The stars of a detector.
   *
   * @param wcs of the solution
   * @param starOf the isolated star that the solution took a source for, or null
   * @param astrometry sources that the WCS was fitted to
   * @param photometry what the zero point was fitted to
   */
  VisitStars on(
      VisitDetector detector,
      TanSip wcs,
      Function<StarCandidate, @Nullable IsolatedStar> starOf,
      Set<Long> astrometry,
      VisitZeroPoints photometry) {
    Map<Long, StarCandidate> sourceOf = new HashMap<>();
    List<VisitStars.Star> out = new ArrayList<>();
    for (StarCandidate source : detector.stars()) {
      IsolatedStar star = starOf.apply(source);
      if (star != null) {
        sourceOf.put(star.getStarKey(), source);
      } else if (astrometry.contains(source.getSourceId())
          || photometry.isUsed(source, null)
          || photometry.isReserved(source, null)) {
        SkyPoint place = wcs.toSky(source.getX(), source.getY());
        out.add(star(0, place, source, null, astrometry, photometry, 0));
      }
    }
    for (Seen seen : on(detector.box(), wcs)) {
      IsolatedStar star = seen.star;
      long id = StarIds.of(release, new SkyPoint(star.getRa(), star.getDec()));
      StarCandidate source = sourceOf.get(star.getStarKey());
      out.add(star(id, seen.place, source, star, astrometry, photometry, psfKey(star)));
    }
    return VisitStars.of(out);
  }

  private static VisitStars.Star star(
      long id,
      SkyPoint place,
      @Nullable StarCandidate source,
      @Nullable IsolatedStar star,
      Set<Long> astrometry,
      VisitZeroPoints photometry,
      long psfKey) {
    return new VisitStars.Star(
        id,
        place.raDeg(),
        place.decDeg(),
        source != null && astrometry.contains(source.getSourceId()),
        source != null && photometry.isUsed(source, star),
        source != null && photometry.isReserved(source, star),
        psfKey);
  }

  /** A star that four visits in five saw as a good one may shape PSFs. */
  private static long psfKey(IsolatedStar star) {
    return star.getNFlagged() > MAX_FLAGGED * (star.getNVisit() + star.getNFlagged())
        ? 0
        : star.getRefId() != 0 ? star.getRefId() : Reservation.skyKey(star.getRa(), star.getDec());
  }

  private List<Seen> on(Box box, TanSip wcs) {
    double x = box.x0() + (box.width() - 1) / 2.0;
    double y = box.y0() + (box.height() - 1) / 2.0;
    SkyPoint middle = wcs.toSky(x, y);
    SkyPoint corner = wcs.toSky(box.x0() - 2 * MARGIN_PX, box.y0() - 2 * MARGIN_PX);
    SkyPoint other = wcs.toSky(box.x1() + 2 * MARGIN_PX, box.y0() - 2 * MARGIN_PX);
    double[] centre = Angles.vector(middle.raDeg(), middle.decDeg());
    double reach =
        Math.min(
            Angles.dot(centre, Angles.vector(corner.raDeg(), corner.decDeg())),
            Angles.dot(centre, Angles.vector(other.raDeg(), other.decDeg())));
    List<Seen> out = new ArrayList<>();
    for (Seen seen : stars) {
      if (Angles.dot(centre, seen.vector) >= reach - 1e-12) {
        double[] p = wcs.toPixel(seen.place.raDeg(), seen.place.decDeg());
        if (p[0] > box.x0() - MARGIN_PX
            && p[0] < box.x1() + MARGIN_PX
            && p[1] > box.y0() - MARGIN_PX
            && p[1] < box.y1() + MARGIN_PX) {
          out.add(seen);
        }
      }
    }
    return out;
  }
}
