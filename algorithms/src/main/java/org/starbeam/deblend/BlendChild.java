package org.starbeam.deblend;

import org.starbeam.detection.Peak;
import org.starbeam.image.ImageF;

/**
 * The light of one peak of a blend.
 *
 * @param peak the peak
 * @param image its share of the parent's pixels, 0 outside the parent's footprint; the children of
 *     a blend sum to the parent
 * @param asPsf whether its template was the PSF
 * @param hasStrayFlux whether it got light that no template claimed
 */
public record BlendChild(Peak peak, ImageF image, boolean asPsf, boolean hasStrayFlux) {}
