package org.starbeam.sky;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Points on the sphere in cubes of their unit vectors, for searches within a few arcsec anywhere,
 * poles and RA 0 included. Distances are chords in arcsec. Found indices are in ascending order.
 * Immutable; building costs O(n log n), a search O(points found + log n).
 */
public final class SphereIndex {
  private static final double ARCSEC = Math.toRadians(1 / 3600.0);

  private final double[][] vectors;
  private final double cell;
  private final long[] keys;
  private final int[] order;

  /**
   * @param cellArcsec about the radius of the searches
   */
  public SphereIndex(double[] raDeg, double[] decDeg, double cellArcsec) {
    int n = raDeg.length;
    cell = Math.max(cellArcsec, 2) * ARCSEC;
    vectors = new double[n][];
    long[][] pairs = new long[n][];
    for (int i = 0; i < n; i++) {
      vectors[i] = Angles.vector(raDeg[i], decDeg[i]);
      pairs[i] = new long[] {key(vectors[i], 0, 0, 0), i};
    }
    Arrays.sort(
        pairs, (a, b) -> a[0] != b[0] ? Long.compare(a[0], b[0]) : Long.compare(a[1], b[1]));
    keys = new long[n];
    order = new int[n];
    for (int k = 0; k < n; k++) {
      keys[k] = pairs[k][0];
      order[k] = (int) pairs[k][1];
    }
  }

  private long key(double[] v, int dx, int dy, int dz) {
    return (coordinate(v[0], dx) << 40) + (coordinate(v[1], dy) << 20) + coordinate(v[2], dz);
  }

  private long coordinate(double value, int step) {
    return (long) Math.floor((value + 1) / cell) + 1 + step;
  }

  /** Unit vector of a point. */
  public double[] vector(int i) {
    return vectors[i];
  }

  /** Chord between two unit vectors, arcsec. */
  public static double chordArcsec(double[] a, double[] b) {
    double dx = a[0] - b[0];
    double dy = a[1] - b[1];
    double dz = a[2] - b[2];
    return Math.sqrt(dx * dx + dy * dy + dz * dz) / ARCSEC;
  }

  /** Indices of the points within a radius, which is at most the size of a cell. */
  public int[] within(double[] v, double radiusArcsec) {
    if (radiusArcsec * ARCSEC > cell * (1 + 1e-12)) {
      throw new IllegalArgumentException("radius " + radiusArcsec + " is larger than a cell");
    }
    int[] out = new int[4];
    int n = 0;
    for (int dx = -1; dx <= 1; dx++) {
      for (int dy = -1; dy <= 1; dy++) {
        for (int dz = -1; dz <= 1; dz++) {
          long key = key(v, dx, dy, dz);
          for (int k = first(key); k < keys.length && keys[k] == key; k++) {
            if (chordArcsec(vectors[order[k]], v) <= radiusArcsec) {
              out = n == out.length ? Arrays.copyOf(out, 2 * n) : out;
              out[n++] = order[k];
            }
          }
        }
      }
    }
    out = Arrays.copyOf(out, n);
    Arrays.sort(out);
    return out;
  }

  /**
   * The nearest point within a radius, which is at most the size of a cell (the smallest index of
   * equals); -1 when there is none.
   */
  public int nearest(double raDeg, double decDeg, double radiusArcsec) {
    double[] v = Angles.vector(raDeg, decDeg);
    int best = -1;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i : within(v, radiusArcsec)) {
      double distance = chordArcsec(vectors[i], v);
      if (distance < smallest) {
        smallest = distance;
        best = i;
      }
    }
    return best;
  }

  /** Unit vector along the sum of the vectors of points, added in their order. */
  public double[] mean(int[] points) {
    double[] sum = new double[3];
    for (int i : points) {
      for (int k = 0; k < 3; k++) {
        sum[k] += vectors[i][k];
      }
    }
    double norm = Math.sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    return new double[] {sum[0] / norm, sum[1] / norm, sum[2] / norm};
  }

  /**
   * Connected components of all points, where points within a radius are linked; the radius is at
   * most the size of a cell.
   *
   * @return ascending indices of each, by their smallest
   */
  public List<int[]> components(double radiusArcsec) {
    int[] parent = new int[vectors.length];
    Arrays.setAll(parent, i -> i);
    for (int i = 0; i < parent.length; i++) {
      for (int j : within(vectors[i], radiusArcsec)) {
        if (j > i) {
          int a = root(parent, i);
          int b = root(parent, j);
          parent[Math.max(a, b)] = Math.min(a, b);
        }
      }
    }
    Map<Integer, List<Integer>> byRoot = new TreeMap<>();
    for (int i = 0; i < parent.length; i++) {
      byRoot.computeIfAbsent(root(parent, i), r -> new ArrayList<>()).add(i);
    }
    return byRoot.values().stream()
        .map(m -> m.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }

  private static int root(int[] parent, int i) {
    int r = i;
    while (parent[r] != r) {
      parent[r] = parent[parent[r]];
      r = parent[r];
    }
    return r;
  }

  private int first(long key) {
    int low = 0;
    int high = keys.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (keys[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
