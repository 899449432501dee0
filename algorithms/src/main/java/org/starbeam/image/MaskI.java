package org.starbeam.image;

import java.util.Arrays;

/**
 * A mask of 32 named planes per pixel (see {@link MaskPlanes}). Pixels are stored row by row in one
 * flat array; a view of a sub-box shares the array of its parent and keeps the parent's
 * coordinates. Hot loops take {@link #data}, {@link #offset} and {@link #stride} and index by hand;
 * {@link #get} and {@link #set} are for the rest.
 */
public final class MaskI extends Raster {
  /** Backing array; shared with every view. */
  public final int[] data;

  private MaskI(int[] data, int offset, int stride, Box box) {
    super(offset, stride, box);
    this.data = data;
  }

  /** An image of zeros. */
  public MaskI(Box box) {
    this(new int[box.area()], 0, box.width(), box);
  }

  /** An image of zeros with its first pixel at (0, 0). */
  public MaskI(int width, int height) {
    this(new Box(0, 0, width, height));
  }

  /** Wraps an array that holds the box row by row; the array is not copied. */
  public static MaskI wrap(Box box, int[] data) {
    requireArea(data.length, box);
    return new MaskI(data, 0, box.width(), box);
  }

  public int get(int x, int y) {
    return data[index(x, y)];
  }

  public void set(int x, int y, int value) {
    data[index(x, y)] = value;
  }

  /** A view of part of this image, sharing its pixels. */
  public MaskI view(Box part) {
    return new MaskI(data, startOf(part), stride, part);
  }

  /** The same pixels with the first one at (x0, y0). */
  public MaskI withOrigin(int x0, int y0) {
    return new MaskI(data, offset, stride, boxAt(x0, y0));
  }

  /** A compact copy (stride equals width). */
  public MaskI copy() {
    return wrap(box(), toArray());
  }

  /** The pixels row by row in a new array. */
  public int[] toArray() {
    int[] out = new int[box().area()];
    for (int row = 0; row < height(); row++) {
      System.arraycopy(data, offset + row * stride, out, row * width(), width());
    }
    return out;
  }

  public void fill(int value) {
    for (int row = 0; row < height(); row++) {
      int start = offset + row * stride;
      Arrays.fill(data, start, start + width(), value);
    }
  }

  /** Copies the overlap of both boxes from another image into this one. */
  public void copyFrom(MaskI other) {
    Box overlap = box().intersect(other.box());
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      System.arraycopy(
          other.data, other.index(overlap.x0(), y), data, index(overlap.x0(), y), overlap.width());
    }
  }
}
