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

  /** Room for a plane of a tile: an even number of pixels, those of a full tile and two more. */
  private static final int AREA = SIDE * SIDE + 2;

  private final double[] weight;
  private final int planes;
  private final int[][] tiles;
  private final Box[] places;
  private final int[] chosen;

  /** Pixels of a tile, plane after plane, the data as the last, and the same times the weight. */
  private final double[] packed;

  private final double[] weighted;
  private final double[] block = new double[4];

  /**
   * The sums of a model.
   *
   * @param gram products of planes
   * @param right products of planes and data
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sums(double[][] gram, double[] right) {}

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
    chosen = new int[planes];
    packed = new double[AREA * (planes + 2)];
    weighted = new double[packed.length];
  }

  /**
   * Forms the sums.
   *
   * @param values of every plane
   * @param reached by plane, where it is not 0, of a box whose first pixel is (0, 0)
   */
  Sums update(double[][] values, Box[] reached, double[] data) {
    Sums out = new Sums(new double[planes][planes], new double[planes]);
    for (int t = 0; t < tiles.length; t++) {
      int n = 0;
      for (int k = 0; k < planes && tiles[t].length > 0; k++) {
        if (!places[t].intersect(reached[k]).isEmpty()) {
          chosen[n++] = k;
        }
      }
      if (n > 0) {
        pack(tiles[t], values, data, n);
        multiply(tiles[t].length, n, out);
      }
    }
    for (int i = 0; i < planes; i++) {
      for (int j = 0; j < i; j++) {
        out.gram[j][i] = out.gram[i][j];
      }
    }
    return out;
  }

  /** The chosen planes, the data, and zeros where another plane makes their number even. */
  private void pack(int[] pixels, double[][] values, double[] data, int n) {
    for (int k = 0; k <= n; k++) {
      double[] from = k < n ? values[chosen[k]] : data;
      int at = k * AREA;
      for (int t = 0; t < pixels.length; t++) {
        double value = from[pixels[t]];
        packed[at + t] = value;
        weighted[at + t] = weight[pixels[t]] * value;
      }
      packed[at + pixels.length] = 0;
      weighted[at + pixels.length] = 0;
    }
    Arrays.fill(packed, (n + 1) * AREA, (n + 2) * AREA, 0);
    Arrays.fill(weighted, (n + 1) * AREA, (n + 2) * AREA, 0);
  }

  /** Adds the products of a tile, two planes with two others at a time. */
  private void multiply(int pixels, int n, Sums out) {
    for (int i = 0; i <= n; i += 2) {
      for (int j = 0; j <= i && j < n; j += 2) {
        products(i * AREA, j * AREA, pixels);
        for (int k = 0; k < 4; k++) {
          int row = i + k / 2;
          int column = j + k % 2;
          if (row < n && column <= row) {
            out.gram[chosen[row]][chosen[column]] += block[k];
          } else if (row == n && column < n) {
            out.right[chosen[column]] += block[k];
          }
        }
      }
    }
  }

  /** The four sums of two weighted planes and two others, pixels two by two. */
  private void products(int a, int b, int pixels) {
    double s00 = 0;
    double s01 = 0;
    double s10 = 0;
    double s11 = 0;
    double r00 = 0;
    double r01 = 0;
    double r10 = 0;
    double r11 = 0;
    for (int t = 0; t < pixels; t += 2) {
      double w = weighted[a + t];
      double v = weighted[a + AREA + t];
      double p = packed[b + t];
      double q = packed[b + AREA + t];
      s00 += w * p;
      s01 += w * q;
      s10 += v * p;
      s11 += v * q;
      w = weighted[a + t + 1];
      v = weighted[a + AREA + t + 1];
      p = packed[b + t + 1];
      q = packed[b + AREA + t + 1];
      r00 += w * p;
      r01 += w * q;
      r10 += v * p;
      r11 += v * q;
    }
    block[0] = s00 + r00;
    block[1] = s01 + r01;
    block[2] = s10 + r10;
    block[3] = s11 + r11;
  }
}
