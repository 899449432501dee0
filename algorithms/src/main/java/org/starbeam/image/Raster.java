package org.starbeam.image;

/**
 * Where the pixels of a box lie in a flat array: row by row from an offset, at a stride. What
 * images and masks have in common whatever the type of a pixel; each keeps its array itself, so
 * that hot loops see a plain one.
 */
public abstract sealed class Raster permits ImageF, ImageD, MaskI {
  /** Index in the array of the first pixel of the box. */
  public final int offset;

  /** Distance in the array between a pixel and the one above it. */
  public final int stride;

  private final Box box;

  Raster(int offset, int stride, Box box) {
    this.offset = offset;
    this.stride = stride;
    this.box = box;
  }

  public final Box box() {
    return box;
  }

  public final int width() {
    return box.width();
  }

  public final int height() {
    return box.height();
  }

  /** Index in the array of pixel (x, y) in the coordinates of the box; not checked. */
  public final int index(int x, int y) {
    return offset + (y - box.y0()) * stride + (x - box.x0());
  }

  /** Index of the first pixel of a part of the box. */
  final int startOf(Box part) {
    if (!box.contains(part)) {
      throw new IllegalArgumentException(part + " is not inside " + box);
    }
    return part.isEmpty() ? offset : index(part.x0(), part.y0());
  }

  /** The box moved so that its first pixel is (x0, y0). */
  final Box boxAt(int x0, int y0) {
    return new Box(x0, y0, box.width(), box.height());
  }

  /** Refuses an array that does not hold the box row by row. */
  static void requireArea(int length, Box box) {
    if (length != box.area()) {
      throw new IllegalArgumentException(length + " values for " + box);
    }
  }
}
