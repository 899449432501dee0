package org.starbeam.isr;

import java.util.List;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;

/**
 * Level of the electronics of amplifiers that have no overscan, from the sky in them: the sky is
 * known by its noise, because photons are counted.
 *
 * <pre>
 * sky   = (g sd)^2 - R^2          [electrons], the median over the amplifiers
 * level = median - sky / g        [ADU]
 * </pre>
 *
 * with gain g [electrons per ADU], read noise R [electrons] and sd the scatter of differences of
 * horizontal neighbours over sqrt 2, clipped and corrected for the clipping [ADU]; sources and
 * gradients drop out. One sky for all amplifiers leaves no step between them. An error of the gain
 * moves the sky by twice its relative size, and a wrong read noise by its square: good for the
 * variance, no substitute for a bias frame. A negative sky (a read noise that is too large) counts
 * as none.
 */
final class NoiseLevel {
  private static final ClippedStatistics NOISE =
      new ClippedStatistics(ClippedStatistics.Config.noise());

  /**
   * @param data pixels that saw light, ADU
   * @param gain electrons per ADU
   * @param readNoise electrons
   */
  record Channel(ImageF data, double gain, double readNoise) {
    double skyElectrons() {
      int width = data.width() - 1;
      float[] differences = new float[width * data.height()];
      for (int y = 0; y < data.height(); y++) {
        int row = data.offset + y * data.stride;
        for (int x = 0; x < width; x++) {
          differences[y * width + x] = data.data[row + x + 1] - data.data[row + x];
        }
      }
      double sd = NOISE.of(differences).sdClip() / Math.sqrt(2);
      return Math.max(0, gain * sd * gain * sd - readNoise * readNoise);
    }
  }

  private NoiseLevel() {}

  /** Level of each amplifier, ADU. */
  static double[] of(List<Channel> channels) {
    double[] levels = new double[channels.size()];
    if (levels.length == 0) {
      return levels;
    }
    double sky =
        ClippedStatistics.median(channels.stream().mapToDouble(Channel::skyElectrons).toArray());
    for (int i = 0; i < levels.length; i++) {
      Channel c = channels.get(i);
      levels[i] = ClippedStatistics.median(c.data.toArray()) - sky / c.gain;
    }
    return levels;
  }
}
