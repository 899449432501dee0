package org.starbeam.psf;

import java.io.Serializable;

/** Makes a PSF model of an image from stamps of its stars. */
public sealed interface PsfDeterminer permits LinearPixelPsf, PiffPsf {
  /** Which determiner. */
  enum Kind {
    /** Samples on a grid with a profile as prior and a few modes of variation. */
    PSFEX,
    /** A free polynomial for every sample, or an analytic profile with varying parameters. */
    PIFF
  }

  /**
   * @param determiner which one
   * @param halfSize of the model in pixels; a grid is zero beyond a circle of {@code halfSize +
   *     0.5}
   * @param maxDegree in position
   * @param maxSnr cap of a star's S/N
   * @param freeCentres fits the centres (first pass); false keeps the positions given
   * @param psfex the one
   * @param piff the other
   */
  record Config(
      Kind determiner,
      int halfSize,
      int maxDegree,
      double maxSnr,
      boolean freeCentres,
      LinearPixelPsf.Config psfex,
      PiffPsf.Config piff)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          Kind.PSFEX,
          12,
          2,
          200,
          true,
          LinearPixelPsf.Config.defaults(),
          PiffPsf.Config.defaults());
    }

    /** The same with the other determiner. */
    public Config withPiff(PiffPsf.Config config) {
      return new Config(Kind.PIFF, halfSize, maxDegree, maxSnr, freeCentres, psfex, config);
    }
  }

  static PsfDeterminer of(Config config) {
    return switch (config.determiner) {
      case PSFEX -> new LinearPixelPsf(config);
      case PIFF -> new PiffPsf(config);
    };
  }

  /**
   * Fits a model. Few stars give a simpler model and a flag in the result, never an exception.
   *
   * @param stamps of the stars, in any number
   * @param priorFwhm seeing in pixels, used when there is no star at all and to start the fit
   */
  PsfFit fit(StampSet stamps, double priorFwhm);
}
