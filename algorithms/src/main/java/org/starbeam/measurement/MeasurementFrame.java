package org.starbeam.measurement;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * What a source is measured on: a background-subtracted image in which other sources may have been
 * replaced by noise, the same image with everything in it, and the PSF. The last PSF image is kept,
 * so an instance belongs to one thread.
 */
public final class MeasurementFrame {
  private final MaskedImage image;
  private final MaskedImage all;
  private final PsfModel psf;
  private @Nullable ImageD lastPsf;
  private double lastX = Double.NaN;
  private double lastY = Double.NaN;

  /** A frame whose sources are measured as they are, neighbours included. */
  public MeasurementFrame(MaskedImage image, PsfModel psf) {
    this(image, image, psf);
  }

  /**
   * @param image with other sources removed
   * @param all with all sources
   */
  public MeasurementFrame(MaskedImage image, MaskedImage all, PsfModel psf) {
    this.image = image;
    this.all = all;
    this.psf = psf;
  }

  public MaskedImage image() {
    return image;
  }

  public MaskedImage all() {
    return all;
  }

  public PsfModel psf() {
    return psf;
  }

  /** The PSF of a point source at a position, in the coordinates of the image. */
  public ImageD psfImage(double x, double y) {
    ImageD found = lastPsf;
    if (found == null || x != lastX || y != lastY) {
      found = psf.image(x, y);
      lastPsf = found;
      lastX = x;
      lastY = y;
    }
    return found;
  }
}
