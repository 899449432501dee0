package org.starbeam.hips;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * All tiles of a low order in one image (specs/07 section 4): 64 pixels a tile, each the mean of
 * the valid ones of 8 x 8; tile P at column P mod n and line P div n from the top, n =
 * floor(sqrt(12 4^order)).
 */
public final class Allsky {
  /** Pixels of a tile per axis. */
  public static final int TILE = 64;

  /** The deepest order of which there is such an image. */
  public static final int DEEPEST = 3;

  private static final int BIN = HipsTile.WIDTH / TILE;

  private final int perLine;
  private final ImageF image;

  public Allsky(int order) {
    int tiles = 12 << (2 * order);
    this.perLine = (int) Math.sqrt(tiles);
    int lines = (tiles + perLine - 1) / perLine;
    this.image = new ImageF(perLine * TILE, lines * TILE);
    image.fill(Float.NaN);
  }

  /** Puts a tile of the order into its place. */
  public void add(HipsTile tile, float[] pixels) {
    Box place = box(tile.pixel());
    for (int y = 0; y < TILE; y++) {
      for (int x = 0; x < TILE; x++) {
        image.set(place.x0() + x, place.y0() + y, mean(pixels, x * BIN, y * BIN));
      }
    }
  }

  /** Where a tile is, in FITS rows from the bottom. */
  private Box box(long pixel) {
    int line = (int) (pixel / perLine);
    return new Box((int) (pixel % perLine) * TILE, image.height() - (line + 1) * TILE, TILE, TILE);
  }

  private static float mean(float[] pixels, int column, int row) {
    double sum = 0;
    int n = 0;
    for (int y = row; y < row + BIN; y++) {
      for (int x = column; x < column + BIN; x++) {
        float v = pixels[y * HipsTile.WIDTH + x];
        if (!Float.isNaN(v)) {
          sum += v;
          n++;
        }
      }
    }
    return n == 0 ? Float.NaN : (float) (sum / n);
  }

  /** The image, FITS rows from the bottom. */
  public ImageF image() {
    return image;
  }

  /** An image as a FITS file. */
  public static byte[] toFits(int order, ImageF image, String band) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("ORDER", order);
    cards.put("BUNIT", TileFits.UNIT);
    cards.put("BAND", band);
    cards.put("ORIGIN", "Starbeam");
    return TileFits.image(image, cards);
  }

  /** Place in a tree, {@code Norder3/Allsky.png}. */
  public static String path(int order, String extension) {
    return "Norder" + order + "/Allsky." + extension;
  }
}
