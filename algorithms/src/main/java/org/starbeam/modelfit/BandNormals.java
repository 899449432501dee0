package org.starbeam.modelfit;

import java.util.Arrays;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.modelfit.SourceModel.Component;
import org.starbeam.warp.NoiseCorrelation;

/**
 * The weighted sums of the products of the planes of all components with each other and with the
 * data of a band. The planes themselves are shared by the bands: those of the band that was updated
 * last are in them.
 */
final class BandNormals {
  /** Smaller correlations are those of the noise of their measurement. */
  private static final double NO_CORRELATION = 0.002;

  final BandPixels pixels;
  private final int[] runs;
  private final GaussianRenderer renderer;
  private final double[][][] planes;
  private final double[][] flat;
  private final Box[] reached;
  private final PlaneProducts products;
  private final double[] weighted;
  final double dataSquare;
  final int used;

  /**
   * Room for the planes of some components.
   *
   * @param pixels number of pixels
   */
  static double[][][] room(List<Component> components, int pixels) {
    return components.stream()
        .map(component -> new double[component.planes()][pixels])
        .toArray(double[][][]::new);
  }

  BandNormals(BandPixels pixels, double[][][] planes) {
    this.pixels = pixels;
    this.runs = pixels.runs();
    this.renderer = new GaussianRenderer(pixels.box(), runs);
    this.planes = planes;
    flat = Arrays.stream(planes).flatMap(Arrays::stream).toArray(double[][]::new);
    reached = new Box[flat.length];
    products = new PlaneProducts(pixels.box(), pixels.weight(), flat.length);
    weighted = new double[pixels.data().length];
    double sum = 0;
    for (int i = 0; i < weighted.length; i++) {
      sum += pixels.weight()[i] * pixels.data()[i] * pixels.data()[i];
    }
    dataSquare = sum;
    used = pixels.used();
  }

  /** Number of planes, of all components in a row. */
  int planes() {
    return flat.length;
  }

  /** Makes the planes of the models in this band. */
  void render(List<SourceModel> models) {
    int c = 0;
    int plane = 0;
    for (SourceModel model : models) {
      for (Component component : model.components()) {
        for (double[] empty : planes[c]) {
          Arrays.fill(empty, 0);
        }
        SersicMixture.Gaussians profile = component.gaussians();
        renderer.add(planes[c], model.x(), model.y(), profile, component.shape(), pixels.psf());
        Arrays.fill(reached, plane, plane + planes[c].length, renderer.reached());
        plane += planes[c++].length;
      }
    }
  }

  /** Renders the models and forms the sums. */
  PlaneProducts.Sums update(List<SourceModel> models) {
    render(models);
    return products.update(flat, reached, pixels.data());
  }

  /**
   * Products of a point of unit flux with the values of all components, then with itself and with
   * the data. The models must have been rendered in this band last.
   */
  double[] pointProducts(double x, double y) {
    double[] point = new double[weighted.length];
    renderer.add(new double[][] {point}, x, y, SersicMixture.ONE, null, pixels.psf());
    weigh(point, pixels.weight());
    double[] out = new double[planes.length + 2];
    for (int c = 0; c < planes.length; c++) {
      out[c] = dot(weighted, planes[c][GaussianRenderer.VALUE]);
    }
    out[planes.length] = dot(weighted, point);
    out[planes.length + 1] = dot(weighted, pixels.data());
    return out;
  }

  private void weigh(double[] plane, double[] weight) {
    for (int i = 0; i < runs.length; i += 2) {
      for (int p = runs[i]; p < runs[i + 1]; p++) {
        weighted[p] = plane[p] * weight[p];
      }
    }
  }

  /** Sum of products over the pixels that count, in four parts so that additions overlap. */
  private double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < runs.length; i += 2) {
      sum += dot(a, b, runs[i], runs[i + 1]);
    }
    return sum;
  }

  private static double dot(double[] a, double[] b, int from, int to) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int p = from;
    for (; p < to - 3; p += 4) {
      s0 += a[p] * b[p];
      s1 += a[p + 1] * b[p + 1];
      s2 += a[p + 2] * b[p + 2];
      s3 += a[p + 3] * b[p + 3];
    }
    for (; p < to; p++) {
      s0 += a[p] * b[p];
    }
    return s0 + s1 + (s2 + s3);
  }

  /**
   * What the noise makes of the products: sum over pixels p, q of a_p s_p xi(p - q) s_q b_q with s
   * the weight times the noise.
   */
  double[][] noise() {
    int n = pixels.data().length;
    double[] scale = new double[n];
    for (int p = 0; p < n; p++) {
      double w = pixels.weight()[p];
      scale[p] = w > 0 ? w * Math.sqrt(pixels.variance()[p]) : 0;
    }
    Box whole = pixels.box();
    Box[] wide = new Box[flat.length];
    double[][] seen = new double[flat.length][n];
    double[][] half = new double[flat.length][n];
    for (int i = 0; i < flat.length; i++) {
      wide[i] = reached[i].grow(NoiseCorrelation.MAX_LAG).intersect(extent(whole));
      multiply(flat[i], scale, reached[i], seen[i]);
      spread(seen[i], wide[i], half[i]);
    }
    double[][] out = new double[flat.length][flat.length];
    for (int i = 0; i < flat.length; i++) {
      for (int j = 0; j <= i; j++) {
        out[i][j] =
            dot(half[i], seen[j], wide[i].intersect(reached[j]))
                + dot(half[j], seen[i], wide[j].intersect(reached[i]));
        out[j][i] = out[i][j];
      }
    }
    return out;
  }

  private static Box extent(Box box) {
    return new Box(0, 0, box.width(), box.height());
  }

  private void multiply(double[] plane, double[] factor, Box part, double[] out) {
    int width = pixels.box().width();
    for (int y = part.y0(); y < part.y1(); y++) {
      for (int p = y * width + part.x0(); p < y * width + part.x1(); p++) {
        out[p] = plane[p] * factor[p];
      }
    }
  }

  /** Sum of products over a part of the box. */
  private double dot(double[] a, double[] b, Box part) {
    int width = pixels.box().width();
    double sum = 0;
    for (int y = part.y0(); y < part.y1(); y++) {
      sum += dot(a, b, y * width + part.x0(), y * width + part.x1());
    }
    return sum;
  }

  /**
   * Folds a plane with half of the correlation: half of lag 0 and one of each pair of lags.
   *
   * @param part of the box where the plane has light, or so near that the correlation reaches
   */
  private void spread(double[] in, Box part, double[] out) {
    int reach = NoiseCorrelation.MAX_LAG;
    for (int dy = 0; dy <= reach; dy++) {
      for (int dx = dy == 0 ? 0 : -reach; dx <= reach; dx++) {
        double rho = pixels.correlation().rho(dx, dy);
        if (dx == 0 && dy == 0) {
          add(in, part, out, 0, 0, 0.5 * rho);
        } else if (Math.abs(rho) > NO_CORRELATION) {
          add(in, part, out, dx, dy, rho);
        }
      }
    }
  }

  private void add(double[] in, Box part, double[] out, int dx, int dy, double factor) {
    int width = pixels.box().width();
    int from = Math.max(part.x0(), part.x0() - dx);
    int to = Math.min(part.x1(), part.x1() - dx);
    for (int y = part.y0(); y < part.y1() - dy; y++) {
      int source = (y + dy) * width + dx;
      int target = y * width;
      for (int x = from; x < to; x++) {
        out[target + x] += factor * in[source + x];
      }
    }
  }
}
