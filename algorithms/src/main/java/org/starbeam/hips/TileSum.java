package org.starbeam.hips;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * A tile on its way to lower orders: for each pixel the sum (double) and the number of all pixels
 * of the deepest order below it that have a value (specs/07 section 3.1). The mean of the sums is
 * the mean over these pixels, whatever the levels between; the mean of means would weigh the rim of
 * the survey wrongly.
 */
public final class TileSum {
  private final double[] sum = new double[HipsTile.AREA];
  private final int[] count = new int[HipsTile.AREA];
  private double lastMjd = Double.NEGATIVE_INFINITY;

  /** The sum of nothing. */
  public TileSum() {}

  /**
   * A tile of the deepest order; NaN is no value.
   *
   * @param lastMjd when the last exposure was taken that is in it
   */
  public static TileSum of(float[] pixels, double lastMjd) {
    TileSum out = new TileSum();
    out.lastMjd = lastMjd;
    for (int i = 0; i < pixels.length; i++) {
      if (!Float.isNaN(pixels[i])) {
        out.sum[i] = pixels[i];
        out.count[i] = 1;
      }
    }
    return out;
  }

  /**
   * Adds one of the four tiles below: child 0 (south) fills the upper left quarter of the FITS
   * array, 1 (east) the lower left, 2 (west) the upper right, 3 (north) the lower right.
   */
  public void addChild(int which, TileSum child) {
    lastMjd = Math.max(lastMjd, child.lastMjd);
    int half = HipsTile.WIDTH / 2;
    int column0 = (which >> 1) * half;
    int row0 = (1 - (which & 1)) * half;
    for (int row = 0; row < HipsTile.WIDTH; row++) {
      int to = (row0 + row / 2) * HipsTile.WIDTH + column0;
      int from = row * HipsTile.WIDTH;
      for (int column = 0; column < HipsTile.WIDTH; column++) {
        sum[to + column / 2] += child.sum[from + column];
        count[to + column / 2] += child.count[from + column];
      }
    }
  }

  /** The mean of each pixel, NaN where none of the pixels below has a value. */
  public float[] mean() {
    float[] out = new float[HipsTile.AREA];
    for (int i = 0; i < out.length; i++) {
      out[i] = count[i] == 0 ? Float.NaN : (float) (sum[i] / count[i]);
    }
    return out;
  }

  /** When the last exposure was taken that is in the tile, MJD TAI. */
  public double lastMjd() {
    return lastMjd;
  }

  /** Pixels of the deepest order that are in a pixel. */
  public int count(int pixel) {
    return count[pixel];
  }

  /** Sum over all pixels of the deepest order below the tile. */
  public double total() {
    return Arrays.stream(sum).sum();
  }

  /** Number of pixels of the deepest order below the tile that have a value. */
  public long totalCount() {
    return Arrays.stream(count).asLongStream().sum();
  }

  /** Writes all bits; the same sums give the same bytes. */
  public void write(Path file) throws IOException {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try (OutputStream out = Files.newOutputStream(file);
        DataOutputStream data =
            new DataOutputStream(new DeflaterOutputStream(out, deflater, 1 << 16))) {
      data.writeDouble(lastMjd);
      for (int row = 0; row < HipsTile.WIDTH; row++) {
        int at = row * HipsTile.WIDTH;
        for (int i = at; i < at + HipsTile.WIDTH; i++) {
          data.writeInt(count[i]);
        }
        for (int i = at; i < at + HipsTile.WIDTH; i++) {
          if (count[i] > 0) {
            data.writeDouble(sum[i]);
          }
        }
      }
    } finally {
      deflater.end();
    }
  }

  /** Reads what {@link #write} wrote. */
  public static TileSum read(Path file) throws IOException {
    TileSum out = new TileSum();
    try (InputStream in = Files.newInputStream(file);
        DataInputStream data =
            new DataInputStream(new BufferedInputStream(new InflaterInputStream(in), 1 << 16))) {
      out.lastMjd = data.readDouble();
      for (int row = 0; row < HipsTile.WIDTH; row++) {
        int at = row * HipsTile.WIDTH;
        for (int i = at; i < at + HipsTile.WIDTH; i++) {
          out.count[i] = data.readInt();
        }
        for (int i = at; i < at + HipsTile.WIDTH; i++) {
          out.sum[i] = out.count[i] > 0 ? data.readDouble() : 0;
        }
      }
    }
    return out;
  }
}
