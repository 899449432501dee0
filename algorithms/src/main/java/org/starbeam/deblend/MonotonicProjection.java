package org.starbeam.deblend;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The weighted monotone projection (specs/04 section 4.5): pixels are visited outwards from the
 * centre by (distance, y, x), and none stays above the mean of its neighbours that are strictly
 * nearer to the centre, weighted by |cos| of the difference of the polar angles, 1 for the centre
 * itself. Neighbours beyond the image count as 0.
 *
 * <p>Order and weights are tables of a square about the centre, made once per size. One pass, O(9
 * N); a second pass changes nothing.
 */
final class MonotonicProjection {
  private static final int RADIUS = 100;
  private static final ConcurrentMap<Integer, MonotonicProjection> TABLES =
      new ConcurrentHashMap<>();

  private final int radius;
  private final short[] dx;
  private final short[] dy;
  private final int[] first;
  private final byte[] neighbour;
  private final float[] weight;

  private MonotonicProjection(int radius) {
    this.radius = radius;
    int side = 2 * radius + 1;
    long[] keys = new long[side * side];
    for (int y = -radius; y <= radius; y++) {
      for (int x = -radius; x <= radius; x++) {
        long square = (long) x * x + (long) y * y;
        keys[(y + radius) * side + x + radius] =
            square << 32 | (long) (y + radius) << 16 | (x + radius);
      }
    }
    Arrays.sort(keys);
    dx = new short[keys.length];
    dy = new short[keys.length];
    first = new int[keys.length + 1];
    byte[] neighbours = new byte[8 * keys.length];
    float[] weights = new float[8 * keys.length];
    int n = 0;
    for (int i = 0; i < keys.length; i++) {
      dx[i] = (short) ((keys[i] & 0xffff) - radius);
      dy[i] = (short) ((keys[i] >> 16 & 0xffff) - radius);
      n = inner(dx[i], dy[i], neighbours, weights, n);
      first[i + 1] = n;
    }
    neighbour = Arrays.copyOf(neighbours, n);
    weight = Arrays.copyOf(weights, n);
  }

  private static int inner(int x, int y, byte[] neighbours, float[] weights, int start) {
    int n = start;
    double sum = 0;
    double[] raw = new double[8];
    for (int k = 0; k < 9; k++) {
      int u = x + k % 3 - 1;
      int v = y + k / 3 - 1;
      if (u * u + v * v < x * x + y * y) {
        double w =
            u == 0 && v == 0
                ? 1
                : Math.abs(x * u + y * v)
                    / Math.sqrt((double) (x * x + y * y) * (double) (u * u + v * v));
        neighbours[n] = (byte) k;
        raw[n - start] = w;
        sum += w;
        n++;
      }
    }
    for (int i = start; i < n; i++) {
      weights[i] = (float) (raw[i - start] / sum);
    }
    return n;
  }

  /** The tables for images that reach this far from the centre. */
  static MonotonicProjection reaching(int reach) {
    int radius = RADIUS;
    while (radius < reach) {
      radius *= 2;
    }
    return TABLES.computeIfAbsent(radius, MonotonicProjection::new);
  }

  /**
   * Projects an image in place.
   *
   * @param image row by row, perhaps longer
   * @param cx column of the centre, inside the image
   * @param cy row of the centre
   */
  void apply(float[] image, int width, int height, int cx, int cy) {
    int reachX = Math.max(cx, width - 1 - cx);
    int reachY = Math.max(cy, height - 1 - cy);
    if (Math.max(reachX, reachY) > radius) {
      throw new IllegalArgumentException("image beyond the table");
    }
    int farthest = reachX * reachX + reachY * reachY;
    for (int i = 1; i < dx.length; i++) {
      if (dx[i] * dx[i] + dy[i] * dy[i] > farthest) {
        return;
      }
      int x = cx + dx[i];
      int y = cy + dy[i];
      if (x < 0 || y < 0 || x >= width || y >= height) {
        continue;
      }
      int at = y * width + x;
      image[at] = Math.min(image[at], reference(image, width, height, x, y, i));
    }
  }

  private float reference(float[] image, int width, int height, int x, int y, int entry) {
    double sum = 0;
    for (int k = first[entry]; k < first[entry + 1]; k++) {
      int u = x + neighbour[k] % 3 - 1;
      int v = y + neighbour[k] / 3 - 1;
      if (u >= 0 && v >= 0 && u < width && v < height) {
        sum += (double) weight[k] * image[v * width + u];
      }
    }
    return (float) sum;
  }
}
