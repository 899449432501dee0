package org.starbeam.psf;

import org.starbeam.coadd.CellPsf;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;

/** Stored PSF models: a table that says which kind it is and evaluates to the same bits again. */
public final class PsfModels {
  private PsfModels() {}

  public static FitsTable toTable(PsfModel model) {
    return model.toTable();
  }

  /**
   * @throws BadInputException {@code PSF_TYPE} for a kind that is not known, {@code TABLE_FORMAT}
   *     for a table that lacks something
   */
  public static PsfModel fromTable(FitsTable table) {
    if (!(table.header().get("PSFTYPE") instanceof String) && PsfexFile.isPsfex(table)) {
      return PsfexFile.read(table);
    }
    String type = table.text("PSFTYPE");
    return switch (type) {
      case PixelPsf.TYPE -> PixelPsf.fromTable(table);
      case MoffatPsf.TYPE -> MoffatPsf.fromTable(table);
      case GridPsf.TYPE -> GridPsf.fromTable(table);
      case GaussianPsf.TYPE -> GaussianPsf.fromTable(table);
      case CellPsf.TYPE -> CellPsf.fromTable(table);
      default ->
          throw new BadInputException(
              "PSF_TYPE",
              "table "
                  + table.name()
                  + " holds a PSF of kind '"
                  + type
                  + "'; known are pixel, moffat, grid, gaussian, cell and PSFEx files");
    };
  }
}
