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

  /** Products of planes, all components in a row. */
  final double[][] gram;

  /** Products of planes and data. */
  final double[] right;

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
    gram = products.gram;
    right = products.right;
    double sum = 0;
    for (int i = 0; i < weighted.length; i++) {
      sum += pixels.weight()[i] * pixels.data()[i] * pixels.data()[i];
    }
    dataSquare = sum;
    used = pixels.used();
  }

  private void render(List<SourceModel> models) {
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
  void update(List<SourceModel> models) {
    render(models);
    products.update(flat, reached, pixels.data());
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
    double[][] seen = new double[flat.length][n];
    for (int i = 0; i < flat.length; i++) {
      for (int p = 0; p < n; p++) {
        seen[i][p] = flat[i][p] * scale[p];
      }
    }
    double[][] half = new double[flat.length][];
    for (int i = 0; i < flat.length; i++) {
      half[i] = spread(seen[i]);
    }
    double[][] out = new double[flat.length][flat.length];
    for (int i = 0; i < flat.length; i++) {
      for (int j = 0; j <= i; j++) {
        out[i][j] = dot(half[i], seen[j]) + dot(half[j], seen[i]);
        out[j][i] = out[i][j];
      }
    }
    return out;
  }

  /** A plane folded with half of the correlation: half of lag 0 and one of each pair of lags. */
  private double[] spread(double[] in) {
    double[] out = new double[in.length];
    int reach = NoiseCorrelation.MAX_LAG;
    for (int dy = 0; dy <= reach; dy++) {
      for (int dx = dy == 0 ? 0 : -reach; dx <= reach; dx++) {
        double rho = pixels.correlation().rho(dx, dy);
        if (dx == 0 && dy == 0) {
          add(in, out, 0, 0, 0.5 * rho);
        } else if (Math.abs(rho) > NO_CORRELATION) {
          add(in, out, dx, dy, rho);
        }
      }
    }
    return out;
  }

  private void add(double[] in, double[] out, int dx, int dy, double factor) {
    int width = pixels.box().width();
    int height = pixels.box().height();
    int from = Math.max(0, -dx);
    int to = Math.min(width, width - dx);
    for (int y = 0; y < height - dy; y++) {
      int source = (y + dy) * width + dx;
      int target = y * width;
      for (int x = from; x < to; x++) {
        out[target + x] += factor * in[source + x];
      }
    }
  }
}
