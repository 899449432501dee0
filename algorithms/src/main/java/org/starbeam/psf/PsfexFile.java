package org.starbeam.psf;

import java.util.LinkedHashMap;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;

/**
 * Reads the model that PSFEx writes: one row whose column PSF_MASK holds the samples [term][row]
 * [column], with POLZERO, POLSCAL, POLDEG1 and PSF_SAMP in the header. Positions in the header are
 * FITS pixels, one more than here. Only models in the two image coordinates are read.
 */
public final class PsfexFile {
  private static final int LANCZOS = 4;

  private PsfexFile() {}

  static boolean isPsfex(FitsTable table) {
    return table.columns().containsKey("PSF_MASK");
  }

  /**
   * The model in the table PSF_DATA of a .psf file.
   *
   * @throws BadInputException {@code PSFEX_FORMAT} for a model with other axes, {@code
   *     TABLE_FORMAT} for a table that lacks something
   */
  public static PsfModel read(FitsTable table) {
    int axes = table.integer("POLNAXIS");
    int degree = axes == 0 ? 0 : table.integer("POLDEG1");
    int width = table.integer("PSFAXIS1");
    int terms = PositionBasis.size(degree);
    if ((axes != 0 && axes != 2) || width != table.integer("PSFAXIS2") || degree > 10) {
      throw new BadInputException(
          "PSFEX_FORMAT",
          "table "
              + table.name()
              + " is a PSFEx model with POLNAXIS "
              + axes
              + ", degree "
              + degree
              + "; read are square models in X_IMAGE and Y_IMAGE");
    }
    float[] mask = samples(table);
    if (mask.length != terms * width * width) {
      throw new BadInputException(
          "PSFEX_FORMAT",
          "PSF_MASK of "
              + table.name()
              + " has "
              + mask.length
              + " values, expected "
              + terms
              + " x "
              + width
              + " x "
              + width);
    }
    double[][] coefficients = new double[terms][width * width];
    for (int k = 0; k < terms; k++) {
      for (int i = 0; i < width * width; i++) {
        coefficients[k][i] = mask[k * width * width + i];
      }
    }
    PositionBasis basis =
        axes == 0
            ? new PositionBasis(0, 0, 0, 1, 1)
            : new PositionBasis(
                degree,
                table.number("POLZERO1") - 1,
                table.number("POLZERO2") - 1,
                table.number("POLSCAL1"),
                table.number("POLSCAL2"));
    double step = table.number("PSF_SAMP");
    return new PixelPsf(
        width,
        step,
        LANCZOS,
        Math.max(1, (int) Math.floor(width / 2 * step)),
        basis,
        coefficients,
        new double[terms],
        new double[terms],
        new double[] {basis.xZero(), basis.yZero()},
        new LinkedHashMap<>());
  }

  private static float[] samples(FitsTable table) {
    Object column = table.columns().get("PSF_MASK");
    if (column instanceof float[][] rows && rows.length > 0) {
      return rows[0];
    }
    return table.column("PSF_MASK", float[][].class)[0];
  }
}
