package org.starbeam.deblend;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * Convolution and correlation of images up to a size with kernels, zeros beyond the image, by real
 * two-dimensional transforms in floats. The grid holds the image and a kernel's half width, so that
 * nothing wraps into the image. Scratch arrays are made once; nothing is allocated by a
 * convolution. Not thread safe.
 *
 * <p>Two real columns x and x + w/2 are transformed as one complex column; then the rows of the
 * half plane ky = 0 .. h/2.
 */
final class Convolver {
  private final int gridWidth;
  private final int gridHeight;
  private final int half;
  private final RowTransform down;
  private final RowTransform across;
  private final float[][] zr;
  private final float[][] zi;
  private final float[][] yr;
  private final float[][] yi;
  private final float[][] sr;
  private final float[][] si;
  private final float[][] tr;
  private final float[][] ti;

  /** The transform of a kernel for one grid. */
  static final class Kernel {
    final float[][] re;
    final float[][] im;
    private final double peak;

    private Kernel(float[][] re, float[][] im) {
      this.re = re;
      this.im = im;
      double most = 0;
      for (int x = 0; x < re.length; x++) {
        for (int y = 0; y < re[x].length; y++) {
          most = Math.max(most, (double) re[x][y] * re[x][y] + (double) im[x][y] * im[x][y]);
        }
      }
      peak = most;
    }

    /** Largest squared modulus. */
    double peak() {
      return peak;
    }
  }

  /**
   * @param width columns of the largest image
   * @param height rows of the largest image
   * @param radius half width of the kernels, by which the image's own zeros are too few
   */
  Convolver(int width, int height, int radius) {
    gridWidth = RowTransform.length(width + radius, true);
    gridHeight = RowTransform.length(height + radius, false);
    half = gridHeight / 2 + 1;
    down = new RowTransform(gridHeight);
    across = new RowTransform(gridWidth);
    zr = new float[gridHeight][gridWidth / 2];
    zi = new float[gridHeight][gridWidth / 2];
    yr = new float[gridHeight][gridWidth / 2];
    yi = new float[gridHeight][gridWidth / 2];
    sr = new float[gridWidth][half];
    si = new float[gridWidth][half];
    tr = new float[gridWidth][half];
    ti = new float[gridWidth][half];
  }

  /** The transform of a kernel centred on pixel (0, 0). */
  Kernel kernel(ImageD kernel) {
    Box box = kernel.box();
    clear();
    int columns = gridWidth / 2;
    for (int y = box.y0(); y < box.y1(); y++) {
      int row = Math.floorMod(y, gridHeight);
      for (int x = box.x0(); x < box.x1(); x++) {
        int column = Math.floorMod(x, gridWidth);
        float[] line = column < columns ? zr[row] : zi[row];
        line[column % columns] += (float) kernel.get(x, y);
      }
    }
    forward();
    float[][] re = across.endsInOther() ? tr : sr;
    float[][] im = across.endsInOther() ? ti : si;
    return new Kernel(copy(re), copy(im));
  }

  private static float[][] copy(float[][] from) {
    float[][] out = new float[from.length][];
    for (int i = 0; i < out.length; i++) {
      out[i] = from[i].clone();
    }
    return out;
  }

  /** {@code to = kernel * from}; both are images row by row, and may be the same. */
  void convolve(float[] from, int width, int height, Kernel kernel, float[] to) {
    apply(from, width, height, kernel, 1, to);
  }

  /** {@code to(x) = sum_u kernel(u - x) from(u)}, the transpose of the convolution. */
  void correlate(float[] from, int width, int height, Kernel kernel, float[] to) {
    apply(from, width, height, kernel, -1, to);
  }

  private void apply(float[] from, int width, int height, Kernel kernel, float sign, float[] to) {
    clear();
    int columns = gridWidth / 2;
    int left = Math.min(width, columns);
    for (int y = 0; y < height; y++) {
      System.arraycopy(from, y * width, zr[y], 0, left);
      System.arraycopy(from, y * width + left, zi[y], 0, width - left);
    }
    forward();
    float[][] re = across.endsInOther() ? tr : sr;
    float[][] im = across.endsInOther() ? ti : si;
    float scale = 1f / ((float) gridWidth * gridHeight);
    for (int x = 0; x < gridWidth; x++) {
      multiply(re[x], im[x], kernel.re[x], kernel.im[x], scale, sign * scale);
    }
    backward(re, im);
    float[][] outR = down.endsInOther() ? yr : zr;
    float[][] outI = down.endsInOther() ? yi : zi;
    for (int y = 0; y < height; y++) {
      System.arraycopy(outR[y], 0, to, y * width, left);
      System.arraycopy(outI[y], 0, to, y * width + left, width - left);
    }
  }

  private static void multiply(
      float[] re, float[] im, float[] kr, float[] ki, float scaleR, float scaleI) {
    for (int i = 0; i < re.length; i++) {
      float a = re[i];
      float b = im[i];
      float c = kr[i] * scaleR;
      float d = ki[i] * scaleI;
      re[i] = a * c - b * d;
      im[i] = a * d + b * c;
    }
  }

  private void clear() {
    for (int y = 0; y < gridHeight; y++) {
      java.util.Arrays.fill(zr[y], 0);
      java.util.Arrays.fill(zi[y], 0);
    }
  }

  private void forward() {
    down.run(zr, zi, yr, yi, gridWidth / 2);
    float[][] re = down.endsInOther() ? yr : zr;
    float[][] im = down.endsInOther() ? yi : zi;
    int columns = gridWidth / 2;
    for (int ky = 0; ky < half; ky++) {
      float[] ar = re[ky];
      float[] ai = im[ky];
      float[] br = re[ky == 0 ? 0 : gridHeight - ky];
      float[] bi = im[ky == 0 ? 0 : gridHeight - ky];
      for (int x = 0; x < columns; x++) {
        sr[x][ky] = 0.5f * (ar[x] + br[x]);
        si[x][ky] = 0.5f * (ai[x] - bi[x]);
        sr[x + columns][ky] = 0.5f * (ai[x] + bi[x]);
        si[x + columns][ky] = 0.5f * (br[x] - ar[x]);
      }
    }
    across.run(sr, si, tr, ti, half);
  }

  /** Back to the image from its transform; both matrices are overwritten. */
  private void backward(float[][] re, float[][] im) {
    float[][] or = re == sr ? tr : sr;
    float[][] oi = re == sr ? ti : si;
    across.run(im, re, oi, or, half);
    float[][] pr = across.endsInOther() ? or : re;
    float[][] pi = across.endsInOther() ? oi : im;
    int columns = gridWidth / 2;
    for (int ky = 0; ky < half; ky++) {
      int mirror = ky == 0 ? 0 : gridHeight - ky;
      float[] ar = zr[ky];
      float[] ai = zi[ky];
      float[] br = zr[mirror];
      float[] bi = zi[mirror];
      for (int x = 0; x < columns; x++) {
        float fr = pr[x][ky];
        float fi = pi[x][ky];
        float gr = pr[x + columns][ky];
        float gi = pi[x + columns][ky];
        br[x] = fr + gi;
        bi[x] = gr - fi;
        ar[x] = fr - gi;
        ai[x] = fi + gr;
      }
    }
    down.run(zi, zr, yi, yr, columns);
  }
}
