package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;

/**
 * An elliptical Moffat profile, (1 + r^2 / alpha^2)^-beta, integrated over pixels on 5 x 5 points,
 * the same everywhere: the model for images with too few stars for anything better.
 */
public final class MoffatPsf extends UniformPsf {
  static final String TYPE = "moffat";
  private static final int POINTS = 5;

  private final double fwhm;
  private final double beta;
  private final double e1;
  private final double e2;
  private final double[] shape;
  private final double nEff;

  /**
   * @param fwhm in pixels, of the round profile of the same area
   * @param e1 (a^2 - b^2) / (a^2 + b^2) cos 2t
   * @param half stamps have {@code 2 half + 1} pixels
   */
  public MoffatPsf(double fwhm, double beta, double e1, double e2, int half) {
    super(half);
    if (!(fwhm > 0) || !(beta > 1) || !(Math.hypot(e1, e2) < 1)) {
      throw new IllegalArgumentException(
          "Moffat profile of FWHM " + fwhm + ", beta " + beta + ", e " + e1 + ", " + e2);
    }
    this.fwhm = fwhm;
    this.beta = beta;
    this.e1 = e1;
    this.e2 = e2;
    ImageD p = kernelImage(0, 0);
    AdaptiveMoments.Result r =
        new AdaptiveMoments().measure(p, 0, 0, fwhm / GaussianWidth.FWHM_PER_SIGMA);
    this.shape = new double[] {r.xx(), r.yy(), r.xy()};
    this.nEff = PsfModel.effectiveArea(p);
  }

  /**
   * The profile of an exponent whose adaptive moments are given, found by scaling the width.
   *
   * @param xx adaptive moments in pixel^2
   */
  static MoffatPsf ofMoments(double xx, double yy, double xy, double beta, int half) {
    double trace = xx + yy;
    double e1 = (xx - yy) / trace;
    double e2 = 2 * xy / trace;
    double size = Math.hypot(e1, e2) < 0.5 ? 1 : 0;
    double wanted = Math.sqrt(Math.sqrt(Math.max(1e-6, xx * yy - xy * xy)));
    double fwhm = 2 * wanted;
    MoffatPsf model = new MoffatPsf(fwhm, beta, size * e1, size * e2, half);
    for (int i = 0; i < 8; i++) {
      double[] m = model.shape;
      fwhm *= wanted / Math.sqrt(Math.sqrt(m[0] * m[1] - m[2] * m[2]));
      model = new MoffatPsf(Math.max(fwhm, 0.5), beta, size * e1, size * e2, half);
    }
    return model;
  }

  /**
   * The profile whose adaptive moments and effective area are given; the exponent is that between
   * 1.5 and 8 which comes nearest to the area.
   *
   * @param xx adaptive moments in pixel^2
   * @param area (sum P)^2 / sum P^2
   */
  public static MoffatPsf of(double xx, double yy, double xy, double area, int half) {
    double low = 1.5;
    double high = 8;
    for (int step = 0; step < 10; step++) {
      double middle = Math.sqrt(low * high);
      if (ofMoments(xx, yy, xy, middle, half).nEff > area) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return ofMoments(xx, yy, xy, Math.sqrt(low * high), half);
  }

  @Override
  ImageD profile(Box box, double x0, double y0) {
    ImageD out = new ImageD(box);
    accumulate(box, x0, y0, out.data);
    double total = 0;
    for (double v : out.data) {
      total += v;
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= total;
    }
    return out;
  }

  private void accumulate(Box box, double x0, double y0, double[] out) {
    double alpha = fwhm / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    double root = Math.sqrt(1 - e1 * e1 - e2 * e2) * alpha * alpha;
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++, i++) {
        double sum = 0;
        for (int k = 0; k < POINTS * POINTS; k++) {
          double dx = x - x0 + (k % POINTS - 2) / (double) POINTS;
          double dy = y - y0 + (k / POINTS - 2) / (double) POINTS;
          double r2 = ((1 - e1) * dx * dx - 2 * e2 * dx * dy + (1 + e1) * dy * dy) / root;
          double t = 1 + r2;
          sum += beta == 3 ? 1 / (t * t * t) : Math.pow(t, -beta);
        }
        out[i] = sum;
      }
    }
  }

  /** Value of the profile at an offset from the centre, integrated over a pixel, not normalised. */
  double at(double dx, double dy) {
    Box pixel = new Box(0, 0, 1, 1);
    double[] sum = new double[1];
    accumulate(pixel, -dx, -dy, sum);
    return sum[0];
  }

  @Override
  public double[] shape(double x, double y) {
    return shape.clone();
  }

  @Override
  public double nEff(double x, double y) {
    return nEff;
  }

  @Override
  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", TYPE);
    header.put("PSFVERS", 1);
    header.put("HALFSIZE", half);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("FWHM", new double[] {fwhm});
    columns.put("BETA", new double[] {beta});
    columns.put("E1", new double[] {e1});
    columns.put("E2", new double[] {e2});
    return new FitsTable("PSF", header, columns);
  }

  static MoffatPsf fromTable(FitsTable table) {
    return new MoffatPsf(
        table.doubles("FWHM")[0],
        table.doubles("BETA")[0],
        table.doubles("E1")[0],
        table.doubles("E2")[0],
        table.integer("HALFSIZE"));
  }
}
