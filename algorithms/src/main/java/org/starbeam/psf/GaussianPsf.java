package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/** A round Gaussian, the same everywhere: the PSF before anything is known of it. */
public final class GaussianPsf extends UniformPsf {
  static final String TYPE = "gaussian";

  /** Stamp half-size in widths. */
  private static final double REACH = 5;

  private final double sigma;
  private final double nEff;

  /**
   * @param sigma width in pixels
   */
  public GaussianPsf(double sigma) {
    super((int) Math.ceil(REACH * sigma));
    if (!(sigma > 0)) {
      throw new IllegalArgumentException("sigma " + sigma);
    }
    this.sigma = sigma;
    this.nEff = PsfModel.effectiveArea(kernelImage(0, 0));
  }

  public double sigma() {
    return sigma;
  }

  @Override
  ImageD profile(Box box, double x, double y) {
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
  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", TYPE);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("SIGMA", new double[] {sigma});
    return new FitsTable("PSF", header, columns);
  }

  static GaussianPsf fromTable(FitsTable table) {
    return new GaussianPsf(table.doubles("SIGMA")[0]);
  }
}
