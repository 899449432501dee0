package org.starbeam.measurement;

import java.util.LinkedHashMap;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.PsfModel;

/** Truth for tests: an elliptical Moffat profile, integrated over pixels on 5 x 5 points. */
public final class MoffatPsf implements PsfModel {
  private final double fwhm;
  private final double beta;
  private final double e1;
  private final double e2;
  private final int half;

  /**
   * @param fwhm in pixels
   * @param e1 (a^2 - b^2) / (a^2 + b^2) cos 2t
   */
  public MoffatPsf(double fwhm, double beta, double e1, double e2, int half) {
    this.fwhm = fwhm;
    this.beta = beta;
    this.e1 = e1;
    this.e2 = e2;
    this.half = half;
  }

  @Override
  public ImageD image(double x, double y) {
    int cx = (int) Math.rint(x);
    int cy = (int) Math.rint(y);
    return normalised(profile(Box.around(cx, cy, half), x, y));
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return normalised(profile(Box.around(0, 0, half), 0, 0));
  }

  private ImageD profile(Box box, double x0, double y0) {
    double alpha = fwhm / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    double root = Math.sqrt(1 - e1 * e1 - e2 * e2);
    ImageD out = new ImageD(box);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double sum = 0;
        for (int k = 0; k < 25; k++) {
          double dx = x - x0 + (k % 5 - 2) / 5.0;
          double dy = y - y0 + (k / 5 - 2) / 5.0;
          double r2 = ((1 - e1) * dx * dx - 2 * e2 * dx * dy + (1 + e1) * dy * dy) / root;
          sum += Math.pow(1 + r2 / (alpha * alpha), -beta);
        }
        out.set(x, y, sum);
      }
    }
    return out;
  }

  private static ImageD normalised(ImageD image) {
    double sum = 0;
    for (double v : image.data) {
      sum += v;
    }
    for (int i = 0; i < image.data.length; i++) {
      image.data[i] /= sum;
    }
    return image;
  }

  /** Second moments weighted by a matched Gaussian. */
  @Override
  public double[] shape(double x, double y) {
    ImageD p = kernelImage(x, y);
    double xx = fwhm * fwhm / 5.5;
    double yy = xx;
    double xy = 0;
    for (int round = 0; round < 100; round++) {
      double det = xx * yy - xy * xy;
      double[] s = new double[4];
      for (int v = -half; v <= half; v++) {
        for (int u = -half; u <= half; u++) {
          double w =
              p.get(u, v) * Math.exp(-0.5 * (yy * u * u - 2 * xy * u * v + xx * v * v) / det);
          s[0] += w;
          s[1] += w * u * u;
          s[2] += w * v * v;
          s[3] += w * u * v;
        }
      }
      xx = 2 * s[1] / s[0];
      yy = 2 * s[2] / s[0];
      xy = 2 * s[3] / s[0];
    }
    return new double[] {xx, yy, xy};
  }

  @Override
  public double nEff(double x, double y) {
    double squares = 0;
    for (double v : kernelImage(x, y).data) {
      squares += v * v;
    }
    return 1 / squares;
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
    return new FitsTable("PSF", new LinkedHashMap<>(), new LinkedHashMap<>());
  }
}
