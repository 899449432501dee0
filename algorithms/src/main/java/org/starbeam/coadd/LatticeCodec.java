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
    int[] level = new int[box.area()];
    int[] residual = new int[box.area()];
    int width = box.width();
    for (int i = 0; i < level.length; i++) {
      int foretold = foretold(level, i, width);
      level[i] = hole[i] ? foretold : (int) Math.rint(value(plane, i, width) / step);
      int d = level[i] - foretold;
      residual[i] = (d << 1) ^ (d >> 31);
    }
    out.ints(residual);
  }

  private static float value(ImageF plane, int i, int width) {
    return plane.data[plane.offset + i / width * plane.stride + i % width];
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param inHoles value of the pixels of the set
   */
  static ImageF read(StateReader in, Box box, double step, SpanSet holes, float inHoles) {
    boolean[] hole = map(holes, box);
    int[] residual = in.ints(box.area());
    int[] level = new int[residual.length];
    ImageF plane = new ImageF(box);
    for (int i = 0; i < level.length; i++) {
      int d = (residual[i] >>> 1) ^ -(residual[i] & 1);
      level[i] = foretold(level, i, box.width()) + d;
      plane.data[i] = hole[i] ? inHoles : (float) (level[i] * step);
    }
    return plane;
  }

  /** Wraps like the sum of the residuals does. */
  private static int foretold(int[] level, int i, int width) {
    int x = i % width;
    int left = x > 0 ? level[i - 1] : 0;
    int above = i >= width ? level[i - width] : 0;
    int corner = x > 0 && i >= width ? level[i - width - 1] : 0;
    return left + above - corner;
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
