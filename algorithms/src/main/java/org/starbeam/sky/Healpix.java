package org.starbeam.sky;

import java.util.ArrayList;
import java.util.List;

/**
 * HEALPix in the NESTED scheme for one order k (nside 2^k, 12 * 4^k pixels, k = 0 to 29), longitude
 * = right ascension (Gorski et al. 2005, ApJ 622, 759). Within a base pixel ix grows from the south
 * corner to the east, iy from the south corner to the west; the index is base * 4^k +
 * interleave(ix, iy), ix in the even bits. Every call is O(1) but {@link #cone}.
 */
public final class Healpix {
  private static final int[] RING_OF_BASE = {2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4};
  private static final int[] LON_OF_BASE = {1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7};
  private static final int[] X_OFFSET = {-1, -1, 0, 1, 1, 1, 0, -1};
  private static final int[] Y_OFFSET = {0, 1, 1, 1, 0, -1, -1, -1};
  private static final int[][] FACE = {
    {8, 9, 10, 11, -1, -1, -1, -1, 10, 11, 8, 9},
    {5, 6, 7, 4, 8, 9, 10, 11, 9, 10, 11, 8},
    {-1, -1, -1, -1, 5, 6, 7, 4, -1, -1, -1, -1},
    {4, 5, 6, 7, 11, 8, 9, 10, 11, 8, 9, 10},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
    {1, 2, 3, 0, 0, 1, 2, 3, 5, 6, 7, 4},
    {-1, -1, -1, -1, 7, 4, 5, 6, -1, -1, -1, -1},
    {3, 0, 1, 2, 3, 0, 1, 2, 4, 5, 6, 7},
    {2, 3, 0, 1, -1, -1, -1, -1, 0, 1, 2, 3}
  };
  private static final int[][] SWAP = {
    {0, 0, 3}, {0, 0, 6}, {0, 0, 0}, {0, 0, 5}, {0, 0, 0}, {5, 0, 0}, {0, 0, 0}, {6, 0, 0},
    {3, 0, 0}
  };

  private final int order;
  private final long nside;

  public Healpix(int order) {
    if (order < 0 || order > 29) {
      throw new IllegalArgumentException("HEALPix order " + order + ", allowed are 0 to 29");
    }
    this.order = order;
    this.nside = 1L << order;
  }

  public int order() {
    return order;
  }

  public long pixelCount() {
    return 12L << (2 * order);
  }

  /** Nested pixels from {@code first} to the one before {@code end}. */
  public record Range(long first, long end) {}

  /** The pixels of a finer order that a pixel of an order is made of. */
  public static Range range(long pixel, int order, int finer) {
    int shift = 2 * (finer - order);
    return new Range(pixel << shift, (pixel + 1) << shift);
  }

  /** Largest distance of a pixel's centre from its corners, degrees (an upper bound). */
  public double maxPixelRadiusDeg() {
    return 48.2 / nside;
  }

  /**
   * Index of the pixel that holds a direction; z = cos(90 deg - dec), so that ties on the equator
   * go north as elsewhere.
   */
  public long pixel(double raDeg, double decDeg) {
    double z = Math.cos(Math.PI / 2 - Math.toRadians(decDeg));
    double za = Math.abs(z);
    double tt = Gnomonic.normalizeRa(raDeg) / 90.0;
    if (za <= 2.0 / 3.0) {
      double a = nside * (0.5 + tt);
      double b = nside * z * 0.75;
      long jp = (long) Math.floor(a - b);
      long jm = (long) Math.floor(a + b);
      long ifp = jp >> order;
      long ifm = jm >> order;
      int face = ifp == ifm ? (int) (ifp | 4) : ifp < ifm ? (int) ifp : (int) (ifm + 8);
      long ix = jm & (nside - 1);
      long iy = nside - (jp & (nside - 1)) - 1;
      return encode(face, ix, iy);
    }
    int quadrant = Math.min(3, (int) tt);
    double tp = tt - quadrant;
    double cosDec = Math.cos(Math.toRadians(decDeg));
    double scale = nside * cosDec / Math.sqrt((1 + za) / 3.0);
    long jp = Math.min(nside - 1, (long) (tp * scale));
    long jm = Math.min(nside - 1, (long) ((1 - tp) * scale));
    return z >= 0 ? encode(quadrant, nside - jm - 1, nside - jp - 1) : encode(quadrant + 8, jp, jm);
  }

  /** Direction of a pixel's centre. */
  public SkyPoint center(long pixel) {
    return position(face(pixel), ix(pixel) + 0.5, iy(pixel) + 0.5);
  }

  /**
   * Direction of a place in a pixel.
   *
   * @param x from the south corner (0) to the east corner (1)
   * @param y from the south corner (0) to the west corner (1)
   */
  public SkyPoint place(long pixel, double x, double y) {
    return position(face(pixel), ix(pixel) + x, iy(pixel) + y);
  }

  /** Index within a square of 2^32 pixels a side of column x and line y: x in the even bits. */
  public static long interleave(long x, long y) {
    return spread(x) | (spread(y) << 1);
  }

  /** Column of a place of {@link #interleave}; that of {@code index >> 1} is its line. */
  public static long column(long index) {
    return compress(index);
  }

  /** Corners of a pixel in the order north, west, south, east. */
  public SkyPoint[] corners(long pixel) {
    int face = face(pixel);
    long ix = ix(pixel);
    long iy = iy(pixel);
    return new SkyPoint[] {
      position(face, ix + 1, iy + 1),
      position(face, ix, iy + 1),
      position(face, ix, iy),
      position(face, ix + 1, iy)
    };
  }

  /** Neighbours in the order SW, W, NW, N, NE, E, SE, S; -1 where there is none. */
  public long[] neighbours(long pixel) {
    int face = face(pixel);
    long ix = ix(pixel);
    long iy = iy(pixel);
    long[] out = new long[8];
    for (int i = 0; i < 8; i++) {
      out[i] = neighbour(face, ix + X_OFFSET[i], iy + Y_OFFSET[i]);
    }
    return out;
  }

  private long neighbour(int face, long ixNext, long iyNext) {
    long x = ixNext;
    long y = iyNext;
    int direction = 4;
    if (x < 0) {
      x += nside;
      direction -= 1;
    } else if (x >= nside) {
      x -= nside;
      direction += 1;
    }
    if (y < 0) {
      y += nside;
      direction -= 3;
    } else if (y >= nside) {
      y -= nside;
      direction += 3;
    }
    int next = FACE[direction][face];
    if (next < 0) {
      return -1;
    }
    int bits = SWAP[direction][face >> 2];
    if ((bits & 1) != 0) {
      x = nside - x - 1;
    }
    if ((bits & 2) != 0) {
      y = nside - y - 1;
    }
    return (bits & 4) != 0 ? encode(next, y, x) : encode(next, x, y);
  }

  /**
   * Pixels that may overlap a circle, in ascending order: all that do and perhaps a few more at the
   * rim. Cost O(pixels returned + order).
   */
  public List<Long> cone(double raDeg, double decDeg, double radiusDeg) {
    List<Long> out = new ArrayList<>();
    for (long base = 0; base < 12; base++) {
      descend(0, base, raDeg, decDeg, radiusDeg, out);
    }
    return out;
  }

  private void descend(
      int level, long pixel, double raDeg, double decDeg, double radiusDeg, List<Long> out) {
    Healpix grid = new Healpix(level);
    SkyPoint c = grid.center(pixel);
    double distance = Angles.separationArcsec(raDeg, decDeg, c.raDeg(), c.decDeg()) / 3600;
    if (distance > radiusDeg + grid.maxPixelRadiusDeg()) {
      return;
    }
    if (level == order) {
      out.add(pixel);
      return;
    }
    for (long child = 0; child < 4; child++) {
      descend(level + 1, pixel * 4 + child, raDeg, decDeg, radiusDeg, out);
    }
  }

  private SkyPoint position(int face, double x, double y) {
    double jr = RING_OF_BASE[face] - (x + y) / nside;
    double nr;
    double z;
    double cosDec;
    if (jr < 1) {
      nr = jr;
      double t = nr * nr / 3;
      z = 1 - t;
      cosDec = Math.sqrt(t * (2 - t));
    } else if (jr > 3) {
      nr = 4 - jr;
      double t = nr * nr / 3;
      z = t - 1;
      cosDec = Math.sqrt(t * (2 - t));
    } else {
      nr = 1;
      z = (2 - jr) * 2.0 / 3.0;
      cosDec = Math.sqrt((1 - z) * (1 + z));
    }
    double phi = LON_OF_BASE[face] * nr + (x - y) / nside;
    if (phi < 0) {
      phi += 8;
    } else if (phi >= 8) {
      phi -= 8;
    }
    double ra = nr < 1e-15 ? 0 : 45 * phi / nr;
    return new SkyPoint(Gnomonic.normalizeRa(ra), Math.toDegrees(Math.atan2(z, cosDec)));
  }

  private long encode(int face, long ix, long iy) {
    return ((long) face << (2 * order)) + spread(ix) + (spread(iy) << 1);
  }

  private int face(long pixel) {
    if (pixel < 0 || pixel >= pixelCount()) {
      throw new IllegalArgumentException("HEALPix pixel " + pixel + " at order " + order);
    }
    return (int) (pixel >> (2 * order));
  }

  private long ix(long pixel) {
    return compress(pixel & ((1L << (2 * order)) - 1));
  }

  private long iy(long pixel) {
    return compress((pixel & ((1L << (2 * order)) - 1)) >> 1);
  }

  private static long spread(long value) {
    long v = value & 0xFFFFFFFFL;
    v = (v | (v << 16)) & 0x0000FFFF0000FFFFL;
    v = (v | (v << 8)) & 0x00FF00FF00FF00FFL;
    v = (v | (v << 4)) & 0x0F0F0F0F0F0F0F0FL;
    v = (v | (v << 2)) & 0x3333333333333333L;
    return (v | (v << 1)) & 0x5555555555555555L;
  }

  private static long compress(long value) {
    long v = value & 0x5555555555555555L;
    v = (v | (v >> 1)) & 0x3333333333333333L;
    v = (v | (v >> 2)) & 0x0F0F0F0F0F0F0F0FL;
    v = (v | (v >> 4)) & 0x00FF00FF00FF00FFL;
    v = (v | (v >> 8)) & 0x0000FFFF0000FFFFL;
    return (v | (v >> 16)) & 0x00000000FFFFFFFFL;
  }
}
