package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.photometry.SelfCalibration;
import org.starbeam.photometry.VisitZeroPoint;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.sky.SkyPoint;

/**
 * Isolated stars as observations of the visits of one band: non-reserved ones to solve with,
 * reserved ones to judge by (specs/06 section 10). Reference stars are those to which a visit's own
 * zero point was fitted.
 */
final class SharedStars {
  private static final int FEWEST_FOR_SCATTER = 5;

  private final double minSnr;
  private final List<VisitPhotometry> visits;
  private final Map<Long, Integer> index = new HashMap<>();
  private final List<Map<Integer, PhotoCalib>> constants = new ArrayList<>();
  private final List<SelfCalibration.Observation> observations = new ArrayList<>();
  private final List<SelfCalibration.Observation> reserved = new ArrayList<>();
  private final Map<Integer, SelfCalibration.Reference> references = new TreeMap<>();
  private final int nStars;

  /**
   * @param visits of the band, in order
   * @param blocks isolated stars with members in these and in other visits
   */
  SharedStars(double minSnr, List<VisitPhotometry> visits, List<IsolatedStar> blocks) {
    this.minSnr = minSnr;
    this.visits = visits;
    for (VisitPhotometry visit : visits) {
      index.put(visit.visit(), constants.size());
      Map<Integer, PhotoCalib> byDetector = new HashMap<>();
      visit.constants().forEach((d, document) -> byDetector.put(d, document.photoCalib()));
      constants.add(byDetector);
    }
    List<IsolatedStar> sorted = new ArrayList<>(blocks);
    sorted.sort(Comparator.comparingLong(IsolatedStar::getStarKey));
    nStars = sorted.size();
    for (int star = 0; star < nStars; star++) {
      add(star, sorted.get(star));
    }
  }

  /** Whether a solution takes a star, seen with a flux, or holds it back when it is reserved. */
  static boolean takes(IsolatedStar star, double flux, double fluxErr, double minSnr) {
    return star.getNVisit() > 1 && flux > minSnr * fluxErr;
  }

  private void add(int number, IsolatedStar star) {
    SkyPoint place = new SkyPoint(star.getRa(), star.getDec());
    boolean isReserved = IsolatedStarAssociator.photometricReserve(star.getStarKey());
    for (int i = 0; i < star.getMemberVisits().size(); i++) {
      Integer visit = index.get(star.getMemberVisits().get(i));
      double flux = star.getMemberFlux().get(i);
      double err = star.getMemberFluxErr().get(i);
      if (visit == null || !takes(star, flux, err, minSnr)) {
        continue;
      }
      int detector = star.getMemberDetectors().get(i);
      PhotoCalib constant = constants.get(visit).get(detector);
      if (constant != null) {
        double x = star.getMemberX().get(i);
        double y = star.getMemberY().get(i);
        (isReserved ? reserved : observations)
            .add(
                new SelfCalibration.Observation(
                    number,
                    visit,
                    detector,
                    place,
                    constant.field().unitX(x),
                    constant.field().unitY(y),
                    PhotoCalib.magOfFlux(constant.apply(flux, x, y)),
                    PhotoCalib.MAG_PER_RELATIVE * err / flux));
        if (!isReserved) {
          refer(number, visits.get(visit), star.getMemberSourceIds().get(i));
        }
      }
    }
  }

  private void refer(int star, VisitPhotometry visit, long source) {
    int row = Arrays.binarySearch(visit.used(), source);
    if (row >= 0) {
      double flux = visit.usedFlux()[row];
      references.putIfAbsent(
          star,
          new SelfCalibration.Reference(
              star,
              PhotoCalib.magOfFlux(flux),
              PhotoCalib.MAG_PER_RELATIVE * visit.usedFluxErr()[row] / flux));
    }
  }

  SelfCalibration.Result solve(SelfCalibration.Config config) {
    List<SelfCalibration.Visit> all =
        visits.stream()
            .map(
                v ->
                    new SelfCalibration.Visit(
                        v.visit(),
                        v.zeroPoint().center(),
                        v.zeroPoint().radiusArcsec(),
                        v.zeroPoint().zeroPoint()))
            .toList();
    return new SelfCalibration(config)
        .solve(nStars, all, observations, List.copyOf(references.values()));
  }

  /**
   * Scatter of reserved stars about their means, robust and free of the means' own, mag; NaN below
   * ten observations of S/N above 100.
   */
  double reservedScatter(SelfCalibration.Result result) {
    List<Double> off = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= reserved.size(); to++) {
      if (to == reserved.size() || reserved.get(to).star() != reserved.get(from).star()) {
        scatter(reserved.subList(from, to), result, off);
        from = to;
      }
    }
    double[] away = off.stream().mapToDouble(Math::abs).toArray();
    return away.length < 10
        ? Double.NaN
        : ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(away);
  }

  /** The stars of the solution by visit and detector, for visits that have a zero point. */
  Map<Long, Map<Integer, VisitClarity.OnDetector>> onDetectors(SelfCalibration.Result result) {
    Map<Long, Map<Integer, List<SelfCalibration.Observation>>> groups = new TreeMap<>();
    for (SelfCalibration.Observation o : observations) {
      groups
          .computeIfAbsent(visits.get(o.visit()).visit(), v -> new TreeMap<>())
          .computeIfAbsent(o.detector(), d -> new ArrayList<>())
          .add(o);
    }
    Map<Long, Map<Integer, VisitClarity.OnDetector>> out = new TreeMap<>();
    groups.forEach(
        (visit, detectors) -> {
          VisitZeroPoint.Fit fit = result.visits().get(visit);
          if (fit != null) {
            Map<Integer, VisitClarity.OnDetector> on = new TreeMap<>();
            detectors.forEach((d, stars) -> on.put(d, onDetector(fit, stars, result)));
            out.put(visit, on);
          }
        });
    return out;
  }

  private VisitClarity.OnDetector onDetector(
      VisitZeroPoint.Fit fit,
      List<SelfCalibration.Observation> stars,
      SelfCalibration.Result result) {
    double sum = 0;
    double[] away = new double[stars.size()];
    int n = 0;
    for (SelfCalibration.Observation o : stars) {
      sum += fit.at(o.detector(), o.place()) - fit.zeroPoint();
      double off = calibrated(o, result) - result.starMag()[o.star()];
      if (Double.isFinite(off)) {
        away[n++] = Math.abs(off);
      }
    }
    Double rms =
        n < FEWEST_FOR_SCATTER
            ? null
            : ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(Arrays.copyOf(away, n));
    return new VisitClarity.OnDetector(sum / stars.size(), rms, n);
  }

  private void scatter(
      List<SelfCalibration.Observation> star, SelfCalibration.Result result, List<Double> out) {
    double[] mags =
        star.stream()
            .filter(o -> o.err() < 0.01)
            .mapToDouble(o -> calibrated(o, result))
            .filter(Double::isFinite)
            .toArray();
    if (mags.length > 1) {
      double mean = Arrays.stream(mags).average().orElse(Double.NaN);
      for (double mag : mags) {
        out.add((mag - mean) * Math.sqrt(mags.length / (mags.length - 1.0)));
      }
    }
  }

  private double calibrated(SelfCalibration.Observation o, SelfCalibration.Result result) {
    VisitPhotometry visit = visits.get(o.visit());
    var fit = result.visits().get(visit.visit());
    if (fit == null) {
      return Double.NaN;
    }
    SelfCalibration.StarFlat flat = result.starFlats().get(o.detector());
    return o.mag()
        + fit.at(o.detector(), o.place())
        - visit.zeroPoint().zeroPoint()
        + (flat == null ? 0 : flat.at(o.x(), o.y()));
  }
}
