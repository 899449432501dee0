package org.starbeam.isr;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;

/**
 * Takes the crosstalk of the other amplifiers out of each amplifier (specs/01 section 4.6). All
 * amplifiers are in read order, whole raw images with overscans, so that pixels with the same index
 * were read at the same time. One pass from the uncorrected images:
 *
 * <pre>target -= sum over s of c[s][t] I_s + q[s][t] I_s^2</pre>
 *
 * <p>Pixels where the subtrahend differs from its median by at least the threshold get CROSSTALK,
 * with SUSPECT where a saturated source contributes more than three times the noise. Source planes
 * never reach the target. Cost: one product of amplifiers x amplifiers per pixel position.
 */
public final class CrosstalkCorrector {
  /**
   * @param maskThreshold subtrahend beyond its median from which CROSSTALK is set, in image units;
   *     1 electron (specs/01 section 4.6)
   */
  public record Config(double maskThreshold) implements Serializable {
    public static Config defaults() {
      return new Config(1.0);
    }
  }

  private final Config config;

  public CrosstalkCorrector(Config config) {
    this.config = config;
  }

  /**
   * Corrects the images in place.
   *
   * @param images one per amplifier, same size; null where there is none
   * @param masks masks of the images, or null entries; SAT is read, CROSSTALK and SUSPECT are set
   * @param matrix in the units of the images
   * @param noise standard deviation of each amplifier's pixels, for SUSPECT
   * @return largest absolute subtrahend beyond the median, per amplifier
   */
  public double[] correct(
      List<@Nullable ImageF> images,
      List<@Nullable MaskI> masks,
      CrosstalkMatrix matrix,
      double[] noise) {
    int n = images.size();
    double[] largest = new double[n];
    float[][] subtrahends = new float[n][];
    for (int target = 0; target < n; target++) {
      if (images.get(target) != null) {
        subtrahends[target] = subtrahend(images, matrix, target);
      }
    }
    for (int target = 0; target < n; target++) {
      ImageF image = images.get(target);
      if (image == null) {
        continue;
      }
      float[] s = subtrahends[target];
      for (int i = 0; i < s.length; i++) {
        image.data[i] -= s[i];
      }
      MaskI mask = masks.get(target);
      if (mask != null) {
        largest[target] = mark(mask, s);
        markSaturated(mask, masks, images, matrix, target, noise[target]);
      }
    }
    return largest;
  }

  private static float[] subtrahend(
      List<@Nullable ImageF> images, CrosstalkMatrix matrix, int target) {
    ImageF own = images.get(target);
    float[] out = new float[own == null ? 0 : own.data.length];
    for (int source = 0; source < images.size(); source++) {
      ImageF image = images.get(source);
      float c = (float) matrix.linear(source, target);
      float q = (float) matrix.quadratic(source, target);
      if (image == null || (c == 0 && q == 0)) {
        continue;
      }
      float[] v = image.data;
      if (q == 0) {
        for (int i = 0; i < out.length; i++) {
          out[i] += c * v[i];
        }
      } else {
        for (int i = 0; i < out.length; i++) {
          out[i] += v[i] * (c + q * v[i]);
        }
      }
    }
    return out;
  }

  private double mark(MaskI mask, float[] s) {
    float median = (float) ClippedStatistics.median(s);
    float threshold = (float) config.maskThreshold();
    float largest = 0;
    for (int i = 0; i < s.length; i++) {
      float excess = Math.abs(s[i] - median);
      if (excess >= threshold) {
        mask.data[i] |= MaskPlanes.CROSSTALK;
        largest = Math.max(largest, excess);
      }
    }
    return largest;
  }

  private static void markSaturated(
      MaskI target,
      List<@Nullable MaskI> masks,
      List<@Nullable ImageF> images,
      CrosstalkMatrix matrix,
      int index,
      double noise) {
    for (int source = 0; source < masks.size(); source++) {
      MaskI mask = masks.get(source);
      ImageF image = images.get(source);
      double c = Math.abs(matrix.linear(source, index));
      if (mask == null || image == null || c == 0) {
        continue;
      }
      for (int i = 0; i < mask.data.length; i++) {
        if ((mask.data[i] & MaskPlanes.SAT) != 0 && c * image.data[i] > 3 * noise) {
          target.data[i] |= MaskPlanes.CROSSTALK | MaskPlanes.SUSPECT;
        }
      }
    }
  }
}
