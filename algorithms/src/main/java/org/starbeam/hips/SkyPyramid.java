package org.starbeam.hips;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.sky.SkyPoint;

/**
 * A gnomonic picture of a field in tiles of 256 pixels, as map viewers read them (specs/07 section
 * 13.4): zoom z has 2^z x 2^z tiles, tile (0, 0) is at the upper left, north is up and east to the
 * left. The deepest zoom has pixels of a given size at the centre of the field, each zoom above
 * twice as large ones; the square of the pyramid is as large as powers of two make it, the field is
 * in its middle, and tiles without any data do not exist.
 */
public final class SkyPyramid {
  /** Pixels of a tile per axis. */
  public static final int TILE = 256;

  /** Draws parts of pictures. */
  @FunctionalInterface
  public interface Painter {
    /**
     * Draws a part of a picture; null when there is nothing in it.
     *
     * @param above zooms that the picture is above the deepest one
     */
    @Nullable BufferedImage draw(SkyPicture picture, int above, Box part) throws IOException;
  }

  /** Receives tiles. */
  @FunctionalInterface
  public interface Sink {
    void add(Tile tile, BufferedImage image) throws IOException;
  }

  /**
   * Address of a tile.
   *
   * @param zoom 0 for the whole
   * @param x from the left
   * @param y from the top
   */
  public record Tile(int zoom, int x, int y) {
    /** The four tiles of the next zoom. */
    public List<Tile> children() {
      return List.of(
          new Tile(zoom + 1, 2 * x, 2 * y),
          new Tile(zoom + 1, 2 * x + 1, 2 * y),
          new Tile(zoom + 1, 2 * x, 2 * y + 1),
          new Tile(zoom + 1, 2 * x + 1, 2 * y + 1));
    }
  }

  private final SkyPoint center;
  private final double widthDeg;
  private final int depth;

  /**
   * @param field what is to be seen; of one wider than 40 degrees its middle
   * @param pixelDeg of the deepest zoom, at least 0.05 arcsec
   */
  public SkyPyramid(SkyExtent field, double pixelDeg) {
    center = field.center();
    double half = Math.tan(Math.toRadians(Math.min(field.widthDeg(), 40) / 2));
    double pixel = Math.toRadians(pixelDeg);
    int levels = 0;
    while (TILE / 2.0 * (1 << levels) * pixel < half) {
      levels++;
    }
    depth = levels;
    widthDeg = 2 * Math.toDegrees(Math.atan(TILE / 2.0 * (1 << levels) * pixel));
  }

  public SkyPoint center() {
    return center;
  }

  /** Width of the square, degrees. */
  public double widthDeg() {
    return widthDeg;
  }

  /** The deepest zoom. */
  public int depth() {
    return depth;
  }

  /** The whole square at a zoom. */
  public SkyPicture picture(int zoom) {
    return new SkyPicture(center, widthDeg, TILE << zoom);
  }

  /**
   * Draws the pyramid from the top, one zoom after the other, until the next zoom might exceed the
   * number of tiles.
   *
   * @param mostTiles at least 1
   * @return addresses of the tiles of each zoom that was drawn, all of them down to the last zoom
   */
  public List<List<Tile>> draw(Painter painter, int mostTiles, Sink sink) throws IOException {
    List<List<Tile>> levels = new ArrayList<>();
    List<Tile> candidates = List.of(new Tile(0, 0, 0));
    int written = 0;
    for (int zoom = 0; zoom <= depth; zoom++) {
      if (candidates.isEmpty() || written + candidates.size() > mostTiles) {
        break;
      }
      SkyPicture picture = picture(zoom);
      List<Tile> level = new ArrayList<>();
      List<Tile> next = new ArrayList<>();
      for (Tile tile : candidates) {
        BufferedImage image =
            painter.draw(
                picture, depth - zoom, new Box(tile.x() * TILE, tile.y() * TILE, TILE, TILE));
        if (image != null) {
          sink.add(tile, image);
          level.add(tile);
          next.addAll(tile.children());
        }
      }
      written += level.size();
      levels.add(level);
      candidates = next;
    }
    return levels;
  }
}
