package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * A PSF given by centred stamps on a regular grid of places, bilinear in between and constant
 * beyond the outer nodes: PSFs of templates and differences, which follow from other PSFs by
 * convolution. A sub-pixel position is reached by a Lanczos-5 shift of the stamp along each axis;
 * the PSF must be sampled (FWHM of 2.5 pixels and more, error below 1e-3 of the peak).
 */
public final class GridPsf implements PsfModel {
  static final String TYPE = "grid";

  private static final int LANCZOS = 5;
  private static final int MOMENT_STEPS = 60;

  private final Box domain;
  private final int nx;
  private final int ny;
  private final int half;
  private final double[][] stamps;

  /** Makes the PSF of a place, centred on (0, 0); normalised by the grid. */
  @FunctionalInterface
  public interface StampSource {
    ImageD stamp(double x, double y);
  }

  private GridPsf(Box domain, int nx, int ny, int half, double[][] stamps) {
    this.domain = domain;
    this.nx = nx;
    this.ny = ny;
    this.half = half;
    this.stamps = stamps;
  }

  /**
   * Samples a PSF.
   *
   * @param domain box whose corners are the outer nodes
   * @param step largest distance of nodes in pixels
   * @param half half width of the stamps
   */
  public static GridPsf sample(Box domain, double step, int half, StampSource source) {
    int nx = Math.max(2, (int) Math.ceil((domain.width() - 1) / step) + 1);
    int ny = Math.max(2, (int) Math.ceil((domain.height() - 1) / step) + 1);
    double[][] stamps = new double[nx * ny][];
    for (int j = 0; j < ny; j++) {
      for (int i = 0; i < nx; i++) {
        double x = domain.x0() + i * (domain.width() - 1.0) / (nx - 1);
        double y = domain.y0() + j * (domain.height() - 1.0) / (ny - 1);
        stamps[j * nx + i] = normalised(cut(source.stamp(x, y), half));
      }
    }
    return new GridPsf(domain, nx, ny, half, stamps);
  }

  private static double[] cut(ImageD stamp, int half) {
    Box box = Box.around(0, 0, half);
    ImageD out = new ImageD(box);
    out.copyFrom(stamp);
    return out.data;
  }

  private static double[] normalised(double[] stamp) {
    double sum = 0;
    for (double v : stamp) {
      sum += v;
    }
    for (int i = 0; i < stamp.length; i++) {
      stamp[i] /= sum;
    }
    return stamp;
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    double u = node(x, domain.x0(), domain.width(), nx);
    double v = node(y, domain.y0(), domain.height(), ny);
    int i = Math.min(nx - 2, (int) u);
    int j = Math.min(ny - 2, (int) v);
    double fx = u - i;
    double fy = v - j;
    double[] a = stamps[j * nx + i];
    double[] b = stamps[j * nx + i + 1];
    double[] c = stamps[(j + 1) * nx + i];
    double[] d = stamps[(j + 1) * nx + i + 1];
    ImageD out = new ImageD(Box.around(0, 0, half));
    for (int k = 0; k < a.length; k++) {
      out.data[k] = (1 - fy) * ((1 - fx) * a[k] + fx * b[k]) + fy * ((1 - fx) * c[k] + fx * d[k]);
    }
    return out;
  }

  private static double node(double x, int x0, int width, int n) {
    double u = (x - x0) * (n - 1) / (width - 1.0);
    return Math.max(0, Math.min(n - 1, u));
  }

  @Override
  public ImageD image(double x, double y) {
    return placed(kernelImage(x, y), x, y);
  }

  /** A stamp centred on (0, 0) at a place with its sub-pixel part, sum 1. */
  public static ImageD placed(ImageD centred, double x, double y) {
    int cx = (int) Math.rint(x);
    int cy = (int) Math.rint(y);
    int half = centred.box().x1() - 1;
    int side = 2 * half + 1;
    double[] across = shift(centred.data, side, 1, x - cx);
    double[] shifted = normalised(shift(across, side, side, y - cy));
    return ImageD.wrap(Box.around(cx, cy, half), shifted);
  }

  /** Moves the content by a fraction of a pixel along the axis of this stride. */
  private static double[] shift(double[] in, int side, int stride, double by) {
    if (by == 0) {
      return in.clone();
    }
    double[] taps = taps(by);
    int other = stride == 1 ? side : 1;
    double[] out = new double[in.length];
    for (int line = 0; line < side; line++) {
      for (int k = 0; k < side; k++) {
        double sum = 0;
        for (int t = -LANCZOS; t <= LANCZOS; t++) {
          int from = k - t;
          if (from >= 0 && from < side) {
            sum += taps[t + LANCZOS] * in[line * other + from * stride];
          }
        }
        out[line * other + k * stride] = sum;
      }
    }
    return out;
  }

  /** Weight of the sample t pixels before, for content that moves by a fraction. */
  private static double[] taps(double by) {
    double[] taps = new double[2 * LANCZOS + 1];
    double sum = 0;
    for (int t = -LANCZOS; t <= LANCZOS; t++) {
      double d = t - by;
      taps[t + LANCZOS] = Math.abs(d) >= LANCZOS ? 0 : sinc(d) * sinc(d / LANCZOS);
      sum += taps[t + LANCZOS];
    }
    for (int i = 0; i < taps.length; i++) {
      taps[i] /= sum;
    }
    return taps;
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  @Override
  public double[] shape(double x, double y) {
    return adaptiveMoments(kernelImage(x, y));
  }

  /** Second moments under a Gaussian of the same moments, found by iteration from 2 pixels. */
  public static double[] adaptiveMoments(ImageD stamp) {
    double xx = 4;
    double yy = 4;
    double xy = 0;
    Box box = stamp.box();
    for (int step = 0; step < MOMENT_STEPS; step++) {
      double det = xx * yy - xy * xy;
      double sum = 0;
      double sxx = 0;
      double syy = 0;
      double sxy = 0;
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          double r2 = (yy * x * x - 2 * xy * x * y + xx * y * y) / det;
          double w = r2 > 30 ? 0 : Math.exp(-0.5 * r2) * stamp.get(x, y);
          sum += w;
          sxx += w * x * x;
          syy += w * y * y;
          sxy += w * x * y;
        }
      }
      xx = 2 * sxx / sum;
      yy = 2 * syy / sum;
      xy = 2 * sxy / sum;
      if (!(sum > 0) || !(xx * yy > xy * xy) || !(xx > 0)) {
        return new double[] {4, 4, 0};
      }
    }
    return new double[] {xx, yy, xy};
  }

  @Override
  public double[] averagePosition() {
    return new double[] {
      domain.x0() + (domain.width() - 1) / 2.0, domain.y0() + (domain.height() - 1) / 2.0
    };
  }

  @Override
  public Box stampBox() {
    return Box.around(0, 0, half);
  }

  @Override
  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", TYPE);
    header.put("DOMX0", domain.x0());
    header.put("DOMY0", domain.y0());
    header.put("DOMNX", domain.width());
    header.put("DOMNY", domain.height());
    header.put("NODESX", nx);
    header.put("NODESY", ny);
    header.put("HALF", half);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("STAMP", stamps);
    return new FitsTable("PSF", header, columns);
  }

  /** Reads what {@link #toTable} wrote. */
  public static GridPsf fromTable(FitsTable table) {
    if (!(table.columns().get("STAMP") instanceof double[][] stamps)
        || !TYPE.equals(table.header().get("PSFTYPE"))) {
      throw new BadInputException(
          "BAD_TABLE", "table " + table.name() + " is not a PSF of type grid");
    }
    Box domain =
        new Box(
            table.integer("DOMX0"),
            table.integer("DOMY0"),
            table.integer("DOMNX"),
            table.integer("DOMNY"));
    return new GridPsf(
        domain, table.integer("NODESX"), table.integer("NODESY"), table.integer("HALF"), stamps);
  }
}
