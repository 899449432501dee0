package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;

/**
 * A PSF given by samples on a grid of a step of h pixels, each a polynomial of position, and
 * interpolated to pixels by a separable Lanczos kernel (specs/02 section 7.2): P(i) = sum over the
 * grid of L((i - x) / h + centre) sum_k b_k(X) C_k, divided by its sum. The centre is displaced by
 * a polynomial of its own so that the adaptive centroid of the image lies at the asked position.
 * The PSF of PSFEx is of this form.
 *
 * <p>A thread keeps its last few images; they are not to be written to. Cost of an image: terms x
 * grid + 2 a (grid x pixels + pixels) multiplications, 20 microseconds for degree 2 and 25 x 25.
 */
final class PixelPsf implements PsfModel {
  static final String TYPE = "pixel";
  private static final int CACHED = 4;

  private final int grid;
  private final double step;
  private final int kernel;
  private final int half;
  private final PositionBasis basis;
  private final double[][] coefficients;
  private final double[] centreX;
  private final double[] centreY;
  private final double[] average;
  private final Map<String, Object> notes;
  private final transient ThreadLocal<Cache> cache = ThreadLocal.withInitial(Cache::new);

  /**
   * @param grid samples per axis, odd
   * @param step of the grid in pixels
   * @param kernel order of the Lanczos kernel
   * @param half stamps have {@code 2 half + 1} pixels
   * @param coefficients [term][row * grid + column]
   * @param centreX displacement of the centre in pixels per term
   * @param average mean position of the stars
   * @param notes header cards about the fit
   */
  PixelPsf(
      int grid,
      double step,
      int kernel,
      int half,
      PositionBasis basis,
      double[][] coefficients,
      double[] centreX,
      double[] centreY,
      double[] average,
      Map<String, Object> notes) {
    this.grid = grid;
    this.step = step;
    this.kernel = kernel;
    this.half = half;
    this.basis = basis;
    this.coefficients = coefficients;
    this.centreX = centreX;
    this.centreY = centreY;
    this.average = average;
    this.notes = notes;
  }

  /** The last images and derived numbers of one thread. */
  private static final class Cache {
    final double[] x = new double[CACHED];
    final double[] y = new double[CACHED];
    final @Nullable ImageD[] image = new ImageD[CACHED];
    final double[] shapeAt = {Double.NaN, Double.NaN};
    double[] shape = {Double.NaN, Double.NaN, Double.NaN};
    int next;
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
    ImageD made = render(x, y, x, y);
    last.x[last.next] = x;
    last.y[last.next] = y;
    last.image[last.next] = made;
    last.next = (last.next + 1) % CACHED;
    return made;
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return render(x, y, 0, 0);
  }

  /** The PSF of place (x, y), drawn centred on (px, py). */
  private ImageD render(double x, double y, double px, double py) {
    return render(x, y, px, py, half);
  }

  ImageD render(double x, double y, double px, double py, int halfSize) {
    Box box = Box.around((int) Math.rint(px), (int) Math.rint(py), halfSize);
    double[] b = basis.at(x, y);
    double cx = px - PixelGridFit.dot(b, centreX);
    double cy = py - PixelGridFit.dot(b, centreY);
    double[] local = local(b);
    int n = box.width();
    int mid = grid / 2;
    LanczosTaps tx = LanczosTaps.of(n, (box.x0() - cx) / step + mid, 1 / step, grid, kernel);
    LanczosTaps ty = LanczosTaps.of(n, (box.y0() - cy) / step + mid, 1 / step, grid, kernel);
    double[] out = new double[n * n];
    LanczosTaps.apply(local, grid, tx, ty, 1, new double[grid * n], out);
    double sum = 0;
    for (double v : out) {
      sum += v;
    }
    double norm = 1 / sum;
    for (int i = 0; i < out.length; i++) {
      out[i] *= norm;
    }
    return ImageD.wrap(box, out);
  }

  private double[] local(double[] b) {
    double[] local = new double[grid * grid];
    for (int k = 0; k < b.length; k++) {
      double f = b[k];
      double[] c = coefficients[k];
      for (int i = 0; i < local.length; i++) {
        local[i] += f * c[i];
      }
    }
    return local;
  }

  @Override
  public double[] shape(double x, double y) {
    Cache last = cache.get();
    if (last.shapeAt[0] != x || last.shapeAt[1] != y) {
      AdaptiveMoments.Result r =
          new AdaptiveMoments().measure(kernelImage(x, y), 0, 0, Math.max(1, half / 8.0));
      last.shape = new double[] {r.xx(), r.yy(), r.xy()};
      last.shapeAt[0] = x;
      last.shapeAt[1] = y;
    }
    return last.shape.clone();
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
    header.put("NGRID", grid);
    header.put("STEP", step);
    header.put("LANCZOS", kernel);
    header.put("HALFSIZE", half);
    basis.toHeader(header);
    header.put("XAVERAGE", average[0]);
    header.put("YAVERAGE", average[1]);
    header.putAll(notes);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("COEFF", coefficients);
    columns.put("CENTREX", centreX);
    columns.put("CENTREY", centreY);
    return new FitsTable("PSF", header, columns);
  }

  static PixelPsf fromTable(FitsTable table) {
    PositionBasis basis = PositionBasis.fromHeader(table);
    return new PixelPsf(
        table.integer("NGRID"),
        table.number("STEP"),
        table.integer("LANCZOS"),
        table.integer("HALFSIZE"),
        basis,
        table.vectors("COEFF"),
        table.doubles("CENTREX"),
        table.doubles("CENTREY"),
        new double[] {table.number("XAVERAGE"), table.number("YAVERAGE")},
        notes(table));
  }

  /** The cards about the fit. */
  static Map<String, Object> notes(FitsTable table) {
    Map<String, Object> notes = new LinkedHashMap<>();
    for (String key : new String[] {"NSTAR", "CHI2"}) {
      Object value = table.header().get(key);
      if (value != null) {
        notes.put(key, value);
      }
    }
    return notes;
  }
}
