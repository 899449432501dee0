package org.starbeam.transforms.step7;

import java.util.Set;
import java.util.TreeSet;
import org.starbeam.image.Box;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;

/**
 * The parts of the sky in which a HiPS is made (specs/07 section 6): below pixels of order 8 from
 * coadds, then up to order 5, to order 2 and to order 0 from what has been made.
 */
public final class HipsPixels {
  /** Order of the pixels below which tiles are made from coadds. */
  public static final int BLOCK_ORDER = 8;

  /** Levels between the pixels of two stages. */
  public static final int LEVELS = 3;

  private static final int REACH_PX = 200;
  private static final int STEP_PX = 150;

  private HipsPixels() {}

  /**
   * Pixels of order 8 that a patch may own a part of, ascending: those of points 30 arcsec apart on
   * the border of a box 40 arcsec around its inner box. A pixel is larger than that box, so one
   * that reaches into it crosses the border.
   */
  public static Set<Long> blocks(int tractId, int patch) {
    Tract tract = RingsSkyMap.defaults().tract(tractId);
    Healpix grid = new Healpix(BLOCK_ORDER);
    Box box = tract.patchInnerBox(patch).grow(REACH_PX);
    Set<Long> out = new TreeSet<>();
    for (int step = 0; step <= box.width() / STEP_PX + 1; step++) {
      int along = Math.min(step * STEP_PX, box.width());
      add(tract, box.x0() + along, box.y0(), grid, out);
      add(tract, box.x0() + along, box.y1(), grid, out);
      add(tract, box.x0(), box.y0() + along, grid, out);
      add(tract, box.x1(), box.y0() + along, grid, out);
    }
    return out;
  }

  private static void add(Tract tract, int x, int y, Healpix grid, Set<Long> out) {
    SkyPoint p = tract.wcs().toSky(x, y);
    out.add(grid.pixel(p.raDeg(), p.decDeg()));
  }

  /** The pixel of the next stage around one. */
  public static long above(long pixel) {
    return pixel >> (2 * LEVELS);
  }

  /** Dimension of the pixels of an order. */
  static String dimension(int order) {
    return "healpix" + order;
  }

  /** Data id of a pixel of a stage; of the last one, order 0, the whole sky. */
  static DataId id(int order, long pixel) {
    return order < 2 ? DataId.of("name", "allsky") : DataId.of(dimension(order), pixel);
  }
}
