package org.starbeam.characterization;

import java.util.List;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/** Makes a PSF model from chosen stars of a background-subtracted image. */
@FunctionalInterface
public interface PsfFitter {
  /**
   * @param x start column of the star
   * @param y start row
   * @param flux start flux
   * @param snr its signal-to-noise
   * @param key identity of the star, the same in all visits
   */
  record Star(double x, double y, double flux, double snr, long key) {}

  /**
   * @param stars those that may shape the model
   * @throws org.starbeam.failure.AlgorithmException when they do not suffice
   */
  PsfModel fit(MaskedImage image, List<Star> stars);
}
