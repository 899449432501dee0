package org.starbeam.transforms.step3;

import java.nio.file.Path;
import org.starbeam.coadd.CellKey;
import org.starbeam.coadd.CellPsf;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.TiledCutout;
import org.starbeam.image.Box;
import org.starbeam.warp.NoiseCorrelation;

/** A region of a {@code deep_coadd} of one band as it is read from its file. */
record CoaddRegion(CoaddBand band, CellPsf psf, FitsTable cells) {

  /**
   * Reads a region.
   *
   * @param wanted in tract pixels; what lies outside the file's box is left out
   */
  static CoaddRegion read(Path file, String band, Box wanted) {
    try (TiledCutout cutout = TiledCutout.open(file)) {
      Box box = cutout.box().intersect(wanted);
      CellPsf psf = CellPsf.fromTable(table(cutout, "PSF"));
      NoiseCorrelation noise = NoiseCorrelation.fromTable(table(cutout, "NOISECORR"));
      return new CoaddRegion(
          new CoaddBand(band, cutout.read(box), psf, noise), psf, table(cutout, "CELLS"));
    }
  }

  private static FitsTable table(TiledCutout cutout, String name) {
    return cutout.tables().stream()
        .filter(t -> t.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("coadd without table " + name));
  }

  /** Row of the table CELLS for the cell at a position, or -1. */
  int cellRow(double x, double y) {
    CellKey key = psf.cellAt(x, y);
    int[] cx = cells.ints("cx");
    int[] cy = cells.ints("cy");
    for (int i = 0; i < cx.length; i++) {
      if (cx[i] == key.cx() && cy[i] == key.cy()) {
        return i;
      }
    }
    return -1;
  }
}
