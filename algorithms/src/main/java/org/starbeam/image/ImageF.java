package org.starbeam.image;

import java.util.Arrays;

/**
 * An image of 32-bit floats. Pixels are stored row by row in one flat array; a view of a sub-box
 * shares the array of its parent and keeps the parent's coordinates. Hot loops take {@link #data},
 * {@link #offset} and {@link #stride} and index by hand; {@link #get} and {@link #set} are for the
 * rest.
 */
public final class ImageF {
  /** Backing array; shared with every view. */
  public final float[] data;

  /** Index in {@link #data} of the first pixel of the box. */
  public final int offset;

  /** Distance in {@link #data} between a pixel and the one above it. */
  public final int stride;

  private final Box box;

  private ImageF(float[] data, int offset, int stride, Box box) {
    this.data = data;
    this.offset = offset;
    this.stride = stride;
    this.box = box;
  }

  /** An image of zeros. */
  public ImageF(Box box) {
    this(new float[box.area()], 0, box.width(), box);
  }

  /** An image of zeros with its first pixel at (0, 0). */
  public ImageF(int width, int height) {
    this(new Box(0, 0, width, height));
  }

  /** Wraps an array that holds the box row by row; the array is not copied. */
  public static ImageF wrap(Box box, float[] data) {
    if (data.length != box.area()) {
      throw new IllegalArgumentException(data.length + " values for " + box);
    }
    return new ImageF(data, 0, box.width(), box);
  }

  public Box box() {
    return box;
  }

  public int width() {
    return box.width();
  }

  public int height() {
    return box.height();
  }

  /** Index in {@link #data} of pixel (x, y) in the coordinates of the box; not checked. */
  public int index(int x, int y) {
    return offset + (y - box.y0()) * stride + (x - box.x0());
  }

  public float get(int x, int y) {
    return data[index(x, y)];
  }

  public void set(int x, int y, float value) {
    data[index(x, y)] = value;
  }

  /** A view of part of this image, sharing its pixels. */
  public ImageF view(Box part) {
    if (!box.contains(part)) {
      throw new IllegalArgumentException(part + " is not inside " + box);
    }
    int start = part.isEmpty() ? offset : index(part.x0(), part.y0());
    return new ImageF(data, start, stride, part);
  }

  /** The same pixels with the first one at (x0, y0). */
  public ImageF withOrigin(int x0, int y0) {
    return new ImageF(data, offset, stride, new Box(x0, y0, box.width(), box.height()));
  }

  /** A compact copy (stride equals width). */
  public ImageF copy() {
    return wrap(box, toArray());
  }

  /** The pixels row by row in a new array. */
  public float[] toArray() {
    float[] out = new float[box.area()];
    for (int row = 0; row < height(); row++) {
      System.arraycopy(data, offset + row * stride, out, row * width(), width());
    }
    return out;
  }

  public void fill(float value) {
    for (int row = 0; row < height(); row++) {
      int start = offset + row * stride;
      Arrays.fill(data, start, start + width(), value);
    }
  }

  /** Copies the overlap of both boxes from another image into this one. */
  public void copyFrom(ImageF other) {
    Box overlap = box.intersect(other.box);
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      System.arraycopy(
          other.data, other.index(overlap.x0(), y), data, index(overlap.x0(), y), overlap.width());
    }
  }
}
