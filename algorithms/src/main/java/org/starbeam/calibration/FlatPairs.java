package org.starbeam.calibration;

import java.util.ArrayList;
import java.util.List;

/**
 * The flat pairs of a detector and its level without light, before the correction of non-linearity:
 * what gains and non-linearity are fitted to.
 *
 * @param detector number of the detector
 * @param exposures names of the two exposures of each pair, in the order of exposure
 * @param light light of each pair, in one unit
 * @param amplifiers in the order of the detector
 */
public record FlatPairs(
    int detector, List<String> exposures, double[] light, List<Amplifier> amplifiers) {
  /**
   * One amplifier.
   *
   * @param name of the amplifier
   * @param zero its level without light
   * @param pairs in the order of {@code exposures}
   */
  public record Amplifier(String name, ZeroLevel zero, List<FlatPair> pairs) {
    public Amplifier {
      pairs = List.copyOf(pairs);
    }

    /** Means and light of the pairs up to the one of largest variance. */
    public List<LinearityFitter.Level> levels(double[] light, int minPixels) {
      boolean[] below = FlatPair.belowTurnoff(pairs, minPixels);
      List<LinearityFitter.Level> out = new ArrayList<>();
      for (int p = 0; p < light.length; p++) {
        if (below[p]) {
          out.add(new LinearityFitter.Level(pairs.get(p).mean(), light[p], 2));
        }
      }
      return out;
    }
  }

  public FlatPairs {
    exposures = List.copyOf(exposures);
    amplifiers = List.copyOf(amplifiers);
  }
}
