package org.starbeam.deblend;

import org.starbeam.image.Box;

/**
 * The part of an image that is symmetric about a peak and falls outwards from it (specs/04 section
 * 4.4): min(I(x), I(2p - x)), as far as it can be reached from the peak without going up.
 */
final class SymmetricTemplate {
  private SymmetricTemplate() {}

  /**
   * @param box of the pixels that are above the threshold, EMPTY when there are none
   * @param pixels of that box, 0 outside what was reached; maximum 1
   */
  record Template(Box box, float[] pixels) {}

  /**
   * The template of one peak.
   *
   * @param image row by row
   * @param box of the image
   * @param threshold that its pixels exceed
   * @param border pixels added around it, inside the image
   */
  static Template of(float[] image, Box box, int px, int py, double threshold, int border) {
    float[] symmetric = new float[image.length];
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++, i++) {
        int u = 2 * px - x;
        int v = 2 * py - y;
        symmetric[i] =
            box.contains(u, v)
                ? Math.min(image[i], image[(v - box.y0()) * box.width() + u - box.x0()])
                : 0;
      }
    }
    boolean[] mask = monotoneMask(symmetric, box, px, py, threshold);
    Box own = Box.EMPTY;
    float most = 0;
    for (int i = 0; i < mask.length; i++) {
      if (mask[i]) {
        own = own.union(new Box(box.x0() + i % box.width(), box.y0() + i / box.width(), 1, 1));
        most = Math.max(most, symmetric[i]);
      }
    }
    if (own.isEmpty()) {
      return new Template(Box.EMPTY, new float[0]);
    }
    Box out = own.union(new Box(px, py, 1, 1)).grow(border).intersect(box);
    float[] pixels = new float[out.area()];
    for (int y = out.y0(), i = 0; y < out.y1(); y++) {
      for (int x = out.x0(); x < out.x1(); x++, i++) {
        int at = (y - box.y0()) * box.width() + x - box.x0();
        pixels[i] = mask[at] ? symmetric[at] / most : 0;
      }
    }
    return new Template(out, pixels);
  }

  /**
   * Pixels that are reached over 4-neighbours from the brightest pixel within one of the peak,
   * never going up, above a threshold.
   */
  static boolean[] monotoneMask(float[] image, Box box, int px, int py, double threshold) {
    int width = box.width();
    int height = box.height();
    boolean[] in = new boolean[image.length];
    int[] queue = new int[image.length];
    int head = 0;
    int tail = 0;
    int start = MorphologyConstraint.brightest(image, width, height, px - box.x0(), py - box.y0());
    if (image[start] > threshold) {
      in[start] = true;
      queue[tail++] = start;
    }
    while (head < tail) {
      int at = queue[head++];
      int x = at % width;
      int y = at / width;
      tail = visit(image, in, queue, tail, at, x > 0 ? at - 1 : -1, threshold);
      tail = visit(image, in, queue, tail, at, x < width - 1 ? at + 1 : -1, threshold);
      tail = visit(image, in, queue, tail, at, y > 0 ? at - width : -1, threshold);
      tail = visit(image, in, queue, tail, at, y < height - 1 ? at + width : -1, threshold);
    }
    return in;
  }

  private static int visit(
      float[] image, boolean[] in, int[] queue, int tail, int from, int to, double threshold) {
    if (to < 0 || in[to] || !(image[to] > threshold) || !(image[to] <= image[from])) {
      return tail;
    }
    in[to] = true;
    queue[tail] = to;
    return tail + 1;
  }
}
