package org.starbeam.transforms.step2;

import java.util.List;
import org.starbeam.photometry.VisitZeroPoint;

/**
 * The visit gather after the first characterization, dataset {@code initial_visit_summary}.
 *
 * @param zeroPoint zero point over the field, of fluxes times the pixel-area ratio
 * @param fromReferences false when there were too few reference stars and the detectors' own values
 *     were averaged
 * @param referenceAreaArcsec2 pixel area with ratio 1
 * @param detectors numbers of the detectors that have a characterization
 * @param absent data ids of those that were expected and have none, with the reason's root causes
 * @param suspicious detectors whose zero point or size disagrees with the visit's, and why
 */
public record VisitPhotometry(
    long visit,
    String band,
    double expMidptMjd,
    VisitZeroPoint.Fit zeroPoint,
    boolean fromReferences,
    double referenceAreaArcsec2,
    List<Integer> detectors,
    List<String> absent,
    List<String> suspicious) {}
