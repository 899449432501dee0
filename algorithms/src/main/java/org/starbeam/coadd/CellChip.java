package org.starbeam.coadd;

import java.util.List;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;

/**
 * The part of one warped visit and detector that falls on one cell.
 *
 * @param visit visit id
 * @param detector detector number
 * @param weight integer weight of the input, {@link CoaddWeight}
 * @param pixels image, mask and variance over the outer box of the cell
 * @param maskedFraction masked fraction 0 to 255 over the same box
 * @param fractionOffset index of the first pixel in {@code maskedFraction}
 * @param fractionStride row length of {@code maskedFraction}
 * @param noise noise planes over the same box
 * @param psf image of a star of unit calibration flux, centred on (0, 0): the PSF over the aperture
 *     correction of the input
 * @param statistics numbers of the input
 * @param artifactArea pixels of the inner cell that artifact masks took away
 */
public record CellChip(
    long visit,
    int detector,
    int weight,
    MaskedImage pixels,
    byte[] maskedFraction,
    int fractionOffset,
    int fractionStride,
    List<ImageF> noise,
    ImageD psf,
    InputStatistics statistics,
    int artifactArea) {}
