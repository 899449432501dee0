package org.starbeam.deblend;

import java.util.List;
import org.starbeam.image.Box;

/**
 * The model of a blend as it is kept (specs/04 section 4.9): with the PSFs of the coadd it gives
 * every model image bit by bit ({@link BlendRenderer}), and with its pixels every footprint.
 *
 * @param method how it was made
 * @param firstX column of the first pixel of the blend's footprint in (y, x) order, which names it
 * @param firstY row of that pixel
 * @param box of the pixels that were fitted
 * @param bands names of the bands that were modelled
 * @param missing names of the bands that were not
 * @param psfX where the PSF was taken
 * @param psfY where the PSF was taken
 * @param modelSigma width of the model's PSF; 0 where parts are not convolved
 * @param sources by row and column of their peaks
 * @param iterations of the last fit
 * @param loss half the chi-square of the fit
 * @param converged false when the fit reached its maximum of iterations
 */
public record ScarletBlend(
    DeblendMethod method,
    int firstX,
    int firstY,
    Box box,
    List<String> bands,
    List<String> missing,
    int psfX,
    int psfY,
    double modelSigma,
    List<Source> sources,
    int iterations,
    double loss,
    boolean converged) {

  /**
   * The model of one peak.
   *
   * @param peak number of the peak in the parent's list; -1 for light that no peak stands for
   * @param x column of the peak
   * @param y row of the peak
   * @param parts components; none when nothing could be modelled
   */
  public record Source(int peak, int x, int y, List<Part> parts) {}

  /**
   * One component.
   *
   * @param box of its morphology
   * @param spectrum factor in each modelled band
   * @param morphology row by row, in the frame of the model's PSF
   */
  @SuppressWarnings("ArrayRecordComponent") // pixels; never compared
  public record Part(Box box, float[] spectrum, float[] morphology) {}
}
