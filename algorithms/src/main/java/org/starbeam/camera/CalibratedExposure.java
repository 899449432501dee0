package org.starbeam.camera;

import java.util.Map;
import java.util.OptionalDouble;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.MaskedImage;

/**
 * A frame that came detrended: pixels, header and WCS cards.
 *
 * @param image the planes; nJy where the zero point is known, else the file's own units
 * @param unit unit of the image
 * @param header primary and image header as one
 * @param wcs WCS cards in FITS convention (CRPIX counts from 1), for pixel coordinates of the image
 * @param zeroPoint AB magnitude of one unit of the file, where known
 * @param electronsPerUnit electrons per unit of the image, where a gain is known
 * @param varianceEstimated the file had none: sky noise, and Poisson noise of sources where a gain
 *     is known
 * @param skySigma noise of a blank pixel in the quietest part of the frame
 */
public record CalibratedExposure(
    MaskedImage image,
    Unit unit,
    HeaderView header,
    Map<String, Object> wcs,
    OptionalDouble zeroPoint,
    OptionalDouble electronsPerUnit,
    boolean varianceEstimated,
    double skySigma) {

  /** Units of a calibrated image. */
  public enum Unit {
    NANOJANSKY,
    ELECTRON,
    /** Proportional to electrons by an unknown factor. */
    COUNT
  }
}
