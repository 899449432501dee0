package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.MaskedImage;
import org.starbeam.sky.TanSip;
import org.starbeam.warp.NoiseCorrelation;

/**
 * A patch seen as one image.
 *
 * @param pixels tract pixels: the patch's outer box, or the part of it that has cells
 * @param wcs of the tract
 * @param psf one PSF per cell
 * @param cells the cells that it is made of
 * @param noise noise correlation of the pixels
 */
public record StitchedPatch(
    MaskedImage pixels,
    TanSip wcs,
    CellPsf psf,
    Map<CellKey, CellCoadd> cells,
    NoiseCorrelation noise) {

  /**
   * As a file: planes, WCS cards of the tract, and the tables PSF, CELLS, INPUTS and NOISECORR.
   *
   * @param cards cards of the primary header
   */
  public ImageFile toFile(Map<String, Object> cards) {
    Map<String, Object> header = new LinkedHashMap<>(cards);
    header.put("BUNIT", "nJy");
    List<FitsTable> tables = new ArrayList<>();
    tables.add(psf.toTable());
    tables.add(CellTables.cells(cells));
    tables.add(CellTables.inputs(cells));
    tables.add(noise.toTable());
    return new ImageFile(pixels, header, wcs.toHeader(), tables);
  }

  /** The form that keeps every bit of cells read from a {@link CellBlockFile}. */
  public ImageFile.Form form() {
    double imageStep = Double.POSITIVE_INFINITY;
    double varianceStep = Double.POSITIVE_INFINITY;
    for (CellCoadd cell : cells.values()) {
      double median = Lattice.medianVariance(cell.pixels());
      imageStep = Math.min(imageStep, Lattice.step(Math.sqrt(median) / Lattice.LEVELS_PER_SIGMA));
      varianceStep = Math.min(varianceStep, Lattice.step(median / Lattice.VARIANCE_LEVELS));
    }
    return ImageFile.Form.lattice(imageStep / 2, varianceStep / 2);
  }
}
