package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.photometry.GrayExtinction;
import org.starbeam.photometry.SelfCalibration;
import org.starbeam.photometry.VisitZeroPoint;

/**
 * How clear the sky was over a visit, by the zero points of its band (specs/06 sections 11.3, 12.2
 * and 14).
 *
 * @param photometricClass {@code photometric}; {@code recovered} behind clouds in a night with
 *     photometric visits of the band; {@code nonphotometric} in a night without
 * @param zeroPointScale 10^(0.8 (zp - zp_usual)) with zp_usual that of a clear sky at airmass 1.2:
 *     how much faster or slower than there a visit becomes deep (Neilsen et al. 2016); null unknown
 * @param detectors gray residuals by detector, those with stars
 */
public record VisitClarity(
    String photometricClass,
    @Nullable Double zeroPointScale,
    Map<Integer, DetectorGray> detectors) {
  static final String PHOTOMETRIC = "photometric";
  static final String RECOVERED = "recovered";
  static final String NON_PHOTOMETRIC = "nonphotometric";
  static final String UNCALIBRATED = "uncalibrated";

  /**
   * @param grayMag zero point less that of a clear sky: negative behind clouds
   * @param rmsMag robust scatter of the stars about their means; null below 5 of them
   * @param nStars stars of the solution on the detector
   */
  public record DetectorGray(double grayMag, @Nullable Double rmsMag, int nStars) {}

  /**
   * The stars of a solution on a detector in a visit.
   *
   * @param offsetMag mean zero point at their places less the visit's constant
   */
  record OnDetector(double offsetMag, @Nullable Double rmsMag, int nStars) {}

  /**
   * Judges the visits of a band.
   *
   * @param visits all of them
   * @param result their zero points
   * @param stars of the solution by visit and detector
   */
  static Map<Long, VisitClarity> of(
      GrayExtinction.Result gray,
      List<VisitPhotometry> visits,
      SelfCalibration.Result result,
      Map<Long, Map<Integer, OnDetector>> stars) {
    Set<Integer> clearNights = new TreeSet<>();
    for (VisitPhotometry visit : visits) {
      if (isClear(visit, result, gray)) {
        clearNights.add(visit.dayObs());
      }
    }
    Map<Integer, Double> usual = usualOffsets(stars);
    Map<Long, VisitClarity> out = new TreeMap<>();
    for (VisitPhotometry visit : visits) {
      Double visitGray = gray.gray().get(visit.visit());
      if (visitGray != null) {
        Map<Integer, DetectorGray> detectors = new TreeMap<>();
        stars
            .getOrDefault(visit.visit(), Map.of())
            .forEach(
                (detector, on) -> {
                  double off = on.offsetMag - usual.getOrDefault(detector, 0.0);
                  detectors.put(detector, new DetectorGray(visitGray + off, on.rmsMag, on.nStars));
                });
        String name =
            isClear(visit, result, gray)
                ? PHOTOMETRIC
                : clearNights.contains(visit.dayObs()) ? RECOVERED : NON_PHOTOMETRIC;
        double above = perSecond(visit, result) - gray.usualZeroPoint();
        out.put(visit.visit(), new VisitClarity(name, Math.pow(10, 0.8 * above), detectors));
      }
    }
    return out;
  }

  /** Splits the zero points of the visits that have one. */
  static GrayExtinction.Result split(
      GrayExtinction.Config config,
      String band,
      List<VisitPhotometry> visits,
      SelfCalibration.Result result) {
    List<GrayExtinction.Exposure> exposures = new ArrayList<>();
    for (VisitPhotometry visit : visits) {
      if (result.visits().containsKey(visit.visit())) {
        Double airmass = visit.airmass();
        exposures.add(
            new GrayExtinction.Exposure(
                visit.visit(),
                visit.dayObs(),
                visit.expMidptMjd(),
                airmass == null ? Double.NaN : airmass,
                perSecond(visit, result)));
      }
    }
    return new GrayExtinction(config).of(band, exposures);
  }

  /** AB magnitude of one electron per second. */
  private static double perSecond(VisitPhotometry visit, SelfCalibration.Result result) {
    VisitZeroPoint.Fit fit = Objects.requireNonNull(result.visits().get(visit.visit()));
    return fit.zeroPoint() - 2.5 * Math.log10(visit.expTime());
  }

  private static boolean isClear(
      VisitPhotometry visit, SelfCalibration.Result result, GrayExtinction.Result gray) {
    VisitZeroPoint.Fit fit = result.visits().get(visit.visit());
    return fit != null
        && !fit.nonPhotometric()
        && Boolean.TRUE.equals(gray.clear().get(visit.visit()));
  }

  /** What a detector differs by in all visits: its star flat and no cloud. */
  private static Map<Integer, Double> usualOffsets(Map<Long, Map<Integer, OnDetector>> stars) {
    Map<Integer, List<Double>> byDetector = new TreeMap<>();
    stars
        .values()
        .forEach(
            visit ->
                visit.forEach(
                    (detector, on) ->
                        byDetector
                            .computeIfAbsent(detector, d -> new ArrayList<>())
                            .add(on.offsetMag)));
    Map<Integer, Double> out = new TreeMap<>();
    byDetector.forEach(
        (detector, values) ->
            out.put(
                detector,
                ClippedStatistics.median(
                    values.stream().mapToDouble(Double::doubleValue).toArray())));
    return out;
  }
}
