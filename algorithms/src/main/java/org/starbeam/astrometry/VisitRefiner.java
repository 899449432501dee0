package org.starbeam.astrometry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/**
 * Fits the WCS of a visit's detectors again, to reference stars and to the mean places that other
 * visits gave isolated stars: several times as many points as the reference catalogue alone has.
 *
 * <p>A reference star counts with the error of its apparent place; a mean of n other visits with 8
 * mas / sqrt(n) and, because its motion is not known, 5 mas/yr x the time between, in quadrature.
 * Reserved stars are kept out of the fit and tell how good it is. A detector on which the fit is
 * not possible keeps its WCS. Visits do not wait for each other: this is one step of the joint
 * solution, not its fixed point.
 */
public final class VisitRefiner {
  private static final double VISIT_ERROR_MAS = 8;
  private static final double MOTION_MAS_YR = 5;
  private static final int MIN_RESERVED = 5;

  /**
   * A star of the visit.
   *
   * @param id by which the caller knows it
   * @param sigmaPx centroid error per axis
   * @param refId reference star, 0 = none
   * @param others mean place in the other visits as it is seen at this visit's time, or null
   * @param nOthers number of other visits
   * @param othersMjd their mean time
   * @param reserved kept out of the fit
   */
  public record Measurement(
      long id,
      double x,
      double y,
      double sigmaPx,
      double snr,
      long refId,
      @Nullable SkyPoint others,
      int nOthers,
      double othersMjd,
      boolean reserved) {}

  /**
   * @param refined false when the WCS is the one given
   * @param used ids of the stars that the WCS was fitted to
   * @param reservedMas robust distance per axis of reserved stars; NaN below 5 of them
   * @param sipMaxErrorMas largest difference of the TAN-SIP form from the fitted map; NaN when the
   *     WCS is the one given
   */
  public record Result(
      TanSip wcs,
      boolean refined,
      Set<Long> used,
      int nStars,
      int nReference,
      double offsetMeanArcsec,
      double sigmaEastMas,
      double sigmaNorthMas,
      double floorMas,
      double chi2Dof,
      double reservedMas,
      double sipMaxErrorMas) {}

  private record Known(Measurement star, SkyPoint place, double sigmaMas, boolean reference) {}

  private final SipFitter fitter;
  private final ReferenceStars references;
  private final double taiMjd;

  /**
   * @param catalogue reference stars of the field
   * @param taiMjd middle of the exposure
   */
  public VisitRefiner(SipFitter.Config config, List<RefStar> catalogue, double taiMjd) {
    this.fitter = new SipFitter(config);
    this.references = ReferenceStars.at(catalogue, taiMjd);
    this.taiMjd = taiMjd;
  }

  /** Mean of the other members of a star whose centre is the mean of n with this one. */
  public static SkyPoint meanOfOthers(SkyPoint center, int n, SkyPoint mine) {
    double[] offset = new Gnomonic(center).project(mine);
    return new Gnomonic(center).deproject(-offset[0] / (n - 1), -offset[1] / (n - 1));
  }

  /** Fits one detector; stars are summed in the given order. */
  public Result refine(List<Measurement> stars, TanSip initial, Box box, double exposureSeconds) {
    List<Known> fitted = new ArrayList<>();
    List<Known> reserved = new ArrayList<>();
    for (Measurement star : stars) {
      Known known = known(star);
      if (known != null) {
        (star.reserved ? reserved : fitted).add(known);
      }
    }
    try {
      SipFitter.Fit fit = fitter.fit(points(fitted), initial, box, exposureSeconds);
      int nReference = 0;
      Set<Long> used = new HashSet<>();
      for (int i = 0; i < fitted.size(); i++) {
        if (fit.used()[i]) {
          nReference += fitted.get(i).reference ? 1 : 0;
          used.add(fitted.get(i).star.id);
        }
      }
      return new Result(
          fit.wcs(),
          true,
          used,
          fit.nUsed(),
          nReference,
          fit.offsetMeanArcsec(),
          fit.sigmaEastMas(),
          fit.sigmaNorthMas(),
          fit.floorMas(),
          fit.chi2Dof(),
          scatter(reserved, fit.wcs()),
          fit.sipMaxErrorMas());
    } catch (AlgorithmException e) {
      double nan = Double.NaN;
      return new Result(
          initial, false, Set.of(), 0, 0, nan, nan, nan, nan, nan, scatter(reserved, initial), nan);
    }
  }

  private @Nullable Known known(Measurement star) {
    int reference = star.refId == 0 ? -1 : references.indexOf(star.refId);
    if (reference >= 0 && references.motionKnown(reference)) {
      SkyPoint place = new SkyPoint(references.raDeg(reference), references.decDeg(reference));
      return new Known(star, place, references.sigmaMas(reference), true);
    }
    if (star.others == null) {
      return null;
    }
    double years = (taiMjd - star.othersMjd) / EpochPropagation.DAYS_PER_YEAR;
    double sigma = Math.hypot(VISIT_ERROR_MAS / Math.sqrt(star.nOthers), MOTION_MAS_YR * years);
    return new Known(star, star.others, sigma, false);
  }

  private static SipFitter.Points points(List<Known> stars) {
    return new SipFitter.Points(
        stars.stream().mapToDouble(k -> k.star.x).toArray(),
        stars.stream().mapToDouble(k -> k.star.y).toArray(),
        stars.stream().mapToDouble(k -> k.star.sigmaPx).toArray(),
        stars.stream().mapToDouble(k -> k.place.raDeg()).toArray(),
        stars.stream().mapToDouble(k -> k.place.decDeg()).toArray(),
        stars.stream().mapToDouble(Known::sigmaMas).toArray(),
        stars.stream().mapToDouble(k -> k.star.snr).toArray());
  }

  /** Median distance over 1.1774: the scatter per axis of Gaussian errors. */
  private static double scatter(List<Known> stars, TanSip wcs) {
    if (stars.size() < MIN_RESERVED) {
      return Double.NaN;
    }
    double[] d = new double[stars.size()];
    for (int i = 0; i < d.length; i++) {
      Known k = stars.get(i);
      SkyPoint sky = wcs.toSky(k.star.x, k.star.y);
      d[i] = Angles.separationArcsec(sky.raDeg(), sky.decDeg(), k.place.raDeg(), k.place.decDeg());
    }
    Arrays.sort(d);
    return 1000 * d[d.length / 2] / GaussianWidth.MEDIAN_RADIUS_PER_SIGMA;
  }
}
