package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.hips.SkyPyramid;

/**
 * Rows of a catalogue in the squares of a pyramid ({@link SkyPyramid}), the brightest in the
 * largest squares: a row goes into the square of the lowest zoom around it that has room. Who looks
 * at a part of the sky at zoom z needs the squares of zooms 0 to z there, which are few rows at any
 * zoom. The same rows in the same order give the same squares.
 *
 * @param <T> row
 */
final class SkyTree<T> {
  /** Squares of this zoom take what is left. */
  static final int DEEPEST = 16;

  private final int size;
  private final int capacity;
  private final Map<SkyPyramid.Tile, List<T>> nodes =
      new TreeMap<>(
          Comparator.comparingInt(SkyPyramid.Tile::zoom)
              .thenComparingInt(SkyPyramid.Tile::y)
              .thenComparingInt(SkyPyramid.Tile::x));

  /**
   * @param size pixels of the whole square per axis
   * @param capacity rows of a square
   */
  SkyTree(int size, int capacity) {
    this.size = size;
    this.capacity = capacity;
  }

  /**
   * Adds a row, those that come first being drawn first.
   *
   * @param x from the left edge, 0 to size
   * @param y from the upper edge, 0 to size
   */
  void add(double x, double y, T row) {
    for (int zoom = 0; ; zoom++) {
      double scale = (1 << zoom) / (double) size;
      SkyPyramid.Tile tile = new SkyPyramid.Tile(zoom, (int) (x * scale), (int) (y * scale));
      List<T> rows = nodes.computeIfAbsent(tile, t -> new ArrayList<>());
      if (rows.size() < capacity || zoom == DEEPEST) {
        rows.add(row);
        return;
      }
    }
  }

  /** Squares with their rows, from the largest square on. */
  Map<SkyPyramid.Tile, List<T>> nodes() {
    return nodes;
  }
}
