package org.starbeam.hips;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;

/**
 * A gnomonic picture of a part of the sky, north up and east to the left, from the raster tiles of
 * one order: each of its pixels shows the nearest pixel of the tiles, black where there is none.
 */
public final class SkyPicture {
  /** Gives raster tiles. */
  @FunctionalInterface
  public interface Tiles {
    /** The picture of a tile; null when there is none. */
    @Nullable BufferedImage of(HipsTile tile) throws IOException;
  }

  private final Gnomonic plane;
  private final double widthDeg;
  private final double half;
  private final int size;

  /**
   * @param widthDeg of the picture, below 180
   * @param size pixels per axis
   */
  public SkyPicture(SkyPoint center, double widthDeg, int size) {
    this.plane = new Gnomonic(center);
    this.widthDeg = Math.min(widthDeg, 150);
    this.half = Math.tan(Math.toRadians(this.widthDeg / 2));
    this.size = size;
  }

  /** The order, at most {@code deepest}, whose pixels are just as small as those of the picture. */
  public int order(int deepest) {
    int order = 0;
    while (order < deepest && HipsTile.pixelDeg(order) > widthDeg / size) {
      order++;
    }
    return order;
  }

  /**
   * Place of a direction: column from the left and line from the top, (0, 0) the centre of the
   * first pixel; NaN when it is 90 degrees or more from the centre.
   */
  public double[] place(double raDeg, double decDeg) {
    double[] p = plane.project(raDeg, decDeg);
    return new double[] {
      0.5 * size * (1 - p[0] / half) - 0.5, 0.5 * size * (1 - p[1] / half) - 0.5
    };
  }

  /** Direction of a column and a line, as {@link #place} counts them. */
  public SkyPoint sky(double column, double line) {
    double xi = half * (1 - (2 * column + 1) / size);
    double eta = half * (1 - (2 * line + 1) / size);
    return plane.deproject(xi, eta);
  }

  /** Draws it from tiles of an order; all black when they show none of it. */
  public BufferedImage draw(int order, Tiles tiles) throws IOException {
    BufferedImage drawn = draw(order, tiles, new Box(0, 0, size, size));
    return drawn == null ? new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB) : drawn;
  }

  /**
   * Draws a part of it from tiles of an order.
   *
   * @param part columns and lines, lines from the top
   * @return null when the tiles show none of it
   */
  public @Nullable BufferedImage draw(int order, Tiles tiles, Box part) throws IOException {
    Healpix grid = new Healpix(order + HipsTile.SHIFT);
    Map<Long, BufferedImage> known = new HashMap<>();
    BufferedImage nothing = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    BufferedImage out = new BufferedImage(part.width(), part.height(), BufferedImage.TYPE_INT_RGB);
    boolean shown = false;
    for (int line = part.y0(); line < part.y1(); line++) {
      for (int column = part.x0(); column < part.x1(); column++) {
        SkyPoint p = sky(column, line);
        long pixel = grid.pixel(p.raDeg(), p.decDeg());
        long number = pixel >> (2 * HipsTile.SHIFT);
        BufferedImage tile = known.get(number);
        if (tile == null) {
          BufferedImage found = tiles.of(new HipsTile(order, number));
          tile = found == null ? nothing : found;
          known.put(number, tile);
        }
        if (tile != nothing) {
          int x = (int) Healpix.column((pixel & (HipsTile.AREA - 1)) >> 1);
          int y = (int) Healpix.column(pixel & (HipsTile.AREA - 1));
          int argb = tile.getRGB(x, y);
          if (argb >>> 24 != 0) {
            out.setRGB(column - part.x0(), line - part.y0(), argb);
            shown = true;
          }
        }
      }
    }
    return shown ? out : null;
  }
}
