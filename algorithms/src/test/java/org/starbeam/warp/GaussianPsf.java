package org.starbeam.warp;

import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.PsfModel;

/** A round Gaussian, for tests. */
public record GaussianPsf(double sigma, int radius) implements PsfModel {
  @Override
  public ImageD image(double x, double y) {
    return draw(Box.around((int) Math.rint(x), (int) Math.rint(y), radius), x, y);
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return draw(stampBox(), 0, 0);
  }

  private ImageD draw(Box box, double x0, double y0) {
    ImageD out = new ImageD(box);
    double sum = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double r2 = (x - x0) * (x - x0) + (y - y0) * (y - y0);
        double value = Math.exp(-r2 / (2 * sigma * sigma));
        out.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }

  @Override
  public double[] shape(double x, double y) {
    return new double[] {sigma * sigma, sigma * sigma, 0};
  }

  @Override
  public double nEff(double x, double y) {
    return 4 * Math.PI * sigma * sigma;
  }

  @Override
  public double fluxErrFraction(double x, double y) {
    return 0;
  }

  @Override
  public double[] averagePosition() {
    return new double[] {0, 0};
  }

  @Override
  public Box stampBox() {
    return Box.around(0, 0, radius);
  }

  @Override
  public FitsTable toTable() {
    return new FitsTable("PSF", Map.of("SIGMA", sigma), Map.of("sigma", new double[] {sigma}));
  }
}
