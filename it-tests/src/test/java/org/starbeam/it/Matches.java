package org.starbeam.it;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Clean true stars matched to the nearest measured source of the same frame within half an
 * arcsecond.
 */
final class Matches {
  private static final double RADIUS_DEG = 0.5 / 3600;

  private final Truth truth;
  private final double[][] rows;
  private final List<int[]> pairs = new ArrayList<>();

  /**
   * @param rows columns visit, detector, ra, dec, flux, flux error
   */
  Matches(Truth truth, double[][] rows) {
    this.truth = truth;
    this.rows = rows;
    Map<String, List<Integer>> byFrame = new HashMap<>();
    for (int r = 0; r < rows[0].length; r++) {
      byFrame
          .computeIfAbsent((long) rows[0][r] + "/" + (long) rows[1][r], k -> new ArrayList<>())
          .add(r);
    }
    for (int i = 0; i < truth.size(); i++) {
      List<Integer> frame = byFrame.get(truth.visit()[i] + "/" + truth.detector()[i]);
      if (frame != null && truth.isCleanStar(i)) {
        int row = nearest(i, frame);
        if (row >= 0) {
          pairs.add(new int[] {i, row});
        }
      }
    }
  }

  private int nearest(int i, List<Integer> frame) {
    int best = -1;
    double smallest = RADIUS_DEG;
    for (int r : frame) {
      double d = Math.hypot(deltaRa(i, r), rows[3][r] - truth.dec()[i]);
      if (d < smallest) {
        smallest = d;
        best = r;
      }
    }
    return best;
  }

  private double deltaRa(int i, int r) {
    return (rows[2][r] - truth.ra()[i]) * Math.cos(Math.toRadians(truth.dec()[i]));
  }

  double[] fluxErrors(double minSnr, double maxSnr) {
    return select(minSnr, maxSnr)
        .mapToDouble(p -> rows[4][p[1]] / truth.flux()[p[0]] - 1)
        .toArray();
  }

  double[] pulls(double minSnr, double maxSnr) {
    return select(minSnr, maxSnr)
        .mapToDouble(p -> (rows[4][p[1]] - truth.flux()[p[0]]) / rows[5][p[1]])
        .toArray();
  }

  double[] deltaRaMas(double minSnr, double maxSnr) {
    return select(minSnr, maxSnr).mapToDouble(p -> deltaRa(p[0], p[1]) * 3.6e6).toArray();
  }

  double[] deltaDecMas(double minSnr, double maxSnr) {
    return select(minSnr, maxSnr)
        .mapToDouble(p -> (rows[3][p[1]] - truth.dec()[p[0]]) * 3.6e6)
        .toArray();
  }

  private java.util.stream.Stream<int[]> select(double minSnr, double maxSnr) {
    return pairs.stream().filter(p -> truth.snr()[p[0]] > minSnr && truth.snr()[p[0]] <= maxSnr);
  }
}
