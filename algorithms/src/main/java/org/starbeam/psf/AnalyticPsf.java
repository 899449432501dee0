package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;

/**
 * A PSF of one analytic profile whose size and shear (FWHM in pixels, g1, g2) are polynomials of
 * position, with a Gaussian process for what the polynomials leave where one was fitted (specs/02
 * section 7.3). A thread keeps its last few images; they are not to be written to.
 */
final class AnalyticPsf implements PsfModel {
  static final String TYPE = "analytic";
  private static final int PARAMETERS = 3;
  private static final int CACHED = 4;
  private static final double MAX_SHEAR = 0.7;

  private final AnalyticProfile profile;
  private final int half;
  private final PositionBasis basis;
  private final double[][] coefficients;
  private final @Nullable FieldProcess[] processes;
  private final double[] average;
  private final Map<String, Object> notes;
  private final transient ThreadLocal<Cache> cache = ThreadLocal.withInitial(Cache::new);

  /**
   * @param half stamps have {@code 2 half + 1} pixels
   * @param coefficients [parameter][term]
   * @param processes of each parameter; null for none
   * @param average mean position of the stars
   * @param notes header cards about the fit
   */
  AnalyticPsf(
      AnalyticProfile profile,
      int half,
      PositionBasis basis,
      double[][] coefficients,
      @Nullable FieldProcess[] processes,
      double[] average,
      Map<String, Object> notes) {
    this.profile = profile;
    this.half = half;
    this.basis = basis;
    this.coefficients = coefficients;
    this.processes = processes;
    this.average = average;
    this.notes = notes;
  }

  /** The last images of one thread. */
  private static final class Cache {
    final double[] x = new double[CACHED];
    final double[] y = new double[CACHED];
    final @Nullable ImageD[] image = new ImageD[CACHED];
    int next;
  }

  /** FWHM, g1, g2 at a place. */
  double[] parameters(double x, double y) {
    double[] b = basis.at(x, y);
    double[] out = new double[PARAMETERS];
    for (int p = 0; p < PARAMETERS; p++) {
      FieldProcess process = processes[p];
      out[p] = PixelGridFit.dot(b, coefficients[p]) + (process == null ? 0 : process.at(x, y));
    }
    out[0] = Math.max(out[0], 0.5);
    double g = Math.hypot(out[1], out[2]);
    if (g > MAX_SHEAR) {
      out[1] *= MAX_SHEAR / g;
      out[2] *= MAX_SHEAR / g;
    }
    return out;
  }

  @Override
  public ImageD image(double x, double y) {
    Cache last = cache.get();
    for (int i = 0; i < CACHED; i++) {
      ImageD found = last.image[i];
      if (found != null && last.x[i] == x && last.y[i] == y) {
        return found;
      }
    }
    ImageD made = render(profile, parameters(x, y), x, y, half);
    last.x[last.next] = x;
    last.y[last.next] = y;
    last.image[last.next] = made;
    last.next = (last.next + 1) % CACHED;
    return made;
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return render(profile, parameters(x, y), 0, 0, half);
  }

  static ImageD render(AnalyticProfile profile, double[] p, double x, double y, int half) {
    Box box = Box.around((int) Math.rint(x), (int) Math.rint(y), half);
    double[] out = new double[box.area()];
    profile.draw(p, box.x0() - x, box.y0() - y, box.width(), true, out);
    double sum = 0;
    for (double v : out) {
      sum += v;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return ImageD.wrap(box, out);
  }

  @Override
  public double[] shape(double x, double y) {
    double[] p = parameters(x, y);
    AdaptiveMoments.Result r =
        new AdaptiveMoments().measure(kernelImage(x, y), 0, 0, p[0] / GaussianWidth.FWHM_PER_SIGMA);
    return new double[] {r.xx(), r.yy(), r.xy()};
  }

  /** Of the image at its sub-pixel position, which the thread often has already. */
  @Override
  public double nEff(double x, double y) {
    return PsfModel.effectiveArea(image(x, y));
  }

  @Override
  public double[] averagePosition() {
    return average.clone();
  }

  @Override
  public Box stampBox() {
    return Box.around(0, 0, half);
  }

  @Override
  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", TYPE);
    header.put("PSFVERS", 1);
    header.put("PROFILE", profile.kind().name());
    header.put("BETA", profile.beta());
    header.put("HALFSIZE", half);
    basis.toHeader(header);
    header.put("XAVERAGE", average[0]);
    header.put("YAVERAGE", average[1]);
    header.putAll(notes);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("COEFF", coefficients);
    FieldProcess.toColumns(processes, columns);
    return new FitsTable("PSF", header, columns);
  }

  static AnalyticPsf fromTable(FitsTable table) {
    return new AnalyticPsf(
        new AnalyticProfile(
            PiffPsf.Model.valueOf(table.text("PROFILE").trim()), table.number("BETA")),
        table.integer("HALFSIZE"),
        PositionBasis.fromHeader(table),
        table.vectors("COEFF"),
        FieldProcess.fromColumns(table),
        new double[] {table.number("XAVERAGE"), table.number("YAVERAGE")},
        PixelPsf.notes(table));
  }
}
