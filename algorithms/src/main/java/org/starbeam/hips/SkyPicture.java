package org.starbeam.hips;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

  private final SkyPoint center;
  private final double widthDeg;
  private final int size;

  /**
   * @param widthDeg of the picture, below 180
   * @param size pixels per axis
   */
  public SkyPicture(SkyPoint center, double widthDeg, int size) {
    this.center = center;
    this.widthDeg = Math.min(widthDeg, 150);
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

  /** Draws it from tiles of an order. */
  public BufferedImage draw(int order, Tiles tiles) throws IOException {
    Gnomonic plane = new Gnomonic(center);
    Healpix grid = new Healpix(order + HipsTile.SHIFT);
    double half = Math.tan(Math.toRadians(widthDeg / 2));
    Map<Long, BufferedImage> known = new HashMap<>();
    BufferedImage nothing = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    BufferedImage out = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int line = 0; line < size; line++) {
      for (int column = 0; column < size; column++) {
        double xi = half * (1 - (2 * column + 1) / (double) size);
        double eta = half * (1 - (2 * line + 1) / (double) size);
        SkyPoint p = plane.deproject(xi, eta);
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
          out.setRGB(column, line, argb >>> 24 == 0 ? 0 : argb);
        }
      }
    }
    return out;
  }
}
