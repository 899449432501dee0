package org.starbeam.repeatability;

import java.util.Arrays;
import java.util.List;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;

/**
 * Repeatability of the separations of stars (LSST SRD, LPM-17; specs/07 section 11.1): the median
 * over pairs of the sample standard deviation (AM), and how many single separations are how far
 * from the median of their pair (AF, AD). Where there are more pairs than wanted, those with the
 * lowest hash of their ids are taken, and all that share the last hash. Cost O(pairs in the
 * annulus).
 *
 * @param scatter median over the pairs, mas
 * @param deviations of single separations, mas, of pairs seen three times and more
 */
public record AstrometricScatter(Median scatter, Deviations deviations) {
  private static final int FEWEST_FOR_DEVIATIONS = 3;
  private static final double MAS = 1000;

  /**
   * A star without its motion.
   *
   * @param visits in which it was seen, ascending
   */
  public record Track(long id, long[] visits, double[] raDeg, double[] decDeg) {
    SkyPoint mean() {
      double[] sum = new double[3];
      for (int i = 0; i < visits.length; i++) {
        double[] v = Angles.vector(raDeg[i], decDeg[i]);
        for (int k = 0; k < 3; k++) {
          sum[k] += v[k];
        }
      }
      return Angles.direction(sum);
    }
  }

  /**
   * @param tracks with ascending ids
   * @param innerArcmin nearest pairs
   * @param outerArcmin farthest pairs
   * @param maxPairs how many are looked at
   */
  public static AstrometricScatter of(
      List<Track> tracks, double innerArcmin, double outerArcmin, int maxPairs) {
    Pairs pairs = pairs(tracks, innerArcmin, outerArcmin, maxPairs);
    double[] scatter = new double[pairs.size];
    double[] away = new double[64];
    int nScatter = 0;
    int nAway = 0;
    for (int p = 0; p < pairs.size; p++) {
      double[] separation = separations(tracks.get(pairs.first[p]), tracks.get(pairs.second[p]));
      if (separation.length >= 2) {
        scatter[nScatter++] = PhotometricScatter.sampleDeviation(separation);
      }
      if (separation.length >= FEWEST_FOR_DEVIATIONS) {
        double middle = ClippedStatistics.median(separation);
        if (nAway + separation.length > away.length) {
          away = Arrays.copyOf(away, 2 * (nAway + separation.length));
        }
        for (double s : separation) {
          away[nAway++] = Math.abs(s - middle);
        }
      }
    }
    return new AstrometricScatter(
        Median.of(Arrays.copyOf(scatter, nScatter)), new Deviations(Arrays.copyOf(away, nAway)));
  }

  private static Pairs pairs(
      List<Track> tracks, double innerArcmin, double outerArcmin, int maxPairs) {
    int n = tracks.size();
    double[] ra = new double[n];
    double[] dec = new double[n];
    for (int i = 0; i < n; i++) {
      SkyPoint mean = tracks.get(i).mean();
      ra[i] = mean.raDeg();
      dec[i] = mean.decDeg();
    }
    Pairs pairs = new Pairs(maxPairs);
    if (n == 0) {
      return pairs;
    }
    SphereIndex index = new SphereIndex(ra, dec, outerArcmin * 60);
    for (int i = 0; i < n; i++) {
      for (int j : index.within(index.vector(i), outerArcmin * 60)) {
        if (j > i && Angles.separationArcsec(ra[i], dec[i], ra[j], dec[j]) >= innerArcmin * 60) {
          pairs.add(rank(tracks.get(i).id, tracks.get(j).id), i, j);
        }
      }
    }
    pairs.keepLowest();
    return pairs;
  }

  private static long rank(long a, long b) {
    long z = a ^ Long.rotateLeft(b, 1);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Separations in the visits that saw both, mas. */
  private static double[] separations(Track a, Track b) {
    double[] out = new double[Math.min(a.visits.length, b.visits.length)];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < a.visits.length && j < b.visits.length) {
      int order = Long.compare(a.visits[i], b.visits[j]);
      if (order == 0) {
        out[n++] = MAS * Angles.separationArcsec(a.raDeg[i], a.decDeg[i], b.raDeg[j], b.decDeg[j]);
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return Arrays.copyOf(out, n);
  }

  /** The pairs of lowest rank so far, at most twice as many as are wanted. */
  private static final class Pairs {
    private final int wanted;
    private long[] rank = new long[64];
    private int[] first = new int[64];
    private int[] second = new int[64];
    private int size;
    private long limit = Long.MAX_VALUE;

    Pairs(int wanted) {
      this.wanted = wanted;
    }

    void add(long pairRank, int i, int j) {
      if (pairRank > limit) {
        return;
      }
      if (size == rank.length) {
        rank = Arrays.copyOf(rank, 2 * size);
        first = Arrays.copyOf(first, 2 * size);
        second = Arrays.copyOf(second, 2 * size);
      }
      rank[size] = pairRank;
      first[size] = i;
      second[size++] = j;
      if (size >= 2L * wanted) {
        keepLowest();
      }
    }

    void keepLowest() {
      if (size <= wanted) {
        return;
      }
      long[] sorted = Arrays.copyOf(rank, size);
      Arrays.sort(sorted);
      limit = sorted[wanted - 1];
      int kept = 0;
      for (int p = 0; p < size; p++) {
        if (rank[p] <= limit) {
          rank[kept] = rank[p];
          first[kept] = first[p];
          second[kept++] = second[p];
        }
      }
      size = kept;
    }
  }
}
