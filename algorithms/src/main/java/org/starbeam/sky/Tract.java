package org.starbeam.sky;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;

/**
 * One tract of the sky map: a gnomonic pixel grid about its centre (north up, east to the left),
 * divided into patches of 20 x 20 inner cells and, across patches, into cells and blocks of 10 x 10
 * cells (specs/03 sections 1.2, 1.3, 12.2). Cell keys (cx, cy) count over the whole tract from -1
 * to 20 P, so a border cell of one patch and the inner cell of its neighbour are the same cell.
 */
public final class Tract {
  /** Cells of a block per axis. */
  public static final int CELLS_PER_BLOCK = 10;

  private final int id;
  private final SkyPoint center;
  private final TanSip wcs;
  private final int patchesPerAxis;
  private final RingsSkyMap.Config config;

  Tract(
      int id,
      SkyPoint center,
      int patchesPerAxis,
      double referencePixel,
      RingsSkyMap.Config config) {
    this.id = id;
    this.center = center;
    this.patchesPerAxis = patchesPerAxis;
    this.config = config;
    double scale = config.pixelScaleArcsec() / 3600;
    this.wcs =
        TanSip.tan(center, referencePixel, referencePixel, new double[] {-scale, 0, 0, scale});
  }

  public int id() {
    return id;
  }

  public SkyPoint center() {
    return center;
  }

  public TanSip wcs() {
    return wcs;
  }

  /** All pixels of the tract. */
  public Box box() {
    return new Box(0, 0, patchesPerAxis * patchInner(), patchesPerAxis * patchInner());
  }

  public int patchesPerAxis() {
    return patchesPerAxis;
  }

  /** Pixels of a patch's inner box per axis. */
  public int patchInner() {
    return config.cellInner() * config.cellsPerPatch();
  }

  /** Sequential patch id of patch (px, py). */
  public int patch(int px, int py) {
    return patchesPerAxis * py + px;
  }

  /** Sequential id of the patch whose inner box holds a tract pixel; -1 outside the tract. */
  public int patchOf(int x, int y) {
    return box().contains(x, y) ? patch(x / patchInner(), y / patchInner()) : -1;
  }

  public Box patchInnerBox(int patch) {
    int inner = patchInner();
    return new Box(
        (patch % patchesPerAxis) * inner, (patch / patchesPerAxis) * inner, inner, inner);
  }

  /** Inner box grown by the border cell and the cell border; not clipped at the tract. */
  public Box patchOuterBox(int patch) {
    return patchInnerBox(patch)
        .grow(config.borderCells() * config.cellInner() + config.cellBorder());
  }

  /** Smallest and largest cell index per axis: -1 and 20 P. */
  public int cellMin() {
    return -config.borderCells();
  }

  public int cellMax() {
    return patchesPerAxis * config.cellsPerPatch() - 1 + config.borderCells();
  }

  /** Inner box of cell (cx, cy). */
  public Box cellInnerBox(int cx, int cy) {
    return new Box(
        cx * config.cellInner(), cy * config.cellInner(), config.cellInner(), config.cellInner());
  }

  public Box cellOuterBox(int cx, int cy) {
    return cellInnerBox(cx, cy).grow(config.cellBorder());
  }

  /** Cell index along an axis of a tract pixel coordinate. */
  public int cellOf(int coordinate) {
    return Math.floorDiv(coordinate, config.cellInner());
  }

  /** Number of blocks per axis. */
  public int blocksPerAxis() {
    return patchesPerAxis * config.cellsPerPatch() / CELLS_PER_BLOCK;
  }

  /** Block id of cell (cx, cy); the tract's border cells belong to the edge blocks. */
  public int blockOfCell(int cx, int cy) {
    int last = blocksPerAxis() - 1;
    int bx = Math.min(last, Math.max(0, Math.floorDiv(cx, CELLS_PER_BLOCK)));
    int by = Math.min(last, Math.max(0, Math.floorDiv(cy, CELLS_PER_BLOCK)));
    return by * blocksPerAxis() + bx;
  }

  /** Cells of a block as a box of cell indices. */
  public Box cellsOfBlock(int block) {
    int n = blocksPerAxis();
    int bx = block % n;
    int by = block / n;
    int x0 = bx == 0 ? cellMin() : bx * CELLS_PER_BLOCK;
    int y0 = by == 0 ? cellMin() : by * CELLS_PER_BLOCK;
    int x1 = bx == n - 1 ? cellMax() : bx * CELLS_PER_BLOCK + CELLS_PER_BLOCK - 1;
    int y1 = by == n - 1 ? cellMax() : by * CELLS_PER_BLOCK + CELLS_PER_BLOCK - 1;
    return Box.ofCorners(x0, y0, x1, y1);
  }

  /** Cells that the patch view shows: its inner cells and one border cell on every side. */
  public Box cellsOfPatch(int patch) {
    int n = config.cellsPerPatch();
    int border = config.borderCells();
    return new Box(
        (patch % patchesPerAxis) * n - border,
        (patch / patchesPerAxis) * n - border,
        n + 2 * border,
        n + 2 * border);
  }

  private List<Integer> blocksOfCells(Box cells) {
    int first = blockOfCell(cells.x0(), cells.y0());
    int last = blockOfCell(cells.x1() - 1, cells.y1() - 1);
    int n = blocksPerAxis();
    List<Integer> out = new ArrayList<>();
    for (int by = first / n; by <= last / n; by++) {
      for (int bx = first % n; bx <= last % n; bx++) {
        out.add(by * n + bx);
      }
    }
    return out;
  }

  /**
   * Bounding box in tract pixels of a sky polygon's vertices; empty when one cannot be projected.
   */
  public Box pixelBounds(double[] raDeg, double[] decDeg) {
    double xMin = Double.POSITIVE_INFINITY;
    double yMin = Double.POSITIVE_INFINITY;
    double xMax = Double.NEGATIVE_INFINITY;
    double yMax = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < raDeg.length; i++) {
      double[] p = wcs.toPixel(raDeg[i], decDeg[i]);
      if (!Double.isFinite(p[0]) || Math.abs(p[0]) > 1e8 || Math.abs(p[1]) > 1e8) {
        return Box.EMPTY;
      }
      xMin = Math.min(xMin, p[0]);
      yMin = Math.min(yMin, p[1]);
      xMax = Math.max(xMax, p[0]);
      yMax = Math.max(yMax, p[1]);
    }
    return Box.ofCorners(
        (int) Math.floor(xMin),
        (int) Math.floor(yMin),
        (int) Math.ceil(xMax),
        (int) Math.ceil(yMax));
  }

  /** Patches whose outer boxes meet the bounding box of a polygon, ascending. */
  public List<Integer> patchesOverlapping(double[] raDeg, double[] decDeg) {
    Box bounds = pixelBounds(raDeg, decDeg);
    List<Integer> out = new ArrayList<>();
    int border = config.borderCells() * config.cellInner() + config.cellBorder();
    int inner = patchInner();
    int p = patchesPerAxis;
    if (bounds.grow(border).intersect(box()).isEmpty()) {
      return out;
    }
    int px0 = clamp(Math.floorDiv(bounds.x0() - border, inner), p);
    int px1 = clamp(Math.floorDiv(bounds.x1() - 1 + border, inner), p);
    int py0 = clamp(Math.floorDiv(bounds.y0() - border, inner), p);
    int py1 = clamp(Math.floorDiv(bounds.y1() - 1 + border, inner), p);
    for (int py = py0; py <= py1; py++) {
      for (int px = px0; px <= px1; px++) {
        out.add(patch(px, py));
      }
    }
    return out;
  }

  /** Blocks with a cell whose outer box meets the bounding box of a polygon, ascending. */
  public List<Integer> blocksOverlapping(double[] raDeg, double[] decDeg) {
    Box bounds = pixelBounds(raDeg, decDeg);
    int inner = config.cellInner();
    Box grown = bounds.isEmpty() ? bounds : bounds.grow(config.cellBorder());
    Box cells =
        grown.isEmpty()
            ? Box.EMPTY
            : Box.ofCorners(
                    Math.floorDiv(grown.x0(), inner),
                    Math.floorDiv(grown.y0(), inner),
                    Math.floorDiv(grown.x1() - 1, inner),
                    Math.floorDiv(grown.y1() - 1, inner))
                .intersect(Box.ofCorners(cellMin(), cellMin(), cellMax(), cellMax()));
    return cells.isEmpty() ? List.of() : blocksOfCells(cells);
  }

  private static int clamp(int value, int count) {
    return Math.max(0, Math.min(count - 1, value));
  }
}
