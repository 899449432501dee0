package org.starbeam.coadd;

import java.util.Arrays;

/**
 * A plane of 64-bit integers of which most are zero: square tiles of {@link #TILE} pixels, made on
 * first use. Addition is exact, so the order of additions does not matter.
 */
final class SparseLongs {
  static final int TILE = 25;

  private static final long[] NONE = {};

  private final int across;
  private final long[][] tiles;

  /**
   * @param side pixels per axis, a multiple of the tile size
   */
  SparseLongs(int side) {
    if (side % TILE != 0) {
      throw new IllegalArgumentException("side " + side + " is not a multiple of " + TILE);
    }
    this.across = side / TILE;
    this.tiles = new long[across * across][];
    Arrays.fill(tiles, NONE);
  }

  void add(int x, int y, long value) {
    int t = y / TILE * across + x / TILE;
    long[] tile = tiles[t];
    if (tile.length == 0) {
      tile = new long[TILE * TILE];
      tiles[t] = tile;
    }
    tile[y % TILE * TILE + x % TILE] += value;
  }

  long get(int x, int y) {
    long[] tile = tiles[y / TILE * across + x / TILE];
    return tile.length == 0 ? 0 : tile[y % TILE * TILE + x % TILE];
  }

  void addAll(SparseLongs other, long sign) {
    for (int t = 0; t < tiles.length; t++) {
      long[] from = other.tiles[t];
      if (from.length == 0) {
        continue;
      }
      long[] to = tiles[t];
      if (to.length == 0) {
        to = new long[TILE * TILE];
        tiles[t] = to;
      }
      for (int i = 0; i < to.length; i++) {
        to[i] += sign * from[i];
      }
    }
  }

  private static boolean isZero(long[] tile) {
    for (long v : tile) {
      if (v != 0) {
        return false;
      }
    }
    return true;
  }

  /** Tiles that are not all zero, ascending, each as its number and its values. */
  void write(StateWriter out) {
    int count = 0;
    for (long[] tile : tiles) {
      count += isZero(tile) ? 0 : 1;
    }
    out.integer(count);
    for (int t = 0; t < tiles.length; t++) {
      long[] tile = tiles[t];
      if (!isZero(tile)) {
        out.integer(t);
        out.longs(tile);
      }
    }
  }

  static SparseLongs read(StateReader in, int side) {
    SparseLongs out = new SparseLongs(side);
    int count = in.integer();
    for (int i = 0; i < count; i++) {
      int t = in.integer();
      out.tiles[t] = in.longs(TILE * TILE);
    }
    return out;
  }
}
