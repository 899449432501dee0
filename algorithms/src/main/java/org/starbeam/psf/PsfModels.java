package org.starbeam.psf;

import java.util.List;
import java.util.Optional;
import org.starbeam.coadd.CellPsf;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;

/** Stored PSF models: a table that says which kind it is and evaluates to the same bits again. */
public final class PsfModels {
  private PsfModels() {}

  /** Table PSF and, of a model that knows its error in fluxes, table PSFJACK. */
  public static List<FitsTable> toTables(PsfModel model) {
    return model instanceof JackknifedPsf known
        ? List.of(model.toTable(), known.jackknife().toTable())
        : List.of(model.toTable());
  }

  /**
   * The model of the tables that {@link #toTables} made.
   *
   * @param jackknife table PSFJACK, if there is one
   */
  public static PsfModel fromTables(FitsTable psf, Optional<FitsTable> jackknife) {
    PsfModel model = fromTable(psf);
    return jackknife
        .<PsfModel>map(table -> new JackknifedPsf(model, FluxJackknife.fromTable(table)))
        .orElse(model);
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
      case AnalyticPsf.TYPE -> AnalyticPsf.fromTable(table);
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
                  + "'; known are pixel, analytic, moffat, grid, gaussian, cell and PSFEx files");
    };
  }
}
