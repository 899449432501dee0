package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * A crowd of stars: every peak is a point with a place near it and an amplitude in each band, and
 * so is what sticks out of the residuals afterwards, twice. The additional points keep light from
 * the peaks that is not theirs; they are sources without a peak.
 */
final class PointBlend {
  private static final int ROUNDS = 2;
  private static final int MOVES = 3;
  private static final double SIGNIFICANCE = 5;

  /** Least distance of an additional point from the others, in FWHM. */
  private static final double APART = 0.6;

  private final BlendParent blend;

  PointBlend(BlendParent blend) {
    this.blend = blend;
  }

  void solve(BlendUnit unit, BlendPixels pixels) {
    int bands = pixels.data.length;
    BlendScene scene =
        new BlendScene(pixels.box, pixels.data, pixels.weight, blend.sigma(), unit.kernels(blend));
    double[] steepness = unit.psfs(blend).stream().mapToDouble(PointBlend::steepness).toArray();
    List<Point> points = new ArrayList<>();
    for (int p : unit.peaks()) {
      Peak peak = blend.peaks().get(p);
      points.add(new Point(p, peak.x(), peak.y(), pixels.box, blend.modelSigma(), bands));
    }
    fit(scene, points, steepness);
    for (int round = 0; round < ROUNDS; round++) {
      List<int[]> more = residualPeaks(scene, unit, components(points));
      if (more.isEmpty()) {
        break;
      }
      for (int[] p : more) {
        points.add(new Point(-1, p[0], p[1], pixels.box, blend.modelSigma(), bands));
      }
      fit(scene, points, steepness);
    }
    List<Component> result = components(points);
    unit.solved(result, 0, scene.loss(result), true);
  }

  private static List<Component> components(List<Point> points) {
    return points.stream().map(p -> p.component).toList();
  }

  /** Amplitudes, and places by Gauss-Newton steps at most a pixel from the peak. */
  private static void fit(BlendScene scene, List<Point> points, double[] steepness) {
    List<Component> components = components(points);
    SpectrumFit.fit(scene, components);
    for (int i = 0; i < MOVES; i++) {
      scene.evaluate(components);
      for (Point point : points) {
        point.move(scene, steepness);
      }
      components = components(points);
      SpectrumFit.fit(scene, components);
    }
  }

  /** Mean over both axes of the sum of squares of the slope of a PSF. */
  private static double steepness(ImageD psf) {
    Box box = psf.box().grow(-1);
    double sum = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double dx = 0.5 * (psf.get(x + 1, y) - psf.get(x - 1, y));
        double dy = 0.5 * (psf.get(x, y + 1) - psf.get(x, y - 1));
        sum += 0.5 * (dx * dx + dy * dy);
      }
    }
    return sum;
  }

  /** A point with its place inside the pixel. */
  private static final class Point {
    private static final double REACH = 0.75;
    private static final double STEP = 0.05;

    private final Box limit;
    private final double sigma;
    private final double peakValue;
    private double dx;
    private double dy;
    Component component;

    Point(int source, int x, int y, Box limit, double sigma, int bands) {
      this.limit = limit;
      this.sigma = sigma;
      this.peakValue = ModelPsf.image(sigma, 0, 0).get(0, 0);
      this.component = BlendSolver.point(source, x, y, limit, sigma, bands);
    }

    /** One step by the gradients in the component. */
    void move(BlendScene scene, double[] steepness) {
      double curvature = 0;
      for (int b = 0; b < steepness.length; b++) {
        double flux = component.spectrum[b] / peakValue;
        curvature += flux * flux * steepness[b] / (scene.sigma(b) * scene.sigma(b));
      }
      if (!(curvature > 0)) {
        return;
      }
      double gx = slope(STEP, 0);
      double gy = slope(0, STEP);
      dx = Math.max(-REACH, Math.min(REACH, dx - gx / curvature));
      dy = Math.max(-REACH, Math.min(REACH, dy - gy / curvature));
      float[] m = new float[component.area()];
      add(ModelPsf.image(sigma, dx, dy), 1 / peakValue, m);
      component =
          new Component(
              component.source,
              component.peakX,
              component.peakY,
              component.box,
              m,
              component.spectrum);
    }

    /** The change of the loss with the place. */
    private double slope(double u, double v) {
      float[] difference = new float[component.area()];
      double scale = 1 / (2 * STEP * peakValue);
      add(ModelPsf.image(sigma, dx + u, dy + v), scale, difference);
      add(ModelPsf.image(sigma, dx - u, dy - v), -scale, difference);
      double sum = 0;
      for (int i = 0; i < difference.length; i++) {
        sum += (double) difference[i] * component.gradient[i];
      }
      return sum;
    }

    private void add(ImageD image, double factor, float[] to) {
      Box box = component.box.intersect(limit);
      for (int y = box.y0(), i = 0; y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++, i++) {
          if (image.box().contains(x - component.peakX, y - component.peakY)) {
            to[i] += (float) (factor * image.get(x - component.peakX, y - component.peakY));
          }
        }
      }
    }
  }

  /** Local maxima of the matched filter of the residuals over all bands, in the order of rows. */
  private List<int[]> residualPeaks(BlendScene scene, BlendUnit unit, List<Component> points) {
    Box box = scene.box();
    float[] significance = significance(scene, unit, points);
    boolean[] taken = new boolean[significance.length];
    double apart = APART * blend.fwhm();
    for (Component c : points) {
      take(taken, box, c.peakX, c.peakY, apart);
    }
    List<int[]> out = new ArrayList<>();
    for (int y = box.y0() + 1; y < box.y1() - 1; y++) {
      for (int x = box.x0() + 1; x < box.x1() - 1; x++) {
        int at = (y - box.y0()) * box.width() + x - box.x0();
        if (significance[at] > SIGNIFICANCE
            && !taken[at]
            && isMaximum(significance, at, box.width())) {
          out.add(new int[] {x, y});
          take(taken, box, x, y, apart);
        }
      }
    }
    return out;
  }

  private static boolean isMaximum(float[] values, int at, int width) {
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        if (values[at + dy * width + dx] > values[at]) {
          return false;
        }
      }
    }
    return true;
  }

  private static void take(boolean[] taken, Box box, int px, int py, double radius) {
    int reach = (int) radius;
    for (int y = Math.max(box.y0(), py - reach); y <= Math.min(box.y1() - 1, py + reach); y++) {
      for (int x = Math.max(box.x0(), px - reach); x <= Math.min(box.x1() - 1, px + reach); x++) {
        double dx = x - px;
        double dy = y - py;
        if (dx * dx + dy * dy <= radius * radius) {
          taken[(y - box.y0()) * box.width() + x - box.x0()] = true;
        }
      }
    }
  }

  private float[] significance(BlendScene scene, BlendUnit unit, List<Component> points) {
    Box box = scene.box();
    Convolver convolver = new Convolver(box.width(), box.height(), blend.radius());
    float[] sum = new float[box.area()];
    float[] residual = new float[sum.length];
    double information = 0;
    for (int b = 0; b < scene.bands(); b++) {
      ImageD psf = unit.psfs(blend).get(b);
      scene.renderAll(points, b, residual);
      float[] weight = scene.weight(b);
      for (int i = 0; i < residual.length; i++) {
        residual[i] = weight[i] * (scene.data(b)[i] - residual[i]);
      }
      convolver.correlate(residual, box.width(), box.height(), convolver.kernel(psf), residual);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += residual[i];
      }
      double squares = 0;
      for (double p : psf.toArray()) {
        squares += p * p;
      }
      information += squares / (scene.sigma(b) * scene.sigma(b));
    }
    float scale = (float) (1 / Math.sqrt(information));
    for (int i = 0; i < sum.length; i++) {
      sum[i] *= scale;
    }
    return sum;
  }
}
