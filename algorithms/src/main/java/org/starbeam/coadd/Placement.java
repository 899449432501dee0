package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.sky.Tract;
import org.starbeam.warp.PixelMap;
import org.starbeam.warp.TransformGrid;

/**
 * Where a source lies on a block.
 *
 * @param map from tract pixels to its own
 * @param grid the map interpolated
 * @param cells the cells that it fills, by row and column; not empty
 * @param region smallest box that holds their outer boxes
 */
record Placement(PixelMap map, TransformGrid grid, List<CellKey> cells, Box region) {
  /**
   * Null when the source fills no cell.
   *
   * @param cells cells of the block
   * @param shrink pixels taken off every side of the source
   * @param edgeGuard pixels by which a cell's inner box is grown
   */
  static @Nullable Placement of(
      CoaddSource source,
      Tract tract,
      Box cells,
      double shrink,
      int edgeGuard,
      TransformGrid.Config config) {
    DetectorOutline outline = new DetectorOutline(tract, source.wcs(), source.box(), shrink);
    Box bounds = outline.bounds();
    List<CellKey> accepted = new ArrayList<>();
    Box region = Box.EMPTY;
    for (int cy = cells.y0(); cy < cells.y1(); cy++) {
      for (int cx = cells.x0(); cx < cells.x1(); cx++) {
        Box inner = tract.cellInnerBox(cx, cy).grow(edgeGuard);
        if (bounds.contains(inner) && outline.contains(inner)) {
          accepted.add(new CellKey(cx, cy));
          region = region.union(tract.cellOuterBox(cx, cy));
        }
      }
    }
    if (accepted.isEmpty()) {
      return null;
    }
    PixelMap map = PixelMap.between(tract.wcs(), source.wcs());
    return new Placement(map, TransformGrid.of(map, bounds, config), accepted, region);
  }
}
