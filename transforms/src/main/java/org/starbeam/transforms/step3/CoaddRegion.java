package org.starbeam.transforms.step3;

import java.nio.file.Path;
import org.starbeam.coadd.CellKey;
import org.starbeam.coadd.CellPsf;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.TiledCutout;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.warp.NoiseCorrelation;

/** A region of a {@code deep_coadd} of one band as it is read from its file. */
record CoaddRegion(CoaddBand band, CellPsf psf, FitsTable cells) {

  /**
   * Reads a region.
   *
   * @param wanted in tract pixels; what lies outside the file's box is NO_DATA
   */
  static CoaddRegion read(Path file, String band, Box wanted) {
    try (TiledCutout cutout = TiledCutout.open(file)) {
      CellPsf psf = CellPsf.fromTable(table(cutout, "PSF"));
      NoiseCorrelation noise = NoiseCorrelation.fromTable(table(cutout, "NOISECORR"));
      FitsTable cells = table(cutout, "CELLS");
      CoaddBand coadd =
          new CoaddBand(
              band,
              padded(cutout, wanted),
              psf,
              (x, y) -> cells.doubles("apCorr")[row(cells, psf.cellAt(x, y))],
              noise);
      return new CoaddRegion(coadd, psf, cells);
    }
  }

  private static MaskedImage padded(TiledCutout cutout, Box wanted) {
    MaskedImage out = new MaskedImage(wanted);
    out.mask().fill(MaskPlanes.NO_DATA);
    out.variance().fill(Float.POSITIVE_INFINITY);
    Box covered = cutout.box().intersect(wanted);
    if (!covered.isEmpty()) {
      MaskedImage read = cutout.read(covered);
      out.image().copyFrom(read.image());
      out.mask().copyFrom(read.mask());
      out.variance().copyFrom(read.variance());
    }
    return out;
  }

  private static FitsTable table(TiledCutout cutout, String name) {
    return cutout.tables().stream()
        .filter(t -> t.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("coadd without table " + name));
  }

  /** Row of the table CELLS for the cell at a position, or -1. */
  int cellRow(double x, double y) {
    return row(cells, psf.cellAt(x, y));
  }

  private static int row(FitsTable cells, CellKey key) {
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
