package org.starbeam.hips;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.warp.LanczosKernel;

/**
 * Fills a tile of the deepest order from coadds (specs/07 section 2.1). The centre of a pixel
 * belongs to one tract of the sky map and, in it, to the patch whose inner box holds it: that
 * patch's coadd alone is sampled, so nothing is averaged twice and no weights differ across a seam.
 *
 * <p>The value is Lanczos-3 of the coadd (nJy per coadd pixel, unit-sum weights, double sums)
 * divided by the solid angle of the coadd pixel there: surface brightness in nJy/arcsec^2. A pixel
 * with NaN among the 2 x 2 nearest of the coadd has no value (NaN); one with NaN elsewhere under
 * the kernel takes the bilinear value of these four.
 *
 * <p>Positions are computed exactly on 17 x 17 nodes per tile and tract and interpolated by cubics
 * between them, unless these err by 0.01 coadd pixel or more at the middle of a mesh: then every
 * position is computed. Which tract a pixel belongs to is computed for every pixel of a tile that
 * meets more than one.
 *
 * <p>Cost: 36 taps per pixel; memory 4 MB and one coadd at a time. Not thread safe.
 */
public final class TileSampler {
  /** The coadds of one band. */
  @FunctionalInterface
  public interface Coadds {
    /** False when it is known without reading that there is no coadd of a patch. */
    default boolean has(Tract tract, int patch) {
      return true;
    }

    /**
     * The coadd of a patch.
     *
     * @param needed what will be read, in tract pixels; the answer may have more, or less where the
     *     coadd ends
     * @return the image in tract pixels, NaN where it has no data; null when there is none
     */
    @Nullable ImageF patch(Tract tract, int patch, Box needed);
  }

  private static final int MESHES = 16;
  private static final double TOLERANCE_PX = 0.01;

  /** Tiles below this order are so large that a border could hide between the nodes. */
  private static final int LOWEST_BY_NODES = 6;

  /** More than half a mesh of the deepest order and of the one above, coadd pixels. */
  private static final int NEAR_PX = 40;

  private static final int LANCZOS_ORDER = 3;
  private static final int PHASES = 2000;

  private final RingsSkyMap map;
  private final LanczosKernel kernel = new LanczosKernel(LANCZOS_ORDER, PHASES);
  private final double[] x = new double[HipsTile.AREA];
  private final double[] y = new double[HipsTile.AREA];
  private final float[] area = new float[HipsTile.AREA];
  private final int[] owner = new int[HipsTile.AREA];
  private final double[] wx = new double[2 * LANCZOS_ORDER];
  private final double[] wy = new double[2 * LANCZOS_ORDER];

  public TileSampler(RingsSkyMap map) {
    this.map = map;
  }

  /** A patch that owns pixels of the tile, and the box of their positions. */
  private record Owner(Tract tract, int patch, Box box) {}

  /** The pixels of a tile, FITS rows from the bottom; null when none has a value. */
  public float @Nullable [] sample(HipsTile tile, Coadds coadds) {
    if (!mayHave(tile, coadds)) {
      return null;
    }
    float[] out = new float[HipsTile.AREA];
    Arrays.fill(out, Float.NaN);
    boolean any = false;
    List<Owner> owners = place(tile);
    for (int k = 0; k < owners.size(); k++) {
      Owner o = owners.get(k);
      ImageF image = coadds.patch(o.tract(), o.patch(), o.box().grow(LANCZOS_ORDER));
      if (image != null) {
        any |= fill(k, image, out);
      }
    }
    return any ? out : null;
  }

  /** False when no patch within half a mesh of a node has a coadd. */
  private boolean mayHave(HipsTile tile, Coadds coadds) {
    if (tile.order() < LOWEST_BY_NODES) {
      return true;
    }
    for (int k = 0; k < (MESHES + 1) * (MESHES + 1); k++) {
      double fx = k % (MESHES + 1) / (double) MESHES;
      double fy = k / (MESHES + 1) / (double) MESHES;
      SkyPoint p = tile.place(fx, fy);
      for (int id : map.tractsContaining(p.raDeg(), p.decDeg())) {
        Tract tract = map.tract(id);
        double[] q = tract.wcs().toPixel(p.raDeg(), p.decDeg());
        for (int corner = 0; corner < 4; corner++) {
          int cx = (int) q[0] + (corner % 2 == 0 ? -NEAR_PX : NEAR_PX);
          int cy = (int) q[1] + (corner < 2 ? -NEAR_PX : NEAR_PX);
          int patch = tract.patchOf(cx, cy);
          if (patch >= 0 && coadds.has(tract, patch)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private boolean fill(int which, ImageF image, float[] out) {
    boolean any = false;
    for (int i = 0; i < out.length; i++) {
      if (owner[i] == which) {
        double value = value(image, x[i], y[i]);
        out[i] = (float) (value / area[i]);
        any |= !Double.isNaN(value);
      }
    }
    return any;
  }

  private double value(ImageF image, double px, double py) {
    int left = (int) Math.floor(px);
    int low = (int) Math.floor(py);
    Box box = image.box();
    int reach = LANCZOS_ORDER - 1;
    boolean inside =
        left - reach >= box.x0()
            && low - reach >= box.y0()
            && left + LANCZOS_ORDER < box.x1()
            && low + LANCZOS_ORDER < box.y1();
    if (inside) {
      kernel.nearest(px - left, wx);
      kernel.nearest(py - low, wy);
      double sum = 0;
      int at = image.offset + (low - reach - box.y0()) * image.stride + (left - reach - box.x0());
      for (int j = 0; j < wy.length; j++, at += image.stride) {
        double row = 0;
        for (int i = 0; i < wx.length; i++) {
          row += wx[i] * image.data[at + i];
        }
        sum += wy[j] * row;
      }
      if (!Double.isNaN(sum)) {
        return sum;
      }
    }
    if (!box.contains(left, low) || !box.contains(left + 1, low + 1)) {
      return Double.NaN;
    }
    double u = px - left;
    double v = py - low;
    return (1 - v) * ((1 - u) * image.get(left, low) + u * image.get(left + 1, low))
        + v * ((1 - u) * image.get(left, low + 1) + u * image.get(left + 1, low + 1));
  }

  /** Sets position, pixel area and owner of every pixel. */
  private List<Owner> place(HipsTile tile) {
    Arrays.fill(owner, -1);
    TreeSet<Integer> tracts = new TreeSet<>();
    if (tile.order() < LOWEST_BY_NODES) {
      for (int i = 0; i < HipsTile.AREA; i++) {
        tracts.add(tractOf(tile, i));
      }
    } else {
      for (int j = 0; j <= MESHES; j++) {
        for (int i = 0; i <= MESHES; i++) {
          SkyPoint p = tile.place(i / (double) MESHES, j / (double) MESHES);
          tracts.add(map.tractOf(p.raDeg(), p.decDeg()));
        }
      }
    }
    List<Owner> owners = new ArrayList<>();
    for (int id : tracts) {
      Tract tract = map.tract(id);
      Mesh mesh = new Mesh(tile, tract);
      boolean smooth = mesh.isSmooth();
      PatchBoxes boxes = new PatchBoxes(tract, owners.size());
      for (int i = 0; i < HipsTile.AREA; i++) {
        if (tracts.size() > 1 && tractOf(tile, i) != id) {
          continue;
        }
        mesh.place(i, smooth);
        owner[i] = boxes.add(x[i], y[i]);
      }
      owners.addAll(boxes.owners());
    }
    return owners;
  }

  private int tractOf(HipsTile tile, int i) {
    SkyPoint p = tile.center(i % HipsTile.WIDTH, i / HipsTile.WIDTH);
    return map.tractOf(p.raDeg(), p.decDeg());
  }

  /** The patches of a tract that own pixels. */
  private static final class PatchBoxes {
    private final Tract tract;
    private final int first;
    private final List<Integer> patches = new ArrayList<>();
    private final List<double[]> bounds = new ArrayList<>();

    PatchBoxes(Tract tract, int first) {
      this.tract = tract;
      this.first = first;
    }

    /** Number of the owner of a position; -1 outside the tract. */
    int add(double px, double py) {
      int patch = tract.patchOf((int) Math.floor(px + 0.5), (int) Math.floor(py + 0.5));
      if (patch < 0) {
        return -1;
      }
      int which = patches.indexOf(patch);
      if (which < 0) {
        which = patches.size();
        patches.add(patch);
        bounds.add(new double[] {px, py, px, py});
      }
      double[] b = bounds.get(which);
      b[0] = Math.min(b[0], px);
      b[1] = Math.min(b[1], py);
      b[2] = Math.max(b[2], px);
      b[3] = Math.max(b[3], py);
      return first + which;
    }

    List<Owner> owners() {
      List<Owner> out = new ArrayList<>();
      for (int k = 0; k < patches.size(); k++) {
        double[] b = bounds.get(k);
        Box box =
            Box.ofCorners(
                (int) Math.floor(b[0]),
                (int) Math.floor(b[1]),
                (int) Math.ceil(b[2]),
                (int) Math.ceil(b[3]));
        out.add(new Owner(tract, patches.get(k), box));
      }
      return out;
    }
  }

  /** Tract positions and pixel areas on the nodes of a tile. */
  private final class Mesh {
    private static final int NODES = MESHES + 1;
    private final HipsTile tile;
    private final Tract tract;
    private final double[][] nodes = new double[3][NODES * NODES];
    private final double[][] ofRow = new double[3][NODES];
    private int row = -1;

    Mesh(HipsTile tile, Tract tract) {
      this.tile = tile;
      this.tract = tract;
      for (int j = 0; j < NODES; j++) {
        for (int i = 0; i < NODES; i++) {
          double[] p = exact(i / (double) MESHES, j / (double) MESHES);
          for (int k = 0; k < 3; k++) {
            nodes[k][j * NODES + i] = p[k];
          }
        }
      }
    }

    /** {x, y, pixel area in arcsec^2} of a place of the tile. */
    private double[] exact(double fx, double fy) {
      SkyPoint sky = tile.place(fx, fy);
      double[] p = tract.wcs().toPixel(sky.raDeg(), sky.decDeg());
      return new double[] {p[0], p[1], tract.wcs().pixelArea(p[0], p[1])};
    }

    boolean isSmooth() {
      for (int j = 0; j < MESHES; j++) {
        for (int i = 0; i < MESHES; i++) {
          double fx = (i + 0.5) / MESHES;
          double fy = (j + 0.5) / MESHES;
          double[] p = exact(fx, fy);
          double dx = interpolated(0, fx, fy) - p[0];
          double dy = interpolated(1, fx, fy) - p[1];
          if (!(Math.hypot(dx, dy) < TOLERANCE_PX)) {
            return false;
          }
        }
      }
      return true;
    }

    /** Sets position and area of a pixel; pixels of a row come one after the other. */
    void place(int i, boolean smooth) {
      double fx = (HipsTile.WIDTH - 1 - i / HipsTile.WIDTH + 0.5) / HipsTile.WIDTH;
      double fy = (i % HipsTile.WIDTH + 0.5) / HipsTile.WIDTH;
      if (smooth) {
        if (i / HipsTile.WIDTH != row) {
          row = i / HipsTile.WIDTH;
          interpolateRow(fx);
        }
        int j = first(fy);
        double v = fy * MESHES - j;
        x[i] = cubic(v, ofRow[0], j);
        y[i] = cubic(v, ofRow[1], j);
        area[i] = (float) cubic(v, ofRow[2], j);
      } else {
        double[] p = exact(fx, fy);
        x[i] = p[0];
        y[i] = p[1];
        area[i] = (float) p[2];
      }
    }

    /** The nodes interpolated to a row of the tile. */
    private void interpolateRow(double fx) {
      int i = first(fx);
      for (int k = 0; k < nodes.length; k++) {
        for (int j = 0; j < NODES; j++) {
          ofRow[k][j] = cubic(fx * MESHES - i, nodes[k], j * NODES + i);
        }
      }
    }

    private double interpolated(int which, double fx, double fy) {
      int i = first(fx);
      int j = first(fy);
      double[] column = new double[4];
      for (int k = 0; k < 4; k++) {
        column[k] = cubic(fx * MESHES - i, nodes[which], (j + k) * NODES + i);
      }
      return cubic(fy * MESHES - j, column, 0);
    }

    /** First of the four nodes about a place; at the rim all four are on one side. */
    private static int first(double f) {
      return Math.max(0, Math.min(MESHES - 3, (int) (f * MESHES) - 1));
    }

    /** Cubic through four values at 0, 1, 2, 3. */
    private static double cubic(double t, double[] values, int at) {
      double t1 = t - 1;
      double t2 = t - 2;
      double t3 = t - 3;
      return -values[at] * t1 * t2 * t3 / 6
          + values[at + 1] * t * t2 * t3 / 2
          - values[at + 2] * t * t1 * t3 / 2
          + values[at + 3] * t * t1 * t2 / 6;
    }
  }
}
