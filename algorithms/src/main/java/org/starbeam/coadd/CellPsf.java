package org.starbeam.coadd;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.LanczosKernel;

/**
 * The PSF of a stitched coadd: one stamp per cell, the same everywhere in the cell (specs/03
 * section 4.6). Asked outside the cells it answers with the nearest one. Sub-pixel places are
 * reached with a Lanczos kernel of order 5.
 */
public final class CellPsf implements PsfModel {
  /** PSFTYPE of the table. */
  public static final String TYPE = "cell";

  /** Sums this close to 1 are left as they are, so that a stored model comes back bit by bit. */
  private static final double UNIT = 1e-12;

  private static final LanczosKernel SHIFT = new LanczosKernel(5, 0);

  private final int cellSize;
  private final Map<CellKey, ImageD> stamps = new TreeMap<>();

  /** Moments by cell, measured when they are first asked for. */
  private final Map<CellKey, double[]> shapes = new ConcurrentHashMap<>();

  private final Box stampBox;

  /**
   * @param cellSize inner pixels of a cell
   * @param stamps by cell, all of one size, centred on (0, 0); at least one
   */
  public CellPsf(int cellSize, Map<CellKey, ImageD> stamps) {
    if (stamps.isEmpty()) {
      throw new IllegalArgumentException("a cell PSF needs at least one cell");
    }
    this.cellSize = cellSize;
    stamps.forEach((key, stamp) -> this.stamps.put(key, normalised(stamp)));
    this.stampBox = this.stamps.values().iterator().next().box();
  }

  private static ImageD normalised(ImageD stamp) {
    double[] out = stamp.toArray();
    double sum = 0;
    for (double p : out) {
      sum += p;
    }
    if (Math.abs(sum - 1) > UNIT) {
      for (int i = 0; i < out.length; i++) {
        out[i] /= sum;
      }
    }
    return ImageD.wrap(stamp.box(), out);
  }

  private static double[] moments(ImageD stamp) {
    AdaptiveMoments.Result result = new AdaptiveMoments().measure(stamp, 0, 0, 2);
    return result.isOk()
        ? new double[] {result.xx(), result.yy(), result.xy()}
        : new double[] {Double.NaN, Double.NaN, Double.NaN};
  }

  /** The cell whose stamp is used at a position. */
  public CellKey cellAt(double x, double y) {
    int cx = Math.floorDiv((int) Math.floor(x + 0.5), cellSize);
    int cy = Math.floorDiv((int) Math.floor(y + 0.5), cellSize);
    CellKey key = new CellKey(cx, cy);
    if (stamps.containsKey(key)) {
      return key;
    }
    CellKey nearest = key;
    double least = Double.POSITIVE_INFINITY;
    for (CellKey other : stamps.keySet()) {
      double dx = (other.cx() + 0.5) * cellSize - 0.5 - x;
      double dy = (other.cy() + 0.5) * cellSize - 0.5 - y;
      if (dx * dx + dy * dy < least) {
        least = dx * dx + dy * dy;
        nearest = other;
      }
    }
    return nearest;
  }

  private ImageD stampAt(double x, double y) {
    ImageD stamp = stamps.get(cellAt(x, y));
    if (stamp == null) {
      throw new IllegalStateException("no PSF at " + x + ", " + y);
    }
    return stamp;
  }

  @Override
  public ImageD image(double x, double y) {
    ImageD stamp = stampAt(x, y);
    int px = (int) Math.floor(x + 0.5);
    int py = (int) Math.floor(y + 0.5);
    return normalised(shifted(stamp, x - px, y - py))
        .withOrigin(px + stampBox.x0(), py + stampBox.y0());
  }

  /** out(u) = stamp(u - d), one axis after the other. */
  private static ImageD shifted(ImageD stamp, double dx, double dy) {
    if (dx == 0 && dy == 0) {
      return stamp;
    }
    int w = stamp.width();
    int h = stamp.height();
    double[] rows = new double[w * h];
    double[] out = new double[w * h];
    shiftColumns(stamp.data, rows, w, dx);
    shiftRows(rows, out, w, dy);
    return ImageD.wrap(stamp.box(), out);
  }

  private static int first(double d) {
    return (int) Math.floor(-d) - SHIFT.order() + 1;
  }

  private static double[] weights(double d) {
    return SHIFT.weights(-d - Math.floor(-d));
  }

  /** Along each row, tap by tap; what lies outside is 0. */
  private static void shiftColumns(double[] from, double[] to, int width, double d) {
    double[] weights = weights(d);
    for (int k = 0; k < weights.length; k++) {
      int shift = first(d) + k;
      int start = Math.max(0, -shift);
      int count = Math.min(width, width - shift) - start;
      for (int row = 0; row < from.length; row += width) {
        addTo(to, row + start, from, row + start + shift, count, weights[k]);
      }
    }
  }

  /** Row by row. */
  private static void shiftRows(double[] from, double[] to, int width, double d) {
    double[] weights = weights(d);
    for (int k = 0; k < weights.length; k++) {
      int shift = (first(d) + k) * width;
      int start = Math.max(0, -shift);
      int count = Math.min(from.length, from.length - shift) - start;
      addTo(to, start, from, start + shift, count, weights[k]);
    }
  }

  private static void addTo(double[] to, int at, double[] from, int first, int n, double factor) {
    for (int i = 0; i < n; i++) {
      to[at + i] += factor * from[first + i];
    }
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return stampAt(x, y).copy();
  }

  @Override
  public double[] shape(double x, double y) {
    return shapes.computeIfAbsent(cellAt(x, y), key -> moments(stampAt(x, y))).clone();
  }

  @Override
  public double[] averagePosition() {
    double x = 0;
    double y = 0;
    for (CellKey key : stamps.keySet()) {
      x += (key.cx() + 0.5) * cellSize - 0.5;
      y += (key.cy() + 0.5) * cellSize - 0.5;
    }
    return new double[] {x / stamps.size(), y / stamps.size()};
  }

  @Override
  public Box stampBox() {
    return stampBox;
  }

  /** One row per cell: cx, cy and the stamp row by row. */
  @Override
  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", TYPE);
    header.put("CELLSIZE", cellSize);
    header.put("PSFSIDE", stampBox.width());
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("cx", stamps.keySet().stream().mapToInt(CellKey::cx).toArray());
    columns.put("cy", stamps.keySet().stream().mapToInt(CellKey::cy).toArray());
    columns.put("psf", stamps.values().stream().map(ImageD::toArray).toArray(double[][]::new));
    return new FitsTable("PSF", header, columns);
  }

  /** Reads what {@link #toTable} wrote. */
  public static CellPsf fromTable(FitsTable table) {
    if (!table.text("PSFTYPE").equals(TYPE)) {
      throw new BadInputException(
          "PSF_TYPE", "table " + table.name() + " is of type " + table.text("PSFTYPE"));
    }
    int side = table.integer("PSFSIDE");
    int[] cx = table.ints("cx");
    int[] cy = table.ints("cy");
    double[][] psf = table.vectors("psf");
    Map<CellKey, ImageD> stamps = new TreeMap<>();
    for (int i = 0; i < cx.length; i++) {
      stamps.put(new CellKey(cx[i], cy[i]), ImageD.wrap(Box.around(0, 0, side / 2), psf[i]));
    }
    return new CellPsf(table.integer("CELLSIZE"), stamps);
  }
}
