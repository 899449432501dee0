package org.starbeam.deblend;

import java.util.Arrays;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.SpanSet;

/**
 * The image of a blend in the frame of the model's PSF and the pixels of it that stand out
 * (specs/04 section 4.2): projected gradients on 1/2 ||D - K * Y||^2 with Y not negative, 0 outside
 * the footprint, in steps of 1 / max |K^|^2.
 */
final class Deconvolver {
  private static final int MIN_ITERATIONS = 10;
  private static final int MAX_ITERATIONS = 100;
  private static final double RELATIVE = 1e-3;

  private final Convolver convolver;
  private final BlendPixels pixels;

  Deconvolver(BlendPixels pixels, int radius) {
    this.pixels = pixels;
    convolver = new Convolver(pixels.box.width(), pixels.box.height(), radius);
  }

  /** The sum over bands of Y / sigma, row by row in the box of the pixels. */
  float[] whitened(List<ImageD> kernels, double[] sigma) {
    float[] sum = new float[pixels.inside.length];
    float[] y = new float[sum.length];
    float[] residual = new float[sum.length];
    for (int b = 0; b < sigma.length; b++) {
      deconvolve(b, kernels.get(b), y, residual);
      float factor = (float) (1 / sigma[b]);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += factor * y[i];
      }
    }
    return sum;
  }

  private void deconvolve(int b, ImageD kernel, float[] y, float[] residual) {
    Box box = pixels.box;
    Convolver.Kernel transform = convolver.kernel(kernel);
    float step = (float) (1 / transform.peak());
    float[] data = pixels.data[b];
    float[] weight = pixels.weight[b];
    for (int i = 0; i < y.length; i++) {
      y[i] = Math.max(0, data[i]);
    }
    double last = Double.POSITIVE_INFINITY;
    for (int n = 0; n < MAX_ITERATIONS; n++) {
      convolver.convolve(y, box.width(), box.height(), transform, residual);
      double loss = 0;
      for (int i = 0; i < y.length; i++) {
        float r = weight[i] > 0 ? residual[i] - data[i] : 0;
        loss += (double) r * r;
        residual[i] = r;
      }
      if (n >= MIN_ITERATIONS && Math.abs(last - loss) < RELATIVE * loss) {
        return;
      }
      last = loss;
      convolver.correlate(residual, box.width(), box.height(), transform, residual);
      for (int i = 0; i < y.length; i++) {
        y[i] = pixels.inside[i] ? Math.max(0, y[i] - step * residual[i]) : 0;
      }
    }
  }

  /**
   * The footprints of the pixels that stand out, 8-connected, in the order of their first pixels;
   * some have no peak.
   *
   * @param image row by row in the box of the pixels
   * @param parent to which they are cut
   * @param threshold that a pixel exceeds
   * @param minArea pixels of the smallest group
   * @param grow pixels by which they are dilated
   * @param peaks pixels that always belong to one
   */
  List<SpanSet> footprints(
      float[] image, SpanSet parent, double threshold, int minArea, double grow, SpanSet peaks) {
    boolean[] map = new boolean[image.length];
    for (int i = 0; i < map.length; i++) {
      map[i] = image[i] > threshold;
    }
    List<SpanSet> large =
        SpanSet.ofMap(map, pixels.box).parts().stream().filter(s -> s.area() >= minArea).toList();
    int[] runs = peaks.runs();
    for (SpanSet each : large) {
      int[] more = each.runs();
      int n = runs.length;
      runs = Arrays.copyOf(runs, n + more.length);
      System.arraycopy(more, 0, runs, n, more.length);
    }
    return SpanSet.ofRuns(runs).grow(grow).intersect(parent).union(peaks).parts();
  }
}
