package org.starbeam.image;

/**
 * A rectangle of pixels, half open: columns {@code x0 <= x < x0 + width}, rows {@code y0 <= y < y0
 * + height}. The origin may be negative. An empty box (width or height 0) is absorbing under {@link
 * #intersect} and neutral under {@link #union}.
 */
public record Box(int x0, int y0, int width, int height) {
  /** The empty box. */
  public static final Box EMPTY = new Box(0, 0, 0, 0);

  public Box {
    if (width < 0 || height < 0) {
      throw new IllegalArgumentException("box of negative size " + width + " x " + height);
    }
  }

  /** The box that spans both corners, inclusive. */
  public static Box ofCorners(int xMin, int yMin, int xMax, int yMax) {
    return xMax < xMin || yMax < yMin
        ? EMPTY
        : new Box(xMin, yMin, xMax - xMin + 1, yMax - yMin + 1);
  }

  /** The square box of side {@code 2 * radius + 1} centred on pixel (x, y). */
  public static Box around(int x, int y, int radius) {
    return new Box(x - radius, y - radius, 2 * radius + 1, 2 * radius + 1);
  }

  /** First column past the box. */
  public int x1() {
    return x0 + width;
  }

  /** First row past the box. */
  public int y1() {
    return y0 + height;
  }

  public int area() {
    return Math.multiplyExact(width, height);
  }

  public boolean isEmpty() {
    return width == 0 || height == 0;
  }

  public boolean contains(int x, int y) {
    return x >= x0 && y >= y0 && x < x1() && y < y1();
  }

  /** True when the pixel that holds the position (centres at integers) lies in the box. */
  public boolean containsPosition(double x, double y) {
    return x >= x0 - 0.5 && y >= y0 - 0.5 && x < x1() - 0.5 && y < y1() - 0.5;
  }

  public boolean contains(Box other) {
    return other.isEmpty()
        || (other.x0 >= x0 && other.y0 >= y0 && other.x1() <= x1() && other.y1() <= y1());
  }

  public Box intersect(Box other) {
    if (isEmpty() || other.isEmpty()) {
      return EMPTY;
    }
    return ofCorners(
        Math.max(x0, other.x0),
        Math.max(y0, other.y0),
        Math.min(x1(), other.x1()) - 1,
        Math.min(y1(), other.y1()) - 1);
  }

  public Box union(Box other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    return ofCorners(
        Math.min(x0, other.x0),
        Math.min(y0, other.y0),
        Math.max(x1(), other.x1()) - 1,
        Math.max(y1(), other.y1()) - 1);
  }

  /** The box with {@code border} pixels more on every side; a negative border shrinks it. */
  public Box grow(int border) {
    int w = width + 2 * border;
    int h = height + 2 * border;
    return w <= 0 || h <= 0 ? EMPTY : new Box(x0 - border, y0 - border, w, h);
  }

  public Box shift(int dx, int dy) {
    return new Box(x0 + dx, y0 + dy, width, height);
  }
}
