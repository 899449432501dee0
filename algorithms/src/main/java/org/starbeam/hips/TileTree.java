package org.starbeam.hips;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tiles below a tile depth first and builds each order from the next deeper one, so that
 * one tile per order is in memory (3 MB each).
 */
public final class TileTree {
  /** Gives the tiles that the walk begins with. */
  @FunctionalInterface
  public interface Leaves {
    /** The sums of a tile of the order at which the walk ends; null when it is empty. */
    @Nullable TileSum of(HipsTile tile) throws IOException;
  }

  /** Takes the tiles above the leaves, children before their parents. */
  @FunctionalInterface
  public interface Receiver {
    void accept(HipsTile tile, TileSum sum) throws IOException;
  }

  private final int leafOrder;
  private final Leaves leaves;
  private final Receiver receiver;
  private boolean receivesLeaves;

  /**
   * @param leafOrder order of the leaves, which the receiver does not get unless it is said
   */
  public TileTree(int leafOrder, Leaves leaves, Receiver receiver) {
    this.leafOrder = leafOrder;
    this.leaves = leaves;
    this.receiver = receiver;
  }

  /** Hands the leaves to the receiver as well. */
  public TileTree withLeaves() {
    receivesLeaves = true;
    return this;
  }

  /** Builds everything above the leaves of a tile and the tile itself; null when all is empty. */
  public @Nullable TileSum build(HipsTile tile) throws IOException {
    if (tile.order() == leafOrder) {
      TileSum leaf = leaves.of(tile);
      if (leaf != null && receivesLeaves) {
        receiver.accept(tile, leaf);
      }
      return leaf;
    }
    TileSum sum = null;
    for (int which = 0; which < 4; which++) {
      TileSum child = build(tile.child(which));
      if (child != null) {
        sum = sum == null ? new TileSum() : sum;
        sum.addChild(which, child);
      }
    }
    if (sum != null) {
      receiver.accept(tile, sum);
    }
    return sum;
  }
}
