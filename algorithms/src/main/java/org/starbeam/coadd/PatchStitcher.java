package org.starbeam.coadd;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.sky.Tract;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Makes the image of a patch from cells (specs/03 section 4.6): the inner boxes of its cells and of
 * one ring of cells around them, and at the rim of the outer box the border of the outermost cells,
 * flagged EDGE. Where there is no cell the pixel is NO_DATA. The image covers the part of the outer
 * box that has cells. Patches that share a cell show the same pixels.
 */
public final class PatchStitcher {
  /** Mean noise factor of the inputs below which their noise counts as white. */
  private static final double WHITE_FACTOR = 1.1;

  private final Tract tract;
  private final int border;
  private final int lanczosOrder;

  /**
   * @param border pixels around the inner box of a cell
   * @param lanczosOrder kernel of the warps, for the noise correlation
   */
  public PatchStitcher(Tract tract, int border, int lanczosOrder) {
    this.tract = tract;
    this.border = border;
    this.lanczosOrder = lanczosOrder;
  }

  /**
   * Stitches a patch.
   *
   * @param blocks blocks of one band, in any order
   * @throws AlgorithmException {@code NO_CELLS} when none of the patch's cells has inputs
   */
  public StitchedPatch stitch(int patch, Collection<CellBlock> blocks) {
    Box wanted = tract.cellsOfPatch(patch);
    Map<CellKey, CellCoadd> cells = new TreeMap<>();
    for (CellBlock block : blocks) {
      block
          .cells()
          .forEach(
              (key, cell) -> {
                if (wanted.contains(key.cx(), key.cy()) && !cell.isEmpty()) {
                  cells.put(key, cell);
                }
              });
    }
    if (cells.isEmpty()) {
      throw new AlgorithmException(
          "NO_CELLS", "tract " + tract.id() + ", patch " + patch + " has no cell with inputs");
    }
    MaskedImage out = canvas(patch, cells);
    cells.forEach((key, cell) -> copy(cell, outerBox(key), share(patch, key), out));
    markRim(patch, out);
    Map<CellKey, ImageD> stamps = new TreeMap<>();
    cells.forEach((key, cell) -> stamps.put(key, cell.psf()));
    int inner = tract.cellInnerBox(0, 0).width();
    return new StitchedPatch(
        out, tract.wcs(), new CellPsf(inner, stamps), cells, correlation(out, cells.values()));
  }

  /**
   * White noise of the inputs is correlated by the kernel alone, which is known; what frames bring
   * that were resampled before is measured in the sky of the patch.
   */
  private NoiseCorrelation correlation(MaskedImage patch, Collection<CellCoadd> cells) {
    double step = mean(cells, InputStatistics::pixelStep);
    NoiseCorrelation ofKernel = NoiseCorrelation.lanczos(lanczosOrder, step);
    boolean white = mean(cells, InputStatistics::noiseFactor) < WHITE_FACTOR;
    return white ? ofKernel : SkyCorrelation.of(patch, ofKernel);
  }

  private static double mean(
      Collection<CellCoadd> cells, ToDoubleFunction<InputStatistics> number) {
    return cells.stream()
        .flatMap(cell -> cell.inputs().stream())
        .mapToDouble(input -> number.applyAsDouble(input.statistics()))
        .average()
        .orElse(1);
  }

  private MaskedImage canvas(int patch, Map<CellKey, CellCoadd> cells) {
    Box covered = Box.EMPTY;
    for (CellKey key : cells.keySet()) {
      covered = covered.union(tract.cellInnerBox(key.cx(), key.cy()));
    }
    Box box = covered.grow(border).intersect(tract.patchOuterBox(patch));
    MaskedImage out = new MaskedImage(box);
    out.mask().fill(MaskPlanes.NO_DATA);
    out.variance().fill(Float.POSITIVE_INFINITY);
    return out;
  }

  private Box outerBox(CellKey key) {
    return tract.cellOuterBox(key.cx(), key.cy());
  }

  /** A cell's own pixels: its inner box and, at the rim of the patch, its border on that side. */
  private Box share(int patch, CellKey key) {
    Box inner = tract.cellInnerBox(key.cx(), key.cy());
    Box cells = tract.patchOuterBox(patch).grow(-border);
    int x0 = inner.x0() - (inner.x0() == cells.x0() ? border : 0);
    int y0 = inner.y0() - (inner.y0() == cells.y0() ? border : 0);
    int x1 = inner.x1() + (inner.x1() == cells.x1() ? border : 0);
    int y1 = inner.y1() + (inner.y1() == cells.y1() ? border : 0);
    return new Box(x0, y0, x1 - x0, y1 - y0);
  }

  private static void copy(CellCoadd cell, Box outer, Box part, MaskedImage out) {
    MaskedImage pixels =
        new MaskedImage(
                cell.pixels().image().withOrigin(outer.x0(), outer.y0()),
                cell.pixels().mask().withOrigin(outer.x0(), outer.y0()),
                cell.pixels().variance().withOrigin(outer.x0(), outer.y0()))
            .view(part);
    out.image().copyFrom(pixels.image());
    out.mask().copyFrom(pixels.mask());
    out.variance().copyFrom(pixels.variance());
  }

  /** EDGE outside the inner boxes of the patch's cells. */
  private void markRim(int patch, MaskedImage out) {
    Box inner = tract.patchOuterBox(patch).grow(-border);
    Box box = out.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (!inner.contains(x, y)) {
          out.mask().set(x, y, out.mask().get(x, y) | MaskPlanes.EDGE);
        }
      }
    }
  }
}
