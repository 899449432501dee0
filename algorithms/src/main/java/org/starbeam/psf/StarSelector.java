package org.starbeam.psf;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.starbeam.image.ClippedStatistics;

/**
 * Chooses the stars that may shape the PSF (specs/02 section 6.1): bright, clean, alone, and of the
 * size of a star. The size locus starts at the half-sample mode of the sizes of the brightest 40 %
 * and becomes a linear function of place. Where a reference catalogue names the stars, only those
 * are taken and the locus rejects outliers among them. O(n log n + n x neighbours).
 */
public final class StarSelector {
  /**
   * @param minSnr signal-to-noise that a star needs; lowered to 30 and 20 while there are fewer
   *     than {@code enough}
   * @param maxSnr brighter ones are left out
   * @param enough number of stars that suffices
   * @param locusWidth half-width of the size locus in robust deviations
   * @param locusFloor least deviation, as a share of the size
   * @param nearRadius radius without a neighbour of more than {@code nearFlux}, pixels
   * @param nearFlux share of the star's flux
   * @param farRadius radius without a neighbour of more than {@code farFlux}, pixels
   * @param farFlux share of the star's flux
   * @param minMatched matched stars needed to trust the reference catalogue alone
   */
  public record Config(
      double minSnr,
      double maxSnr,
      int enough,
      double locusWidth,
      double locusFloor,
      double nearRadius,
      double nearFlux,
      double farRadius,
      double farFlux,
      int minMatched)
      implements Serializable {
    public static Config defaults() {
      return new Config(50, 1000, 30, 2.5, 0.02, 15, 0.02, 25, 0.2, 15);
    }
  }

  /**
   * A source of the frame; all sources must be given, for the neighbours.
   *
   * @param flux any flux, in the same units for all
   * @param snr its signal-to-noise
   * @param size sqrt((Ixx + Iyy) / 2) in pixels
   * @param clean no flag forbids it: saturated, at the edge, cosmic ray, blend, failed moments
   * @param matched the reference catalogue has a star there
   */
  public record Candidate(
      double x, double y, double flux, double snr, double size, boolean clean, boolean matched) {}

  /**
   * @param indices of the chosen candidates, ascending
   * @param size of the locus at the centre of gravity of the stars
   * @param byMatch whether the reference catalogue named the stars
   */
  public record Selection(int[] indices, double size, boolean byMatch) {}

  private static final double[] LOWER_SNR = {1, 0.6, 0.4};
  private static final double BRIGHT_FRACTION = 0.4;
  private static final int LOCUS_ROUNDS = 3;

  private final Config config;

  public StarSelector(Config config) {
    this.config = config;
  }

  /** The stars among all sources of a frame; empty when there is none. */
  public Selection select(List<Candidate> all) {
    boolean[] isolated = isolated(all);
    long matched = count(all, isolated, config.minSnr * LOWER_SNR[2], true);
    boolean byMatch = matched >= config.minMatched;
    Selection best = new Selection(new int[0], Double.NaN, byMatch);
    for (double lower : LOWER_SNR) {
      best = select(all, isolated, config.minSnr * lower, byMatch);
      if (best.indices.length >= config.enough) {
        break;
      }
    }
    return best;
  }

  /**
   * The matched stars of a frame whose names are known to be good, from other frames: only what
   * this frame's flags, noise and neighbours say counts, not the size.
   *
   * @return indices, ascending
   */
  public int[] selectMatched(List<Candidate> all) {
    boolean[] isolated = isolated(all);
    int[] best = new int[0];
    for (double lower : LOWER_SNR) {
      best =
          java.util.stream.IntStream.range(0, all.size())
              .filter(
                  i -> {
                    Candidate c = all.get(i);
                    return isolated[i]
                        && c.matched
                        && c.clean
                        && c.snr >= config.minSnr * lower
                        && c.snr <= config.maxSnr;
                  })
              .toArray();
      if (best.length >= config.enough) {
        break;
      }
    }
    return best;
  }

  private Selection select(
      List<Candidate> all, boolean[] isolated, double minSnr, boolean byMatch) {
    int[] pool = new int[all.size()];
    int n = 0;
    for (int i = 0; i < all.size(); i++) {
      Candidate c = all.get(i);
      if (isolated[i]
          && c.clean
          && c.snr >= minSnr
          && c.snr <= config.maxSnr
          && c.size > 0
          && (c.matched || !byMatch)) {
        pool[n++] = i;
      }
    }
    return locus(all, Arrays.copyOf(pool, n), byMatch);
  }

  private Selection locus(List<Candidate> all, int[] pool, boolean byMatch) {
    if (pool.length == 0) {
      return new Selection(pool, Double.NaN, byMatch);
    }
    double[] bright =
        Arrays.stream(pool)
            .boxed()
            .sorted(
                Comparator.comparingDouble((Integer i) -> -all.get(i).flux)
                    .thenComparing(Comparator.naturalOrder()))
            .limit(Math.max(Math.min(pool.length, 10), (int) (BRIGHT_FRACTION * pool.length)))
            .mapToDouble(i -> all.get(i).size)
            .sorted()
            .toArray();
    double mode = byMatch ? ClippedStatistics.median(bright) : halfSampleMode(bright);
    Plane plane = Plane.constant(mode);
    int[] chosen = inside(all, pool, plane, 0.05 * mode);
    for (int round = 0; round < LOCUS_ROUNDS; round++) {
      if (chosen.length < 3) {
        break;
      }
      plane = Plane.fit(all, chosen);
      double spread = Math.max(spread(all, chosen, plane), config.locusFloor * mode);
      chosen = inside(all, pool, plane, spread);
    }
    return new Selection(chosen, plane.centre, byMatch);
  }

  private int[] inside(List<Candidate> all, int[] pool, Plane plane, double spread) {
    return Arrays.stream(pool)
        .filter(
            i -> {
              Candidate c = all.get(i);
              double expected = plane.at(c.x, c.y);
              double width = Math.hypot(spread, expected / c.snr);
              return Math.abs(c.size - expected) < config.locusWidth * width;
            })
        .toArray();
  }

  private static double spread(List<Candidate> all, int[] chosen, Plane plane) {
    double[] absolute =
        Arrays.stream(chosen)
            .mapToDouble(i -> Math.abs(all.get(i).size - plane.at(all.get(i).x, all.get(i).y)))
            .toArray();
    return ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(absolute);
  }

  private long count(List<Candidate> all, boolean[] isolated, double minSnr, boolean matched) {
    long n = 0;
    for (int i = 0; i < isolated.length; i++) {
      Candidate c = all.get(i);
      n += isolated[i] && c.clean && c.snr >= minSnr && c.matched == matched ? 1 : 0;
    }
    return n;
  }

  private boolean[] isolated(List<Candidate> all) {
    int n = all.size();
    Integer[] byX = new Integer[n];
    for (int i = 0; i < n; i++) {
      byX[i] = i;
    }
    Arrays.sort(byX, Comparator.comparingDouble((Integer i) -> all.get(i).x).thenComparing(i -> i));
    boolean[] out = new boolean[n];
    Arrays.fill(out, true);
    for (int a = 0; a < n; a++) {
      for (int b = a + 1; b < n; b++) {
        Candidate p = all.get(byX[a]);
        Candidate q = all.get(byX[b]);
        if (q.x - p.x > config.farRadius) {
          break;
        }
        double distance = Math.hypot(p.x - q.x, p.y - q.y);
        out[byX[a]] &= !disturbs(p, q, distance);
        out[byX[b]] &= !disturbs(q, p, distance);
      }
    }
    return out;
  }

  private boolean disturbs(Candidate star, Candidate neighbour, double distance) {
    return (distance < config.nearRadius && neighbour.flux > config.nearFlux * star.flux)
        || (distance < config.farRadius && neighbour.flux > config.farFlux * star.flux);
  }

  /** Mode of sorted values: the densest half, of that the densest half, and so on. */
  public static double halfSampleMode(double[] sorted) {
    int from = 0;
    int n = sorted.length;
    while (n > 3) {
      int half = (n + 1) / 2;
      int best = from;
      for (int i = from; i + half <= from + n; i++) {
        if (sorted[i + half - 1] - sorted[i] < sorted[best + half - 1] - sorted[best]) {
          best = i;
        }
      }
      from = best;
      n = half;
    }
    if (n == 3) {
      double low = sorted[from + 1] - sorted[from];
      double high = sorted[from + 2] - sorted[from + 1];
      return low < high
          ? 0.5 * (sorted[from] + sorted[from + 1])
          : low > high ? 0.5 * (sorted[from + 1] + sorted[from + 2]) : sorted[from + 1];
    }
    return n == 2 ? 0.5 * (sorted[from] + sorted[from + 1]) : sorted[from];
  }

  /** size = centre + gx (x - x0) + gy (y - y0). */
  private record Plane(double centre, double gx, double gy, double x0, double y0) {
    static Plane constant(double value) {
      return new Plane(value, 0, 0, 0, 0);
    }

    double at(double x, double y) {
      return centre + gx * (x - x0) + gy * (y - y0);
    }

    /** Least squares; a constant with fewer than ten stars. */
    static Plane fit(List<Candidate> all, int[] chosen) {
      double x0 = 0;
      double y0 = 0;
      double mean = 0;
      for (int i : chosen) {
        x0 += all.get(i).x / chosen.length;
        y0 += all.get(i).y / chosen.length;
        mean += all.get(i).size / chosen.length;
      }
      double[] s = new double[5];
      for (int i : chosen) {
        double dx = all.get(i).x - x0;
        double dy = all.get(i).y - y0;
        double ds = all.get(i).size - mean;
        s[0] += dx * dx;
        s[1] += dx * dy;
        s[2] += dy * dy;
        s[3] += dx * ds;
        s[4] += dy * ds;
      }
      double det = s[0] * s[2] - s[1] * s[1];
      if (chosen.length < 10 || !(det > 1e-6 * s[0] * s[2])) {
        return new Plane(mean, 0, 0, x0, y0);
      }
      return new Plane(
          mean, (s[2] * s[3] - s[1] * s[4]) / det, (s[0] * s[4] - s[1] * s[3]) / det, x0, y0);
    }
  }
}
