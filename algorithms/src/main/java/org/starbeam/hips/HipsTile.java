package org.starbeam.hips;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;

/**
 * A tile of a HiPS (IVOA HiPS 1.0, specs/07 section 1): HEALPix pixel {@code pixel} of order {@code
 * order} in the NESTED scheme, cut into 512 x 512 pixels of order + 9. With FITS column c and row
 * r, both from 0 and the row counted from the bottom,
 *
 * <pre>
 *   iy = c     ix = 511 - r     HEALPix pixel = pixel 4^9 + interleave(ix, iy)
 * </pre>
 *
 * so (0, 0) is the east corner and (511, 0) the north corner. Rasters store the top line first.
 * Arrays of a tile hold the FITS rows from the bottom.
 *
 * @param order 0 to 20
 * @param pixel 0 to 12 * 4^order - 1
 */
public record HipsTile(int order, long pixel) implements Comparable<HipsTile> {
  /** log2 of the width. */
  public static final int SHIFT = 9;

  /** Pixels of a tile per axis. */
  public static final int WIDTH = 1 << SHIFT;

  /** Pixels of a tile. */
  public static final int AREA = WIDTH * WIDTH;

  private static final int DEEPEST = 20;
  private static final long IN_DIRECTORY = 10_000;
  private static final Pattern PATH =
      Pattern.compile("Norder(\\d{1,2})/Dir\\d{1,18}/Npix(\\d{1,18})\\.\\w{1,8}");

  /** Side of the square that has the area of a pixel of order 0, degrees. */
  private static final double ORDER_0_DEG = Math.toDegrees(Math.sqrt(4 * Math.PI / 12));

  public HipsTile {
    if (order < 0 || order > DEEPEST || pixel < 0 || pixel >= 12L << (2 * order)) {
      throw new IllegalArgumentException("HiPS tile " + pixel + " of order " + order);
    }
  }

  /** Side of the square that has the area of a tile's pixel, degrees. */
  public static double pixelDeg(int order) {
    return ORDER_0_DEG / ((1L << order) * (double) WIDTH);
  }

  /**
   * The smallest order whose pixels are not larger than an image's times a ratio.
   *
   * @param pixelArcsec pixel of the image
   * @param maxRatio 1.05 by the specification
   */
  public static int orderFor(double pixelArcsec, double maxRatio) {
    int order = 0;
    while (order < DEEPEST && pixelDeg(order) * 3600 > maxRatio * pixelArcsec) {
      order++;
    }
    return order;
  }

  /** HEALPix pixel of order + 9 at a column and a row from the bottom. */
  public long healpix(int column, int row) {
    return (pixel << (2 * SHIFT)) + Healpix.interleave(WIDTH - 1 - row, column);
  }

  /** Direction of the centre of a pixel. */
  public SkyPoint center(int column, int row) {
    return new Healpix(order + SHIFT).center(healpix(column, row));
  }

  /**
   * Direction of a place of the tile, as fractions of its side.
   *
   * @param x from the south to the east: (ix + 0.5) / 512 at the centre of a pixel
   * @param y from the south to the west
   */
  public SkyPoint place(double x, double y) {
    return new Healpix(order).place(pixel, x, y);
  }

  /** The tile of the next lower order that holds this one. */
  public HipsTile parent() {
    return new HipsTile(order - 1, pixel >> 2);
  }

  /** The tile of a lower or the same order that holds this one. */
  public HipsTile ancestor(int lower) {
    return new HipsTile(lower, pixel >> (2 * (order - lower)));
  }

  /** One of the four tiles of the next order: 0 south, 1 east, 2 west, 3 north. */
  public HipsTile child(int which) {
    return new HipsTile(order + 1, 4 * pixel + which);
  }

  /** Place of the tile in a tree, {@code Norder3/Dir0/Npix450.fits}. */
  public String path(String extension) {
    return "Norder%d/Dir%d/Npix%d.%s"
        .formatted(order, pixel / IN_DIRECTORY * IN_DIRECTORY, pixel, extension);
  }

  /** The tile of a place in a tree; null when it is the place of no tile. */
  public static @Nullable HipsTile ofPath(String path) {
    Matcher match = PATH.matcher(path);
    if (!match.matches()) {
      return null;
    }
    int order = Integer.parseInt(match.group(1));
    long pixel = Long.parseLong(match.group(2));
    boolean exists = order <= DEEPEST && pixel < 12L << (2 * order);
    return exists ? new HipsTile(order, pixel) : null;
  }

  /**
   * WCS cards in the projection HPX (Calabretta and Roukema 2007), 1-based. On tile 6 of order 0
   * they are right on one side of longitude 180 only: what fills a tile goes by the index.
   */
  public Map<String, Object> header() {
    long n = 1L << order;
    int base = (int) (pixel >> (2 * order));
    long within = pixel & ((1L << (2 * order)) - 1);
    long ix = Healpix.column(within);
    long iy = Healpix.column(within >> 1);
    double l = (ix - iy) / (double) n;
    double h = (ix + iy - (n - 1)) / (double) n;
    double term = base >= 4 && base < 8 ? 2 * (base - 4) : 2 * (base & 3) + 1;
    double x = 45 * (term + l);
    double y = 45 * (base < 4 ? 1 + h : base < 8 ? h : h - 1);
    boolean polar = base < 4 || base > 7;
    if (polar ? term > 3 : term == 6 || (term == 4 && l > 0)) {
      x -= 360;
    }
    double s = 45 / (n * (double) WIDTH);
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CTYPE1", "RA---HPX");
    cards.put("CTYPE2", "DEC--HPX");
    cards.put("CUNIT1", "deg");
    cards.put("CUNIT2", "deg");
    cards.put("RADESYS", "ICRS");
    cards.put("CRPIX1", (WIDTH + 1) / 2.0 + x / (2 * s) - y / (2 * s));
    cards.put("CRPIX2", (WIDTH + 1) / 2.0 + x / (2 * s) + y / (2 * s));
    cards.put("CRVAL1", 0.0);
    cards.put("CRVAL2", 0.0);
    cards.put("CD1_1", -s);
    cards.put("CD1_2", -s);
    cards.put("CD2_1", s);
    cards.put("CD2_2", -s);
    cards.put("PV2_1", 4);
    cards.put("PV2_2", 3);
    return cards;
  }

  /** Order of indices within an order, lower orders first. */
  @Override
  public int compareTo(HipsTile other) {
    return order == other.order
        ? Long.compare(pixel, other.pixel)
        : Integer.compare(order, other.order);
  }
}
