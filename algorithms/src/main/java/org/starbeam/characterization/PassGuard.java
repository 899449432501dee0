package org.starbeam.characterization;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.starbeam.image.ClippedStatistics;

/**
 * Whether a PSF that was fitted anew may replace that of an earlier pass (specs/02 section 0.4): it
 * may not when it describes the reserved stars worse by more than two standard deviations of {@link
 * PassQuality#loss}, over resamples of the stars. With fewer than eight stars it may: their robust
 * scatters say nothing.
 */
final class PassGuard {
  private static final int MIN_STARS = 8;
  private static final int RESAMPLES = 200;
  private static final double SIGMAS = 2;

  /** A loss below this is none: the same stars give the same PSF but for rounding. */
  private static final double LEAST_LOSS = 0.01;

  /**
   * @param stars reserved stars that both were judged by
   * @param loss by how much the new one is worse; negative when it is better; NaN without a verdict
   * @param error of the loss
   */
  record Verdict(int stars, double loss, double error) {
    boolean keepsEarlier() {
      return loss > Math.max(LEAST_LOSS, SIGMAS * error);
    }
  }

  private PassGuard() {}

  static Verdict judge(PassQuality fresh, PassQuality earlier, long seed) {
    int[] both =
        IntStream.of(fresh.rows())
            .filter(i -> IntStream.of(earlier.rows()).anyMatch(k -> k == i))
            .toArray();
    if (both.length < MIN_STARS) {
      return new Verdict(both.length, Double.NaN, Double.NaN);
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] losses = new double[RESAMPLES];
    for (int k = 0; k < RESAMPLES; k++) {
      int[] rows =
          IntStream.range(0, both.length).map(i -> both[random.nextInt(both.length)]).toArray();
      losses[k] = fresh.loss(earlier, rows);
    }
    return new Verdict(both.length, fresh.loss(earlier, both), ClippedStatistics.scatter(losses));
  }
}
