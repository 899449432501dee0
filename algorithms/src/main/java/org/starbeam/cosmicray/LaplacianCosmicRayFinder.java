package org.starbeam.cosmicray;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

/**
 * Finds cosmic rays by the Laplacian of the image, without a PSF (L.A.Cosmic, van Dokkum 2001, PASP
 * 113, 1420; specs/02 section 1.2): for cross-checks of {@link GradientCosmicRayFinder} and for
 * images that no PSF is known of.
 *
 * <p>L is the Laplacian [0 -1 0; -1 4 -1; 0 -1 0] of the image with every pixel split in 2 x 2, its
 * negative values set to 0, averaged over the four parts. With S = L / (2 sigma), S' = S less its
 * median over 5 x 5 pixels, and the fine structure F = median3 - median7(median3) of the image, a
 * pixel is hit when S' &gt; sigmaClip and S' sigma &gt; objectLimit * F (as the author's program
 * has it; with L for S' sigma, noise on the cores of faint stars is hit). Neighbours of hits are
 * hit where S' &gt; sigmaFraction * sigmaClip. Hits take the median of the other pixels within 5 x
 * 5 and the search is repeated until it finds nothing more.
 *
 * <p>Pixels that are BAD, INTRP, SAT, NO_DATA or not finite, and neighbours of INTRP, are never
 * hit; blocked ones are left out of Laplacian and medians. The image must have its background
 * subtracted; it is not modified. Every pass tests a frozen image, so the result turns and flips
 * with the frame.
 */
public final class LaplacianCosmicRayFinder {
  private static final double LEAST_STRUCTURE = 0.01;
  private static final double WELL_SAMPLED = 3;

  /**
   * @param sigmaClip significance of hits; default 4.5
   * @param sigmaFraction part of it for neighbours of hits; default 0.3
   * @param objectLimit S' sigma over the fine structure; default 2, for a FWHM below 3 pixels 5
   * @param iterations most passes; default 4
   * @param maxFraction more hit pixels than this fraction void the search; default 0.01
   */
  public record Config(
      double sigmaClip,
      double sigmaFraction,
      double objectLimit,
      int iterations,
      double maxFraction)
      implements Serializable {
    /** The defaults for a width of stars in pixels. */
    public static Config forFwhm(double fwhm) {
      return new Config(4.5, 0.3, fwhm < WELL_SAMPLED ? 5 : 2, 4, 0.01);
    }
  }

  private final Config config;

  public LaplacianCosmicRayFinder(Config config) {
    this.config = config;
  }

  /**
   * @param image background-subtracted
   */
  public CosmicRays find(MaskedImage image) {
    SpanSet pixels = new Search(image).run();
    boolean tooMany = pixels.area() > config.maxFraction() * image.box().area();
    return new CosmicRays(tooMany ? List.of() : pixels.parts(), tooMany, pixels.area(), List.of());
  }

  private final class Search {
    private final PaddedFrame frame;
    private final float[] value;
    private final boolean[] hit;
    private final float[] significance;
    private final double[] window = new double[49];

    Search(MaskedImage image) {
      frame = new PaddedFrame(image);
      value = frame.value;
      hit = new boolean[value.length];
      significance = new float[value.length];
    }

    SpanSet run() {
      for (int pass = 0; pass < config.iterations(); pass++) {
        measure();
        if (!merge(grown(seeds()))) {
          break;
        }
        replace();
      }
      return frame.spans(hit);
    }

    /** S of every pixel. */
    private void measure() {
      for (int i = frame.stride; i < value.length - frame.stride; i++) {
        significance[i] = frame.blocked[i] ? 0 : (float) (laplacian(i) / (2 * sigma(i)));
      }
    }

    private double sigma(int i) {
      return Math.sqrt(frame.variance[i]);
    }

    /** L: in each quarter of a pixel its value stands against one neighbour in x and one in y. */
    private double laplacian(int i) {
      double left = drop(i, i - 1);
      double right = drop(i, i + 1);
      double down = drop(i, i - frame.stride);
      double up = drop(i, i + frame.stride);
      double below = Math.max(0, left + down) + Math.max(0, right + down);
      double above = Math.max(0, left + up) + Math.max(0, right + up);
      return 0.25 * (below + above);
    }

    private double drop(int i, int neighbour) {
      return frame.blocked[neighbour] ? 0 : (double) value[i] - value[neighbour];
    }

    private boolean[] seeds() {
      boolean[] seeds = new boolean[value.length];
      for (int i = 0; i < value.length; i++) {
        seeds[i] = isSteep(i, config.sigmaClip()) && isFine(i);
      }
      return seeds;
    }

    private boolean isSteep(int i, double limit) {
      return significance[i] > limit && !frame.untouchable[i] && contrast(i) > limit;
    }

    /** S'. */
    private double contrast(int i) {
      return significance[i] - median(significance, i, 2, false);
    }

    /** Whether a pixel stands out from the fine structure that stars have. */
    private boolean isFine(int i) {
      double[] medians = new double[49];
      int n = 0;
      for (int j : around(i, 3)) {
        if (!frame.blocked[j]) {
          medians[n++] = median(value, j, 1, false);
        }
      }
      double structure = (median(value, i, 1, false) - median(medians, n)) / sigma(i);
      return contrast(i) > config.objectLimit() * Math.max(structure, LEAST_STRUCTURE);
    }

    private boolean[] grown(boolean[] seeds) {
      double limit = config.sigmaFraction() * config.sigmaClip();
      boolean[] out = seeds.clone();
      for (int i = 0; i < seeds.length; i++) {
        if (seeds[i]) {
          for (int j : around(i, 1)) {
            out[j] |= isSteep(j, limit);
          }
        }
      }
      return out;
    }

    /** Adds hits; whether any is new. */
    private boolean merge(boolean[] fresh) {
      boolean isNew = false;
      for (int i = 0; i < hit.length; i++) {
        isNew |= fresh[i] && !hit[i];
        hit[i] |= fresh[i];
      }
      return isNew;
    }

    private void replace() {
      float[] clean = value.clone();
      for (int i = 0; i < hit.length; i++) {
        if (hit[i]) {
          clean[i] = (float) median(value, i, 2, true);
        }
      }
      System.arraycopy(clean, 0, value, 0, value.length);
    }

    /** Median of the usable pixels within a square; 0 without any. */
    private double median(float[] image, int i, int radius, boolean withoutHits) {
      int n = 0;
      for (int j : around(i, radius)) {
        if (!frame.blocked[j] && !(withoutHits && hit[j])) {
          window[n++] = image[j];
        }
      }
      return median(window, n);
    }

    /** Modifies the array. */
    private static double median(double[] values, int n) {
      Arrays.sort(values, 0, n);
      return n == 0 ? 0 : 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    }

    /** Indices of a square that lie in the padded frame. */
    private int[] around(int i, int radius) {
      int side = 2 * radius + 1;
      int[] out = new int[side * side];
      int column = i % frame.stride;
      int n = 0;
      for (int dy = -radius; dy <= radius; dy++) {
        for (int dx = -radius; dx <= radius; dx++) {
          int j = i + dy * frame.stride + dx;
          if (column + dx >= 0 && column + dx < frame.stride && j >= 0 && j < value.length) {
            out[n++] = j;
          }
        }
      }
      return Arrays.copyOf(out, n);
    }
  }
}
