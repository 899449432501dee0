package org.starbeam.deblend;

/** How the light of a peak was told from that of its neighbours (specs/04 section 4.7). */
public enum DeblendMethod {
  /** One peak: all light is its own. */
  ISOLATED,
  /** Factorised models of all bands. */
  SCARLET,
  /** The same in blocks of peaks. */
  SCARLET_BLOCK,
  /** Symmetric templates with an amplitude in each band. */
  TEMPLATE,
  /** Every peak a point. */
  PSF_ONLY
}
