package org.starbeam.modelfit;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.starbeam.image.Box;

/**
 * Sums over pixels of the weighted products of planes with each other and with the data, tile by
 * tile: of a tile of {@value #SIDE} x {@value #SIDE} pixels only the planes are looked at that have
 * light there, so that objects which do not overlap cost each other nothing.
 *
 * <p>Cost O(sum over tiles of pixels x planes^2), planes being those of the tile.
 */
final class PlaneProducts {
  private static final int SIDE = 8;

  private final double[] weight;
  private final int planes;
  private final int[][] tiles;
  private final Box[] places;
  private final int[] chosen;
  private final double[] packed;
  private final double[] weights = new double[SIDE * SIDE];
  private final double[] sum;

  /** Products of planes. */
  final double[][] gram;

  /** Products of planes and data. */
  final double[] right;

  /**
   * @param box of the pixels
   * @param weight of each pixel, row by row; 0 where it does not count
   * @param planes number of planes
   */
  PlaneProducts(Box box, double[] weight, int planes) {
    this.weight = weight;
    this.planes = planes;
    int across = (box.width() + SIDE - 1) / SIDE;
    int down = (box.height() + SIDE - 1) / SIDE;
    Box whole = new Box(0, 0, box.width(), box.height());
    places = new Box[across * down];
    tiles = new int[across * down][];
    for (int t = 0; t < tiles.length; t++) {
      Box place = new Box(t % across * SIDE, t / across * SIDE, SIDE, SIDE).intersect(whole);
      places[t] = place;
      tiles[t] =
          IntStream.range(0, place.area())
              .map(
                  i ->
                      (place.y0() + i / place.width()) * box.width()
                          + place.x0()
                          + i % place.width())
              .filter(p -> weight[p] > 0)
              .toArray();
    }
    chosen = new int[planes + 1];
    packed = new double[SIDE * SIDE * (planes + 1)];
    sum = new double[planes + 1];
    gram = new double[planes][planes];
    right = new double[planes];
  }

  /**
   * Forms the sums.
   *
   * @param values of every plane
   * @param reached by plane, where it is not 0, of a box whose first pixel is (0, 0)
   */
  void update(double[][] values, Box[] reached, double[] data) {
    Arrays.stream(gram).forEach(row -> Arrays.fill(row, 0));
    Arrays.fill(right, 0);
    for (int t = 0; t < tiles.length; t++) {
      int n = 0;
      for (int k = 0; k < planes && tiles[t].length > 0; k++) {
        if (!places[t].intersect(reached[k]).isEmpty()) {
          chosen[n++] = k;
        }
      }
      if (n > 0) {
        pack(tiles[t], values, data, n);
        multiply(4 * ((tiles[t].length + 3) / 4), n);
      }
    }
    for (int i = 0; i < planes; i++) {
      for (int j = 0; j < i; j++) {
        gram[j][i] = gram[i][j];
      }
    }
  }

  /** The chosen planes and after them the data, pixel by pixel; to a multiple of 4 with zeros. */
  private void pack(int[] pixels, double[][] values, double[] data, int n) {
    for (int k = 0; k <= n; k++) {
      double[] from = k < n ? values[chosen[k]] : data;
      for (int t = 0; t < pixels.length; t++) {
        packed[t * (n + 1) + k] = from[pixels[t]];
      }
    }
    int end = 4 * ((pixels.length + 3) / 4);
    Arrays.fill(packed, pixels.length * (n + 1), end * (n + 1), 0);
    for (int t = 0; t < end; t++) {
      weights[t] = t < pixels.length ? weight[pixels[t]] : 0;
    }
  }

  private void multiply(int pixels, int n) {
    int stride = n + 1;
    for (int i = 0; i <= n; i++) {
      int columns = Math.min(i + 1, n);
      Arrays.fill(sum, 0, columns, 0);
      for (int t = 0; t < pixels; t += 4) {
        int at = t * stride;
        add(
            at,
            stride,
            columns,
            weights[t] * packed[at + i],
            weights[t + 1] * packed[at + stride + i],
            weights[t + 2] * packed[at + 2 * stride + i],
            weights[t + 3] * packed[at + 3 * stride + i]);
      }
      double[] to = i < n ? gram[chosen[i]] : right;
      for (int j = 0; j < columns; j++) {
        to[chosen[j]] += sum[j];
      }
    }
  }

  private void add(int at, int stride, int n, double a, double b, double c, double d) {
    double[] out = sum;
    double[] in = packed;
    int atB = at + stride;
    int atC = atB + stride;
    int atD = atC + stride;
    for (int j = 0; j < n; j++) {
      out[j] += a * in[at + j] + b * in[atB + j] + (c * in[atC + j] + d * in[atD + j]);
    }
  }
}
