package org.starbeam.detection;

import java.util.List;

/**
 * A peak of a parent seen in one or more bands.
 *
 * @param x column, from the band of the highest priority that saw it
 * @param y row
 * @param significance in that band
 * @param bands all bands that saw it, in priority order
 */
public record MergedPeak(double x, double y, double significance, List<String> bands) {}
