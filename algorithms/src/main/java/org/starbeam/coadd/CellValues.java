package org.starbeam.coadd;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What is made once for each cell of a coadd when it is first asked for. Not thread safe. */
final class CellValues<T> {
  private final int cellSize;
  private final Map<Long, T> values = new HashMap<>();

  /**
   * @param cellSize pixels
   */
  CellValues(int cellSize) {
    this.cellSize = cellSize;
  }

  /** The value of the cell that holds a place, in pixels. */
  T at(double x, double y, Supplier<T> made) {
    long cx = Math.floorDiv((int) Math.floor(x + 0.5), cellSize);
    long cy = Math.floorDiv((int) Math.floor(y + 0.5), cellSize);
    return values.computeIfAbsent((cy << 32) ^ (cx & 0xFFFFFFFFL), cell -> made.get());
  }
}
