package org.starbeam.psf;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Correlations of PSF residuals with distance (Rowe 2010; Jarvis et al. 2016): with de = e_star -
 * e_psf and dT = T_star - T_psf,
 *
 * <pre>
 *   rho1 = (de, de)  rho2 = (e, de)  rho3 = (e dT/T, e dT/T)  rho4 = (de, e dT/T)  rho5 = (e, e dT/T)
 * </pre>
 *
 * where (a, b) is the mean of Re(conj(a_i) b_j) over ordered pairs i != j whose distance lies in
 * the bin. Flat coordinates, unit weights. O(N^2).
 */
public final class RhoStatistics {
  /** A star: position in any unit of angle, ellipticity and size, and their residuals. */
  public record Star(
      double x, double y, double e1, double e2, double de1, double de2, double t, double dT) {}

  /** One bin, distances from lo (inclusive) to hi; correlations are NaN without a pair. */
  public record Bin(double lo, double hi, long pairs, double[] rho) {}

  private RhoStatistics() {}

  /**
   * @param edges ascending edges of the bins
   */
  public static List<Bin> of(List<Star> stars, double[] edges) {
    int bins = edges.length - 1;
    long[] pairs = new long[bins];
    double[][] sums = new double[bins][5];
    for (int i = 0; i < stars.size(); i++) {
      Star a = stars.get(i);
      for (int j = i + 1; j < stars.size(); j++) {
        Star b = stars.get(j);
        int bin = bin(Math.hypot(a.x - b.x, a.y - b.y), edges);
        if (bin >= 0) {
          pairs[bin]++;
          add(a, b, sums[bin]);
          add(b, a, sums[bin]);
        }
      }
    }
    return IntStream.range(0, bins)
        .mapToObj(k -> new Bin(edges[k], edges[k + 1], pairs[k], mean(sums[k], 2 * pairs[k])))
        .toList();
  }

  private static void add(Star a, Star b, double[] s) {
    double wa = a.dT / a.t;
    double wb = b.dT / b.t;
    s[0] += a.de1 * b.de1 + a.de2 * b.de2;
    s[1] += a.e1 * b.de1 + a.e2 * b.de2;
    s[2] += wa * wb * (a.e1 * b.e1 + a.e2 * b.e2);
    s[3] += wb * (a.de1 * b.e1 + a.de2 * b.e2);
    s[4] += wb * (a.e1 * b.e1 + a.e2 * b.e2);
  }

  private static double[] mean(double[] sums, long n) {
    double[] out = new double[sums.length];
    for (int k = 0; k < sums.length; k++) {
      out[k] = n == 0 ? Double.NaN : sums[k] / n;
    }
    return out;
  }

  private static int bin(double r, double[] edges) {
    if (!(r >= edges[0]) || r >= edges[edges.length - 1]) {
      return -1;
    }
    int k = 0;
    while (r >= edges[k + 1]) {
      k++;
    }
    return k;
  }
}
