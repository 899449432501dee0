package org.starbeam.transforms.step3;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.Angles;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;

/**
 * The motion columns of objects, from the isolated star that an unresolved object is: the nearest
 * within 0.3 arcsec at the object's epoch (specs/06 section 6). Of all other objects they are null
 * and flagged, their reference star is 0.
 */
final class ObjectMotions {
  /** The columns that are set. */
  static final List<String> COLUMNS =
      List.of(
          "raPM",
          "decPM",
          "parallax",
          "raPMErr",
          "decPMErr",
          "parallaxErr",
          "raPM_decPM_Cov",
          "raPM_parallax_Cov",
          "decPM_parallax_Cov",
          "motion_nVisits",
          "motion_chi2_reduced",
          "motion_flag",
          "referenceId");

  private static final double RADIUS_ARCSEC = 0.3;
  private static final double RESOLVED = 0.5;

  /** How far a star may move between its epoch and the object's. */
  private static final double REACH_ARCSEC = 5;

  private final List<IsolatedStarRow> stars;
  private final SphereIndex index;

  ObjectMotions(List<IsolatedStarRow> stars) {
    this.stars =
        stars.stream().filter(star -> star.getRa() != null && star.getDec() != null).toList();
    this.index =
        new SphereIndex(
            this.stars.stream().mapToDouble(IsolatedStarRow::getRa).toArray(),
            this.stars.stream().mapToDouble(IsolatedStarRow::getDec).toArray(),
            REACH_ARCSEC);
  }

  /** Sets the columns of the rows; returns how many have a motion that is not flagged. */
  int join(List<ObjectRow> rows) {
    int moving = 0;
    for (ObjectRow row : rows) {
      row.setMotionFlag(true);
      row.setReferenceId(0L);
      int star = star(row);
      if (star >= 0) {
        copy(stars.get(star), row);
        moving += row.getMotionFlag() ? 0 : 1;
      }
    }
    return moving;
  }

  private int star(ObjectRow row) {
    boolean unresolved =
        Boolean.TRUE.equals(row.getDetectIsDeblendedSource())
            && row.getRefExtendedness() != null
            && row.getRefExtendedness() < RESOLVED;
    if (stars.isEmpty() || !unresolved || row.getCoordRa() == null || row.getCoordDec() == null) {
      return -1;
    }
    int best = -1;
    double nearest = RADIUS_ARCSEC;
    double[] place = Angles.vector(row.getCoordRa(), row.getCoordDec());
    for (int i : index.within(place, REACH_ARCSEC)) {
      SkyPoint then = at(stars.get(i), row.getEpoch());
      double distance =
          Angles.separationArcsec(row.getCoordRa(), row.getCoordDec(), then.raDeg(), then.decDeg());
      if (distance < nearest) {
        best = i;
        nearest = distance;
      }
    }
    return best;
  }

  /** Where a star is at an epoch (TAI MJD) without its parallax. */
  private static SkyPoint at(IsolatedStarRow star, @Nullable Double epoch) {
    if (epoch == null || star.getRaPM() == null || star.getDecPM() == null) {
      return new SkyPoint(star.getRa(), star.getDec());
    }
    double years = (epoch - star.getEpoch()) / EpochPropagation.DAYS_PER_YEAR;
    return EpochPropagation.greatCircle(
        star.getRa(), star.getDec(), star.getRaPM(), star.getDecPM(), years);
  }

  private static void copy(IsolatedStarRow star, ObjectRow row) {
    row.setReferenceId(star.getReferenceId());
    row.setMotionNVisits(star.getMotionNVisits());
    row.setMotionChi2Reduced(star.getMotionChi2Reduced());
    row.setMotionFlag(star.getMotionFlag());
    row.setRaPM(star.getRaPM());
    row.setDecPM(star.getDecPM());
    row.setParallax(star.getParallax());
    row.setRaPMErr(star.getRaPMErr());
    row.setDecPMErr(star.getDecPMErr());
    row.setParallaxErr(star.getParallaxErr());
    row.setRaPMDecPMCov(star.getRaPMDecPMCov());
    row.setRaPMParallaxCov(star.getRaPMParallaxCov());
    row.setDecPMParallaxCov(star.getDecPMParallaxCov());
  }
}
