package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;

/**
 * Reads the model that PSFEx writes, and writes models so that its readers have them: one row whose
 * column PSF_MASK holds the samples [term][row] [column], with POLZERO, POLSCAL, POLDEG1 and
 * PSF_SAMP in the header. Positions in the header are FITS pixels, one more than here. Only models
 * in the two image coordinates are read.
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

  /**
   * A model as table PSF_DATA: its stamps at integer offsets, each pixel a polynomial of position.
   * Exact to float32 where the samples of the model are polynomials of this degree on whole pixels;
   * the PSF must be sampled (FWHM of 2.5 pixels and more).
   *
   * @param box of the image
   * @param degree of the polynomials
   */
  public static FitsTable write(PsfModel model, Box box, int degree) {
    PositionBasis basis = PositionBasis.over(box, degree);
    int side = model.stampBox().width();
    float[][] mask = {samples(model, box, basis)};
    double[] shape = model.shape(basis.xZero(), basis.yZero());
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("POLNAXIS", 2);
    header.put("POLGRP1", 1);
    header.put("POLNAME1", "X_IMAGE");
    header.put("POLZERO1", basis.xZero() + 1);
    header.put("POLSCAL1", basis.xScale());
    header.put("POLGRP2", 1);
    header.put("POLNAME2", "Y_IMAGE");
    header.put("POLZERO2", basis.yZero() + 1);
    header.put("POLSCAL2", basis.yScale());
    header.put("POLNGRP", 1);
    header.put("POLDEG1", degree);
    header.put(
        "PSF_FWHM",
        GaussianWidth.FWHM_PER_SIGMA
            * Math.sqrt(Math.sqrt(shape[0] * shape[1] - shape[2] * shape[2])));
    header.put("PSF_SAMP", 1.0);
    header.put("PSFNAXIS", 3);
    header.put("PSFAXIS1", side);
    header.put("PSFAXIS2", side);
    header.put("PSFAXIS3", basis.size());
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("PSF_MASK", mask);
    return new FitsTable("PSF_DATA", header, columns);
  }

  /** [term][row][column] by least squares over a grid of places. */
  private static float[] samples(PsfModel model, Box box, PositionBasis basis) {
    int terms = basis.size();
    int places = basis.degree() + 3;
    double[][] normal = new double[terms][terms];
    double[][] right = new double[model.stampBox().area()][terms];
    for (int i = 0; i < places * places; i++) {
      double x = box.x0() + (box.width() - 1.0) * (i % places) / (places - 1);
      double y = box.y0() + (box.height() - 1.0) * (i / places) / (places - 1);
      double[] b = basis.at(x, y);
      double[] stamp = model.kernelImage(x, y).data;
      for (int k = 0; k < terms; k++) {
        for (int j = 0; j <= k; j++) {
          normal[k][j] += b[k] * b[j];
        }
        for (int p = 0; p < right.length; p++) {
          right[p][k] += b[k] * stamp[p];
        }
      }
    }
    if (!SmallCholesky.factor(normal)) {
      throw new IllegalArgumentException("degree " + basis.degree() + " over " + box);
    }
    float[] out = new float[terms * right.length];
    for (int p = 0; p < right.length; p++) {
      SmallCholesky.substitute(normal, right[p]);
      for (int k = 0; k < terms; k++) {
        out[k * right.length + p] = (float) right[p][k];
      }
    }
    return out;
  }

  private static float[] samples(FitsTable table) {
    Object column = table.columns().get("PSF_MASK");
    if (column instanceof float[][] rows && rows.length > 0) {
      return rows[0];
    }
    return table.column("PSF_MASK", float[][].class)[0];
  }
}
