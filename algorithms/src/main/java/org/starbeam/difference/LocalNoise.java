package org.starbeam.difference;

import org.starbeam.detection.SignificanceMap;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.Selection;

/**
 * Raises the variance of a difference where its noise is larger than it says (specs/03 section
 * 7.8): where the template is made of few visits or ends, where one filter whitens what has no
 * single spectrum, in the rings around saturated stars. The noise is the median absolute value of D
 * / sqrt(V) over squares of {@value #SIDE} pixels, every {@value #STEP} pixels, without what is
 * detected or has no value; the factor between is bilinear. It is 1 where the excess is smaller
 * than three of its errors, and never smaller, so white noise keeps its variance.
 */
final class LocalNoise {
  private static final int STEP = 16;
  private static final int SIDE = 32;
  private static final int LEAST_PIXELS = 150;

  /** Error of the median absolute value of n Gaussian numbers, times the root of n. */
  private static final double SCATTER = 1.17;

  private static final double SIGNIFICANT = 3;

  /** Significance of a point source from which pixels are left out. */
  private static final double DETECTED = 4;

  private static final int UNUSABLE =
      MaskPlanes.NO_DATA | MaskPlanes.NO_DATA_TEMPLATE | MaskPlanes.BAD | MaskPlanes.SAT;

  private final MaskedImage image;
  private final ImageF significance;
  private final int nx;
  private final int ny;
  private final double[] factor;
  private boolean isRaised;

  private LocalNoise(MaskedImage image, SignificanceMap map) {
    this.image = image;
    this.significance = map.significance();
    this.nx = (image.box().width() + STEP - 1) / STEP + 1;
    this.ny = (image.box().height() + STEP - 1) / STEP + 1;
    this.factor = new double[nx * ny];
    float[] values = new float[SIDE * SIDE];
    for (int j = 0; j < ny; j++) {
      for (int i = 0; i < nx; i++) {
        double s = scale(image.box().x0() + i * STEP, image.box().y0() + j * STEP, values);
        isRaised |= s > 1;
        factor[j * nx + i] = s * s;
      }
    }
  }

  /**
   * Raises the variance.
   *
   * @param map significance of point sources in the image
   * @return whether anything was raised, so that the map no longer holds
   */
  static boolean raise(MaskedImage image, SignificanceMap map) {
    LocalNoise noise = new LocalNoise(image, map);
    if (noise.isRaised) {
      noise.apply();
    }
    return noise.isRaised;
  }

  /** Noise over what the variance says in the square around a pixel, 1 when hardly larger. */
  private double scale(int cx, int cy, float[] values) {
    Box square = new Box(cx - SIDE / 2, cy - SIDE / 2, SIDE, SIDE).intersect(image.box());
    int n = 0;
    for (int y = square.y0(); y < square.y1(); y++) {
      for (int x = square.x0(); x < square.x1(); x++) {
        if (isSky(x, y)) {
          double z = image.image().get(x, y) / Math.sqrt(image.variance().get(x, y));
          values[n++] = (float) Math.abs(z);
        }
      }
    }
    if (n < LEAST_PIXELS) {
      return 1;
    }
    double s = ClippedStatistics.MAD_TO_SIGMA * Selection.ofRank(values, n, n / 2);
    return s > 1 + SIGNIFICANT * SCATTER / Math.sqrt(n) ? s : 1;
  }

  private boolean isSky(int x, int y) {
    float variance = image.variance().get(x, y);
    return (image.mask().get(x, y) & UNUSABLE) == 0
        && variance > 0
        && Float.isFinite(variance)
        && Math.abs(significance.get(x, y)) < DETECTED;
  }

  private void apply() {
    Box box = image.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      int j = (y - box.y0()) / STEP;
      double v = (double) (y - box.y0()) / STEP - j;
      for (int x = box.x0(); x < box.x1(); x++) {
        int i = (x - box.x0()) / STEP;
        double u = (double) (x - box.x0()) / STEP - i;
        int at = j * nx + i;
        double low = factor[at] * (1 - u) + factor[at + 1] * u;
        double high = factor[at + nx] * (1 - u) + factor[at + nx + 1] * u;
        image.variance().data[image.variance().index(x, y)] *= (float) (low * (1 - v) + high * v);
      }
    }
  }
}
