package org.starbeam.psf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Correlations of PSF residuals with distance (Rowe 2010; Jarvis et al. 2016; specs/02 section
 * 9.2): with de = e_star - e_psf and dT = T_star - T_psf,
 *
 * <pre>
 *   rho1 = (de, de)  rho2 = (e, de)  rho3 = (e dT/T, e dT/T)  rho4 = (de, e dT/T)  rho5 = (e, e dT/T)
 * </pre>
 *
 * where (a, b) is the mean of Re(conj(a_i) b_j) over ordered pairs i != j whose distance lies in
 * the bin. Flat coordinates, unit weights; stars with a quantity that is not finite do not count.
 * The sums are those of all pairs: two boxes of a k-d tree whose stars are all in the same bin from
 * each other add the product of their totals, the others are divided. Cost between O(N^1.5) and
 * O(N^2): of the pairs whose distance is next to an edge of a bin.
 */
public final class RhoStatistics {
  private static final int LEAF = 16;
  private static final int RHOS = 5;

  /** A star: position in any unit of angle, ellipticity and size, and their residuals. */
  public record Star(
      double x, double y, double e1, double e2, double de1, double de2, double t, double dT) {
    private boolean isFinite() {
      return Double.isFinite(x + y + e1 + e2 + de1 + de2 + dT / t);
    }

    /** de, e and e dT/T. */
    private double[] values() {
      return new double[] {de1, de2, e1, e2, e1 * dT / t, e2 * dT / t};
    }
  }

  /** One bin, distances from lo (inclusive) to hi; correlations are NaN without a pair. */
  public record Bin(double lo, double hi, long pairs, double[] rho) {}

  /**
   * Stars {@code from} to {@code to} of the tree's order, in a box, and the sums of their values.
   */
  private record Node(
      int from,
      int to,
      double x0,
      double x1,
      double y0,
      double y1,
      double[] total,
      @Nullable Node left,
      @Nullable Node right) {
    int size() {
      return to - from;
    }
  }

  private final List<Star> stars;
  private final double[][] values;
  private final double[] edges;
  private final long[] pairs;
  private final double[][] sums;

  private RhoStatistics(List<Star> stars, double[] edges) {
    this.stars = stars;
    this.edges = edges;
    values = new double[stars.size()][];
    pairs = new long[edges.length - 1];
    sums = new double[edges.length - 1][RHOS];
  }

  /**
   * @param edges ascending edges of the bins
   */
  public static List<Bin> of(List<Star> stars, double[] edges) {
    List<Star> finite = new ArrayList<>(stars.stream().filter(Star::isFinite).toList());
    RhoStatistics sums = new RhoStatistics(finite, edges);
    if (!finite.isEmpty()) {
      Node root = sums.node(0, finite.size());
      sums.within(root);
    }
    return sums.bins();
  }

  /** Equal steps in the logarithm, from the first edge to the last. */
  public static double[] logarithmicEdges(double first, double last, int bins) {
    return IntStream.rangeClosed(0, bins)
        .mapToDouble(k -> first * Math.pow(last / first, k / (double) bins))
        .toArray();
  }

  private List<Bin> bins() {
    return IntStream.range(0, pairs.length)
        .mapToObj(k -> new Bin(edges[k], edges[k + 1], pairs[k], mean(sums[k], 2 * pairs[k])))
        .toList();
  }

  private Node node(int from, int to) {
    List<Star> part = stars.subList(from, to);
    double x0 = part.stream().mapToDouble(Star::x).min().orElseThrow();
    double x1 = part.stream().mapToDouble(Star::x).max().orElseThrow();
    double y0 = part.stream().mapToDouble(Star::y).min().orElseThrow();
    double y1 = part.stream().mapToDouble(Star::y).max().orElseThrow();
    if (to - from <= LEAF) {
      double[] total = new double[6];
      for (int i = from; i < to; i++) {
        values[i] = stars.get(i).values();
        addTo(total, values[i]);
      }
      return new Node(from, to, x0, x1, y0, y1, total, null, null);
    }
    part.sort(x1 - x0 > y1 - y0 ? Comparator.comparing(Star::x) : Comparator.comparing(Star::y));
    int middle = (from + to) / 2;
    Node left = node(from, middle);
    Node right = node(middle, to);
    double[] total = left.total.clone();
    addTo(total, right.total);
    return new Node(from, to, x0, x1, y0, y1, total, left, right);
  }

  private static void addTo(double[] total, double[] more) {
    for (int k = 0; k < total.length; k++) {
      total[k] += more[k];
    }
  }

  private void within(Node node) {
    if (node.left == null || node.right == null) {
      for (int i = node.from; i < node.to; i++) {
        for (int j = i + 1; j < node.to; j++) {
          pair(i, j);
        }
      }
    } else {
      within(node.left);
      within(node.right);
      between(node.left, node.right);
    }
  }

  private void between(Node a, Node b) {
    double nearest =
        Math.hypot(
            Math.max(0, Math.max(a.x0 - b.x1, b.x0 - a.x1)),
            Math.max(0, Math.max(a.y0 - b.y1, b.y0 - a.y1)));
    double farthest =
        Math.hypot(Math.max(a.x1 - b.x0, b.x1 - a.x0), Math.max(a.y1 - b.y0, b.y1 - a.y0));
    if (farthest < edges[0] || nearest >= edges[edges.length - 1]) {
      return;
    }
    int bin = bin(nearest);
    if (bin >= 0 && bin == bin(farthest)) {
      pairs[bin] += (long) a.size() * b.size();
      add(a.total, b.total, sums[bin]);
      add(b.total, a.total, sums[bin]);
    } else if (b.left != null && b.right != null && (b.size() >= a.size() || a.left == null)) {
      between(a, b.left);
      between(a, b.right);
    } else if (a.left != null && a.right != null) {
      between(a.left, b);
      between(a.right, b);
    } else {
      for (int i = a.from; i < a.to; i++) {
        for (int j = b.from; j < b.to; j++) {
          pair(i, j);
        }
      }
    }
  }

  private void pair(int i, int j) {
    Star a = stars.get(i);
    Star b = stars.get(j);
    int bin = bin(Math.hypot(a.x - b.x, a.y - b.y));
    if (bin >= 0) {
      pairs[bin]++;
      add(values[i], values[j], sums[bin]);
      add(values[j], values[i], sums[bin]);
    }
  }

  private static void add(double[] a, double[] b, double[] s) {
    s[0] += a[0] * b[0] + a[1] * b[1];
    s[1] += a[2] * b[0] + a[3] * b[1];
    s[2] += a[4] * b[4] + a[5] * b[5];
    s[3] += a[0] * b[4] + a[1] * b[5];
    s[4] += a[2] * b[4] + a[3] * b[5];
  }

  private static double[] mean(double[] sums, long n) {
    double[] out = new double[sums.length];
    for (int k = 0; k < sums.length; k++) {
      out[k] = n == 0 ? Double.NaN : sums[k] / n;
    }
    return out;
  }

  private int bin(double r) {
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
