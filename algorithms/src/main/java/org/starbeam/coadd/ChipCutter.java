package org.starbeam.coadd;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.sky.Tract;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.Warp;

/** Cuts a warp into the chips of cells, each with its PSF and the numbers of the exposure there. */
final class ChipCutter {
  private final Tract tract;
  private final LanczosWarper warper;
  private final CellAccumulator.Config cell;

  ChipCutter(Tract tract, LanczosWarper warper, CellAccumulator.Config cell) {
    this.tract = tract;
    this.warper = warper;
    this.cell = cell;
  }

  /**
   * The input's part of a cell; null when its PSF or aperture correction cannot be used there.
   *
   * @param warp holds the outer box of the cell; it stays as it is
   * @param mask artifacts to leave out
   */
  @Nullable CellChip cut(
      CoaddSource source, Placement placement, Warp warp, ArtifactMask mask, CellKey key) {
    Box outer = tract.cellOuterBox(key.cx(), key.cy());
    int middle = cell.inner() / 2 + cell.border();
    int x = outer.x0() + middle;
    int y = outer.y0() + middle;
    ImageD psf;
    try {
      psf = star(source, placement, x, y);
    } catch (AlgorithmException e) {
      return null;
    }
    MaskedImage pixels = without(mask, warp.pixels().view(outer));
    int width = warp.box().width();
    int offset = (outer.y0() - warp.box().y0()) * width + outer.x0() - warp.box().x0();
    return new CellChip(
        source.visit(),
        source.detector(),
        source.weight(),
        pixels,
        warp.maskedFraction(),
        offset,
        width,
        List.of(),
        psf,
        statistics(source, placement, x, y),
        clippedArea(pixels));
  }

  /** What a star of unit calibration flux looks like in the warp. */
  private ImageD star(CoaddSource source, Placement placement, int x, int y) {
    ImageD psf = warper.warpPsf(source.psf(), placement.map(), x, y, cell.psfSize() / 2);
    double[] q = new double[2];
    placement.map().apply(x, y, q);
    double correction = source.apertureCorrection(q[0], q[1]);
    if (!(correction > 0) || !Double.isFinite(correction)) {
      throw new AlgorithmException("APERTURE_CORRECTION", "aperture correction " + correction);
    }
    for (int i = 0; i < psf.data.length; i++) {
      psf.data[i] /= correction;
    }
    return psf;
  }

  private static MaskedImage without(ArtifactMask mask, MaskedImage pixels) {
    if (mask.artifacts().isEmpty()) {
      return pixels;
    }
    MaskI planes = pixels.mask().copy();
    mask.apply(planes);
    return new MaskedImage(pixels.image(), planes, pixels.variance());
  }

  private int clippedArea(MaskedImage pixels) {
    Box inner = pixels.box().grow(-cell.border());
    int clipped = MaskPlanes.CLIPPED | MaskPlanes.STREAK;
    int area = 0;
    for (int y = inner.y0(); y < inner.y1(); y++) {
      for (int x = inner.x0(); x < inner.x1(); x++) {
        area += (pixels.mask().get(x, y) & clipped) != 0 ? 1 : 0;
      }
    }
    return area;
  }

  /** The exposure's numbers with the PSF's moments turned into tract pixels: A M A', A = J^-1. */
  private static InputStatistics statistics(CoaddSource source, Placement placement, int x, int y) {
    double[] q = new double[2];
    placement.map().apply(x, y, q);
    double[] j = placement.map().jacobian(x, y);
    double[] m = source.psf().shape(q[0], q[1]);
    double det = j[0] * j[3] - j[1] * j[2];
    double a = j[3] / det;
    double b = -j[1] / det;
    double c = -j[2] / det;
    double d = j[0] / det;
    InputStatistics s = source.statistics();
    return new InputStatistics(
        s.mjd(),
        s.exposureTime(),
        s.fwhm(),
        s.airmass(),
        a * a * m[0] + 2 * a * b * m[2] + b * b * m[1],
        c * c * m[0] + 2 * c * d * m[2] + d * d * m[1],
        a * c * m[0] + (a * d + b * c) * m[2] + b * d * m[1],
        s.skyBackground(),
        s.skyNoise(),
        s.noiseFactor(),
        Math.sqrt(Math.abs(det)));
  }
}
