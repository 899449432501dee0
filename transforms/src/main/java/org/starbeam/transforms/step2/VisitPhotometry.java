package org.starbeam.transforms.step2;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.photometry.VisitZeroPoint;
import org.starbeam.schema.StarCandidate;

/**
 * The visit gather after the first characterization, dataset {@code initial_visit_summary}.
 *
 * @param dayObs observing day
 * @param expTime exposure time, s
 * @param airmass null when unknown
 * @param zeroPoint zero point over the field, of fluxes times the pixel-area ratio
 * @param fromReferences false when there were too few reference stars and the detectors' own values
 *     were averaged
 * @param used ids of the sources that the zero point was fitted to, ascending
 * @param usedFlux their catalogue fluxes, nJy
 * @param usedFluxErr errors of these
 * @param reserved ids of the sources that were held back from it, ascending
 * @param referenceAreaArcsec2 pixel area with ratio 1
 * @param constants by detector, the calibration by the visit's constant: pixel areas, no slope and
 *     no detector's own offset
 * @param detectors numbers of the detectors that have a characterization
 * @param absent data ids of those that were expected and have none, with the reason's root causes
 * @param recovered detectors that get models from the others, because theirs are missing or
 *     disagree
 */
public record VisitPhotometry(
    long visit,
    String band,
    double expMidptMjd,
    int dayObs,
    double expTime,
    @Nullable Double airmass,
    VisitZeroPoint.Fit zeroPoint,
    boolean fromReferences,
    long[] used,
    double[] usedFlux,
    double[] usedFluxErr,
    long[] reserved,
    double referenceAreaArcsec2,
    Map<Integer, CalibDocument> constants,
    List<Integer> detectors,
    List<String> absent,
    List<Recovery> recovered) {

  /**
   * Detectors with what their visit supplies.
   *
   * @param recovered what each gets that gets something
   * @param references at the time of the visit
   */
  static List<VisitDetector> with(
      List<Recovery> recovered, List<VisitDetector> detectors, ReferenceStars references) {
    Map<Integer, Recovery> byDetector =
        recovered.stream().collect(Collectors.toMap(Recovery::detector, r -> r));
    return detectors.stream()
        .map(
            d -> {
              Recovery given = byDetector.get(d.detector());
              return given == null ? d : d.with(given, references);
            })
        .toList();
  }

  /** Whether the zero point was fitted to a source. */
  boolean isUsed(StarCandidate source) {
    return Arrays.binarySearch(used, source.getSourceId()) >= 0;
  }

  /** Whether a source was held back from the fit. */
  boolean isReserved(StarCandidate source) {
    return Arrays.binarySearch(reserved, source.getSourceId()) >= 0;
  }
}
