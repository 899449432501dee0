package org.starbeam.characterization;

/** A model of a frame that its first pass may fail to give and its visit may supply. */
public enum FrameModel {
  WCS("wcs"),
  PSF("psf"),
  ZERO_POINT("zp"),
  APERTURE_CORRECTIONS("apcorr");

  private final String word;

  FrameModel(String word) {
    this.word = word;
  }

  /** What records and messages call it. */
  public String word() {
    return word;
  }
}
