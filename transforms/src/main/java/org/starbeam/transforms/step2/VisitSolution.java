package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/**
 * Final calibration of a visit, dataset {@code visit_solution}.
 *
 * @param detectors by detector number; those that are absent here had no first characterization, or
 *     no WCS that the visit could supply
 */
public record VisitSolution(
    long visit, String band, double expMidptMjd, List<DetectorSolution> detectors) {

  /**
   * Calibration of one detector.
   *
   * @param wcsMethod {@code global} when refined with stars of other visits, else {@code
   *     single-frame}
   * @param nStars stars that the WCS was fitted to
   * @param nReference of them reference stars
   * @param offsetMeanArcsec mean distance of the used stars
   * @param sigmaEastMas robust scatter to the east
   * @param sigmaNorthMas and to the north
   * @param floorMas position noise beyond that of centroids and references
   * @param chi2Dof chi^2 per degree of freedom
   * @param reservedMas robust distance of stars kept out of the fit, per axis; NaN below 5
   * @param nPhotRef reference stars of the visit's zero point
   * @param photometricClass how clear the sky was over the visit
   * @param zeroPointScale factor of the effective time by the visit's zero point; null unknown
   * @param gray what clouds took on the detector; null without stars that visits share
   * @param sipMaxErrorMas largest difference of the TAN-SIP form from the fitted map; null unknown
   * @param firstOffsetMeanArcsec mean distance from the reference catalogue in the first pass; null
   *     without one
   * @param firstOffsetStdArcsec scatter of that distance
   * @param stars the isolated stars on the detector and what the fits made of them
   * @param recovery what the other detectors of the visit supplied, or null
   */
  public record DetectorSolution(
      int detector,
      WcsDocument wcs,
      CalibDocument photoCalib,
      String wcsMethod,
      int nStars,
      int nReference,
      double offsetMeanArcsec,
      double sigmaEastMas,
      double sigmaNorthMas,
      double floorMas,
      double chi2Dof,
      double reservedMas,
      int nPhotRef,
      String photometricClass,
      @Nullable Double zeroPointScale,
      VisitClarity.@Nullable DetectorGray gray,
      @Nullable Double sipMaxErrorMas,
      @Nullable Double firstOffsetMeanArcsec,
      @Nullable Double firstOffsetStdArcsec,
      VisitStars stars,
      @Nullable Recovery recovery) {

    /** Pixels of isolated stars that the detector overlaps or nearly touches. */
    long[] pixels() {
      TanSip map = wcs.wcs();
      List<Double> ra = new ArrayList<>();
      List<Double> dec = new ArrayList<>();
      for (int corner = 0; corner < 4; corner++) {
        int x = photoCalib.x0() + (corner == 1 || corner == 2 ? photoCalib.width() - 1 : 0);
        int y = photoCalib.y0() + (corner > 1 ? photoCalib.height() - 1 : 0);
        SkyPoint sky = map.toSky(x, y);
        ra.add(sky.raDeg());
        dec.add(sky.decDeg());
      }
      return Step2Solve.pixels(ra, dec);
    }
  }

  /** The solution of a detector, if it has one. */
  public Optional<DetectorSolution> detector(int number) {
    return detectors.stream().filter(d -> d.detector == number).findFirst();
  }
}
