package org.starbeam.detection;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Significance of a point source at every pixel of one band, and how much of it a unit of flux
 * makes (specs/03 section 9.1): Z = (I * G) / sqrt(v F) and q = sum(G P) / sqrt(v F), with the
 * Gaussian G of the PSF's moments, v the variance of I * G for white noise, F what correlation
 * makes of it, and P the PSF. Both are 0 where there is no signal.
 *
 * @param band name
 * @param sigma width of the Gaussian in pixels
 * @param significance Z
 * @param depth q, per unit of flux
 */
public record BandSignificance(String band, double sigma, ImageF significance, ImageF depth) {

  /**
   * @param detector whose kernel and excluded planes are used
   */
  public static BandSignificance of(
      String band, MaskedImage image, PsfModel psf, NoiseCorrelation noise, SpanDetector detector) {
    SignificanceMap map = detector.significance(image, psf);
    double[] at = psf.averagePosition();
    ImageD kernel = psf.kernelImage(at[0], at[1]);
    double inflation = Math.sqrt(noise.factor(kernel));
    double response = map.response(kernel) / inflation;
    Box box = image.box();
    ImageF z = map.significance();
    ImageF deviation = map.deviation();
    for (int y = box.y0(); y < box.y1(); y++) {
      int i = z.index(box.x0(), y);
      int j = deviation.index(box.x0(), y);
      for (int x = 0; x < box.width(); x++, i++, j++) {
        z.data[i] = (float) (z.data[i] / inflation);
        float d = deviation.data[j];
        deviation.data[j] = d > 0 ? (float) (response / d) : 0;
      }
    }
    return new BandSignificance(band, map.sigma(), z, deviation);
  }

  /** The same in a larger box, 0 where there was nothing. */
  public BandSignificance in(Box box) {
    if (box.equals(significance.box())) {
      return this;
    }
    ImageF z = new ImageF(box);
    ImageF q = new ImageF(box);
    z.copyFrom(significance);
    q.copyFrom(depth);
    return new BandSignificance(band, sigma, z, q);
  }
}
