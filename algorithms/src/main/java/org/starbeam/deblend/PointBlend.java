package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * A crowd of stars: every peak is a point with an amplitude in each band, and so is what sticks out
 * of the residuals afterwards, twice. The additional points keep light from the peaks that is not
 * theirs; they are sources without a peak.
 */
final class PointBlend {
  private static final int ROUNDS = 2;
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
        new BlendScene(
            pixels.box, pixels.data, pixels.weight, blend.sigma(), unit.kernels(blend));
    List<Component> points = new ArrayList<>();
    for (int p : unit.peaks()) {
      Peak peak = blend.peaks().get(p);
      points.add(
          BlendSolver.point(p, peak.x(), peak.y(), pixels.box, blend.modelSigma(), bands));
    }
    SpectrumFit.fit(scene, points);
    for (int round = 0; round < ROUNDS; round++) {
      List<int[]> more = residualPeaks(scene, unit, points);
      if (more.isEmpty()) {
        break;
      }
      for (int[] p : more) {
        points.add(BlendSolver.point(-1, p[0], p[1], pixels.box, blend.modelSigma(), bands));
      }
      SpectrumFit.fit(scene, points);
    }
    unit.solved(points, 0, scene.loss(points), true);
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
      convolver.correlate(
          residual, box.width(), box.height(), convolver.kernel(psf), residual);
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
