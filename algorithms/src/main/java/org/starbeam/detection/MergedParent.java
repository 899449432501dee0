package org.starbeam.detection;

import java.util.List;

/**
 * The union of touching footprints of all bands with its peaks.
 *
 * @param runs (y, x0, x1) triples with x1 exclusive
 * @param peaks kept peaks, strongest first
 * @param ambiguous candidates that were too far from a peak to be it and too near to be another
 * @param culled faint peaks of one band only in a large family
 */
public record MergedParent(
    int[] runs, List<MergedPeak> peaks, int ambiguous, List<CulledPeak> culled) {}
