package org.starbeam.psf;

import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/** A PSF that knows the error that it brings into fluxes. */
public record JackknifedPsf(PsfModel model, FluxJackknife jackknife) implements PsfModel {
  @Override
  public double fluxErrFraction(double x, double y) {
    return jackknife.sigma(x, y);
  }

  @Override
  public ImageD image(double x, double y) {
    return model.image(x, y);
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return model.kernelImage(x, y);
  }

  @Override
  public double[] shape(double x, double y) {
    return model.shape(x, y);
  }

  @Override
  public double nEff(double x, double y) {
    return model.nEff(x, y);
  }

  @Override
  public double[] averagePosition() {
    return model.averagePosition();
  }

  @Override
  public Box stampBox() {
    return model.stampBox();
  }

  /** The model alone; {@link PsfModels#toTables} has both. */
  @Override
  public FitsTable toTable() {
    return model.toTable();
  }
}
