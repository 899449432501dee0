package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/** A round Gaussian, the same everywhere: the PSF before anything is known of it. */
public final class GaussianPsf implements PsfModel {
  /** Stamp half-size in widths. */
  private static final double REACH = 5;

  private final double sigma;
  private final int half;
  private final double nEff;

  /**
   * @param sigma width in pixels
   */
  public GaussianPsf(double sigma) {
    if (!(sigma > 0)) {
      throw new IllegalArgumentException("sigma " + sigma);
    }
    this.sigma = sigma;
    this.half = (int) Math.ceil(REACH * sigma);
    double squares = 0;
    for (double p : profile(Box.around(0, 0, half), 0, 0).data) {
      squares += p * p;
    }
    this.nEff = 1 / squares;
  }

  public double sigma() {
    return sigma;
  }

  @Override
  public ImageD image(double x, double y) {
    return profile(Box.around((int) Math.rint(x), (int) Math.rint(y), half), x, y);
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return profile(Box.around(0, 0, half), 0, 0);
  }

  private ImageD profile(Box box, double x, double y) {
    double[] gx = line(box.x0(), box.width(), x);
    double[] gy = line(box.y0(), box.height(), y);
    ImageD out = new ImageD(box);
    for (int row = 0, i = 0; row < gy.length; row++) {
      for (int column = 0; column < gx.length; column++, i++) {
        out.data[i] = gx[column] * gy[row];
      }
    }
    return out;
  }

  private double[] line(int first, int n, double centre) {
    double[] out = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = (first + i - centre) / sigma;
      out[i] = Math.exp(-0.5 * d * d);
      sum += out[i];
    }
    for (int i = 0; i < n; i++) {
      out[i] /= sum;
    }
    return out;
  }

  @Override
  public double[] shape(double x, double y) {
    return new double[] {sigma * sigma, sigma * sigma, 0};
  }

  @Override
  public double nEff(double x, double y) {
    return nEff;
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
    return Box.around(0, 0, half);
  }

  @Override
  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", "gaussian");
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("SIGMA", new double[] {sigma});
    return new FitsTable("PSF", header, columns);
  }
}
