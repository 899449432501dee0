package org.starbeam.calibration;

import com.google.common.primitives.Doubles;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;

/**
 * Level and noise of an amplifier without light, ADU, from bias frames: the level is the median
 * over the frames; the noise is the scatter of differences of frames that follow each other, over
 * sqrt(2), the median over the pairs (specs/01 section 5.2), so that neither the structure of the
 * bias nor one bad frame counts.
 *
 * @param level NaN without frames
 * @param noise NaN without pairs
 * @param noiseError standard deviation of noise
 */
public record ZeroLevel(double level, double noise, double noiseError) {
  private static final ClippedStatistics STATISTICS =
      new ClippedStatistics(ClippedStatistics.Config.noise());

  /** Nothing known: the level counts as 0. */
  public static final ZeroLevel UNKNOWN = new ZeroLevel(Double.NaN, Double.NaN, Double.NaN);

  public double levelOrZero() {
    return Double.isNaN(level) ? 0 : level;
  }

  /** Takes one pair of frames after the other. */
  public static final class Collector {
    private final Box amplifier;
    private final double gain;
    private final List<Double> levels = new ArrayList<>();
    private final List<Double> noises = new ArrayList<>();

    /**
     * @param amplifier its pixels on the detector
     * @param gain what the images are divided by to have ADU
     */
    public Collector(Box amplifier, double gain) {
      this.amplifier = amplifier;
      this.gain = gain;
    }

    /** Adds two frames of the detector; not modified. */
    public void add(MaskedImage first, MaskedImage second) {
      ImageF a = first.image().view(amplifier);
      ImageF b = second.image().view(amplifier);
      levels.add(ClippedStatistics.median(a.toArray()) / gain);
      levels.add(ClippedStatistics.median(b.toArray()) / gain);
      float[] difference = a.toArray();
      float[] other = b.toArray();
      for (int i = 0; i < difference.length; i++) {
        difference[i] -= other[i];
      }
      noises.add(STATISTICS.of(difference).sdClip() / Math.sqrt(2) / gain);
    }

    public ZeroLevel result() {
      if (noises.isEmpty()) {
        return UNKNOWN;
      }
      double noise = ClippedStatistics.median(Doubles.toArray(noises));
      double scatter = noises.size() < 3 ? 0 : ClippedStatistics.scatter(Doubles.toArray(noises));
      double formal = noise / Math.sqrt(2.0 * amplifier.area());
      double error = MEDIAN * Math.max(scatter, formal) / Math.sqrt(noises.size());
      return new ZeroLevel(ClippedStatistics.median(Doubles.toArray(levels)), noise, error);
    }

    /** Error of a median over that of a mean. */
    private static final double MEDIAN = Math.sqrt(Math.PI / 2);
  }
}
