package org.starbeam.coadd;

import java.util.Map;
import org.starbeam.image.Box;

/**
 * The cell coadds of one block of a tract in one band.
 *
 * @param tract tract id
 * @param block block id
 * @param band band name
 * @param inner inner pixels of a cell per axis
 * @param border pixels around them
 * @param cells the cells with inputs, by key
 */
public record CellBlock(
    int tract, int block, String band, int inner, int border, Map<CellKey, CellCoadd> cells) {
  public int outer() {
    return inner + 2 * border;
  }

  /** Smallest box of cell indices that holds all cells. */
  public Box extent() {
    Box box = Box.EMPTY;
    for (CellKey key : cells.keySet()) {
      box = box.union(new Box(key.cx(), key.cy(), 1, 1));
    }
    return box;
  }
}
