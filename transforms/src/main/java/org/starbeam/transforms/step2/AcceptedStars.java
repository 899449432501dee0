package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.association.MovingFrame;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * Isolated stars of accepted runs where they are at the time of a visit. A source within half an
 * arcsecond of one is that star: isolated stars have no neighbour within 2 arcsec. Of a star that
 * several months have solved, the solution nearest to the source counts.
 */
final class AcceptedStars {
  private static final double RADIUS_ARCSEC = 0.5;

  private final List<IsolatedStar> stars;
  private final SphereIndex index;

  private AcceptedStars(List<IsolatedStar> stars, SphereIndex index) {
    this.stars = stars;
    this.index = index;
  }

  static AcceptedStars of(Quantum quantum, QuantumContext context, MovingFrame frame, double mjd)
      throws IOException {
    List<IsolatedStar> stars = new ArrayList<>();
    for (DatasetRef ref :
        quantum.refs(VisitCalibration.ACCEPTED, DatasetTypes.ISOLATED_STAR_BLOCK.name())) {
      stars.addAll(context.reader().table(ref, IsolatedStar.class));
    }
    return of(stars, frame, mjd);
  }

  /** Stars at the reference epoch where they are at a time (TAI MJD). */
  static AcceptedStars of(List<IsolatedStar> stars, MovingFrame frame, double mjd) {
    double[] ra = new double[stars.size()];
    double[] dec = new double[stars.size()];
    for (int i = 0; i < ra.length; i++) {
      IsolatedStar star = stars.get(i);
      SkyPoint now = frame.fromReferenceEpoch(star.getRa(), star.getDec(), mjd);
      ra[i] = now.raDeg();
      dec[i] = now.decDeg();
    }
    return new AcceptedStars(stars, new SphereIndex(ra, dec, RADIUS_ARCSEC));
  }

  /** The star at a place, or null. */
  @Nullable IsolatedStar at(double raDeg, double decDeg) {
    int i = stars.isEmpty() ? -1 : index.nearest(raDeg, decDeg, RADIUS_ARCSEC);
    return i < 0 ? null : stars.get(i);
  }
}
