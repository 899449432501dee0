package org.starbeam.measurement;

import java.util.Arrays;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

/**
 * An image in which the pixels of all sources are replaced by sky noise, so that one source at a
 * time can be put back and measured alone (specs/02 section 5). The noise of a pixel is a Gaussian
 * quantile of a hash of (seed, x, y) times the deviation of the sky there: no state, any order.
 * Mask and variance stay those of the image. Not thread safe.
 */
public final class NeighbourNoise {
  private final MaskedImage original;
  private final MaskedImage working;
  private final ImageF replaced;

  /**
   * @param image background subtracted
   * @param sources all footprints
   * @param seed of the noise
   */
  public NeighbourNoise(MaskedImage image, FootprintSet sources, long seed) {
    original = image;
    replaced = image.image().copy();
    double sky = skyVariance(image, sources);
    for (Footprint footprint : sources.footprints()) {
      int[] runs = footprint.spans().runs();
      for (int i = 0; i < runs.length; i += 3) {
        for (int x = runs[i + 1]; x < runs[i + 2]; x++) {
          double variance = Math.min(sky, image.variance().get(x, runs[i]));
          double sigma = variance > 0 ? Math.sqrt(variance) : 0;
          replaced.set(x, runs[i], (float) (sigma * gaussian(seed, x, runs[i])));
        }
      }
    }
    working = new MaskedImage(replaced.copy(), image.mask(), image.variance());
  }

  /** The image with every source replaced; what {@link #insert} changes. */
  public MaskedImage image() {
    return working;
  }

  /** Puts all light of a footprint back. */
  public void insert(Footprint footprint) {
    copy(footprint, original.image());
  }

  /** Puts the light of one child of a blend back. */
  public void insert(Footprint parent, ImageF child) {
    copy(parent, child);
  }

  /** Puts light on some pixels of a child of a blend back. */
  public void insert(SpanSet pixels, ImageF child) {
    copy(pixels, child);
  }

  /** Takes it out again. */
  public void remove(Footprint footprint) {
    copy(footprint, replaced);
  }

  /** Takes it out again. */
  public void remove(SpanSet pixels) {
    copy(pixels, replaced);
  }

  private void copy(Footprint footprint, ImageF from) {
    copy(footprint.spans(), from);
  }

  private void copy(SpanSet pixels, ImageF from) {
    int[] runs = pixels.runs();
    ImageF to = working.image();
    for (int i = 0; i < runs.length; i += 3) {
      System.arraycopy(
          from.data,
          from.index(runs[i + 1], runs[i]),
          to.data,
          to.index(runs[i + 1], runs[i]),
          runs[i + 2] - runs[i + 1]);
    }
  }

  /** Median variance of the pixels outside all footprints, every fifth of them. */
  private static double skyVariance(MaskedImage image, FootprintSet sources) {
    Box box = image.box();
    boolean[] taken = new boolean[box.area()];
    for (Footprint footprint : sources.footprints()) {
      int[] runs = footprint.spans().runs();
      for (int i = 0; i < runs.length; i += 3) {
        int row = (runs[i] - box.y0()) * box.width() - box.x0();
        Arrays.fill(taken, row + runs[i + 1], row + runs[i + 2], true);
      }
    }
    float[] values = new float[taken.length / 5 + 1];
    int n = 0;
    for (int p = 0; p < taken.length; p += 5) {
      float v = image.variance().get(box.x0() + p % box.width(), box.y0() + p / box.width());
      if (!taken[p] && v > 0 && Float.isFinite(v)) {
        values[n++] = v;
      }
    }
    if (n == 0) {
      return Double.POSITIVE_INFINITY;
    }
    Arrays.sort(values, 0, n);
    return values[n / 2];
  }

  static double gaussian(long seed, int x, int y) {
    long a = mix(seed ^ mix((long) y << 32 ^ (x & 0xffffffffL)));
    long b = mix(a);
    double u = ((a >>> 11) + 1) * 0x1p-53;
    double v = (b >>> 11) * 0x1p-53;
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }

  /** SplitMix64. */
  private static long mix(long z) {
    z += 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
