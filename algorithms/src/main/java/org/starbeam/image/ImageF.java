package org.starbeam.image;

import java.util.Arrays;

/**
 * An image of 32-bit floats. Pixels are stored row by row in one flat array; a view of a sub-box
 * shares the array of its parent and keeps the parent's coordinates. Hot loops take {@link #data},
 * {@link #offset} and {@link #stride} and index by hand; {@link #get} and {@link #set} are for the
 * rest.
 */
public final class ImageF extends Raster {
  /** Backing array; shared with every view. */
  public final float[] data;

  private ImageF(float[] data, int offset, int stride, Box box) {
    super(offset, stride, box);
    this.data = data;
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
    requireArea(data.length, box);
    return new ImageF(data, 0, box.width(), box);
  }

  public float get(int x, int y) {
    return data[index(x, y)];
  }

  public void set(int x, int y, float value) {
    data[index(x, y)] = value;
  }

  /** A view of part of this image, sharing its pixels. */
  public ImageF view(Box part) {
    return new ImageF(data, startOf(part), stride, part);
  }

  /** The same pixels with the first one at (x0, y0). */
  public ImageF withOrigin(int x0, int y0) {
    return new ImageF(data, offset, stride, boxAt(x0, y0));
  }

  /** A compact copy (stride equals width). */
  public ImageF copy() {
    return wrap(box(), toArray());
  }

  /** The pixels row by row in a new array. */
  public float[] toArray() {
    float[] out = new float[box().area()];
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
    Box overlap = box().intersect(other.box());
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      System.arraycopy(
          other.data, other.index(overlap.x0(), y), data, index(overlap.x0(), y), overlap.width());
    }
  }

  /** Adds another image to this one where both boxes overlap. */
  public void add(ImageF other) {
    Box overlap = box().intersect(other.box());
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      int from = other.index(overlap.x0(), y);
      int to = index(overlap.x0(), y);
      for (int x = 0; x < overlap.width(); x++) {
        data[to + x] += other.data[from + x];
      }
    }
  }
}
