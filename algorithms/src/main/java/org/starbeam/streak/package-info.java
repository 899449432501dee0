/**
 * Trails of satellites and aircraft on single frames: found, fitted, masked, and described
 * (specs/02 section 16).
 *
 * <p>{@link org.starbeam.streak.StreakFinder} takes the sources out, bins what is left, and asks
 * two searches for lines: a kernel Hough transform of the edges of what stands above the noise, and
 * a fast Radon transform that adds up along every line what does not. Each line is fitted to the
 * pixels; what is too short, too broad, no line or the spike of a star is dropped.
 */
@NullMarked
package org.starbeam.streak;

import org.jspecify.annotations.NullMarked;
