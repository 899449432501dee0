package org.starbeam.characterization;

/**
 * A star chosen for the PSF of a frame.
 *
 * @param key reference id of a matched star, else its sky key; the same in all visits
 * @param x column of its centroid
 * @param y row
 * @param flux PSF flux
 * @param reserved kept out of PSF and aperture-correction fits, to test them
 */
public record PsfStar(long key, double x, double y, double flux, boolean reserved) {}
