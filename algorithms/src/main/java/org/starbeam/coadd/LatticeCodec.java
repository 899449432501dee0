package org.starbeam.coadd;

import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.SpanSet;

/**
 * Bytes of a plane whose values are whole multiples of a step: each level less what its neighbours
 * to the left, above and above left foretell (a plane through them), sign in the lowest bit. Smooth
 * planes become small numbers, which compress to a fraction. Pixels of a set of holes are foretold
 * exactly and cost nothing.
 */
final class LatticeCodec {
  private LatticeCodec() {}

  static void write(StateWriter out, ImageF plane, double step, SpanSet holes) {
    Box box = plane.box();
    boolean[] hole = map(holes, box);
    int width = box.width();
    int[] residual = new int[box.area()];
    int[] above = new int[width];
    int[] row = new int[width];
    for (int y = 0; y < box.height(); y++) {
      int from = plane.offset + y * plane.stride;
      for (int x = 0; x < width; x++) {
        int foretold = foretold(row, above, x);
        int i = y * width + x;
        row[x] = hole[i] ? foretold : (int) Math.rint(plane.data[from + x] / step);
        int d = row[x] - foretold;
        residual[i] = (d << 1) ^ (d >> 31);
      }
      int[] used = above;
      above = row;
      row = used;
    }
    out.ints(residual);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param inHoles value of the pixels of the set
   */
  static ImageF read(StateReader in, Box box, double step, SpanSet holes, float inHoles) {
    boolean[] hole = map(holes, box);
    int width = box.width();
    int[] residual = in.ints(box.area());
    int[] above = new int[width];
    int[] row = new int[width];
    ImageF plane = new ImageF(box);
    for (int y = 0; y < box.height(); y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        row[x] = foretold(row, above, x) + ((residual[i] >>> 1) ^ -(residual[i] & 1));
        plane.data[i] = hole[i] ? inHoles : (float) (row[x] * step);
      }
      int[] used = above;
      above = row;
      row = used;
    }
    return plane;
  }

  /** Wraps like the sum of the residuals does. */
  private static int foretold(int[] row, int[] above, int x) {
    return x == 0 ? above[0] : row[x - 1] + above[x] - above[x - 1];
  }

  private static boolean[] map(SpanSet holes, Box box) {
    boolean[] map = new boolean[box.area()];
    for (int run = 0; run < holes.size(); run++) {
      int row = (holes.y(run) - box.y0()) * box.width() - box.x0();
      for (int x = holes.x0(run); x < holes.x1(run); x++) {
        map[row + x] = true;
      }
    }
    return map;
  }
}
