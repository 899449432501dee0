package org.starbeam.image;

/**
 * An image of doubles, for kernels, PSF stamps and accumulators. Pixels are stored row by row in
 * one flat array; a view of a sub-box shares the array of its parent and keeps the parent's
 * coordinates. Hot loops take {@link #data}, {@link #offset} and {@link #stride} and index by hand;
 * {@link #get} and {@link #set} are for the rest.
 */
public final class ImageD extends Raster {
  /** Backing array; shared with every view. */
  public final double[] data;

  private ImageD(double[] data, int offset, int stride, Box box) {
    super(offset, stride, box);
    this.data = data;
  }

  /** An image of zeros. */
  public ImageD(Box box) {
    this(new double[box.area()], 0, box.width(), box);
  }

  /** An image of zeros with its first pixel at (0, 0). */
  public ImageD(int width, int height) {
    this(new Box(0, 0, width, height));
  }

  /** Wraps an array that holds the box row by row; the array is not copied. */
  public static ImageD wrap(Box box, double[] data) {
    requireArea(data.length, box);
    return new ImageD(data, 0, box.width(), box);
  }

  public double get(int x, int y) {
    return data[index(x, y)];
  }

  public void set(int x, int y, double value) {
    data[index(x, y)] = value;
  }

  /** A view of part of this image, sharing its pixels. */
  public ImageD view(Box part) {
    return new ImageD(data, startOf(part), stride, part);
  }

  /** The same pixels with the first one at (x0, y0). */
  public ImageD withOrigin(int x0, int y0) {
    return new ImageD(data, offset, stride, boxAt(x0, y0));
  }

  /** A compact copy (stride equals width). */
  public ImageD copy() {
    return wrap(box(), toArray());
  }

  /** The pixels row by row in a new array. */
  public double[] toArray() {
    double[] out = new double[box().area()];
    for (int row = 0; row < height(); row++) {
      System.arraycopy(data, offset + row * stride, out, row * width(), width());
    }
    return out;
  }

  /** Copies the overlap of both boxes from another image into this one. */
  public void copyFrom(ImageD other) {
    Box overlap = box().intersect(other.box());
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      System.arraycopy(
          other.data, other.index(overlap.x0(), y), data, index(overlap.x0(), y), overlap.width());
    }
  }
}
