package org.starbeam.warp;

import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * Resampling with Lanczos kernels (specs/03 section 2). For a destination pixel p with source
 * position q = T(p) and J = dq/dp:
 *
 * <pre>
 *   image    = |det J|   sum w_y w_x I        variance = |det J|^2 sum (w_y w_x)^2 V
 * </pre>
 *
 * with unit-sum weights per axis, so that the sum over a star is conserved where pixels hold flux
 * (nJy per pixel). The mask is the OR over the 2 x 2 nearest source pixels, without the detection
 * planes; NO_DATA and EDGE are taken over the whole kernel. A pixel whose kernel leaves the source
 * or meets a non-finite pixel of weight above 1e-3 is NO_DATA (image 0, variance +infinity): NaN
 * never enters a sum.
 *
 * <p>A pixel's value depends on the source pixels under its kernel and on the grid only, not on the
 * destination box. Cost O(4 n^2) per pixel; no allocation per pixel.
 */
public final class LanczosWarper {
  /**
   * Defaults of specs/03 section 2.1.
   *
   * @param order n of the kernel
   * @param phases sub-pixel phases of the weight table (phase error 2.5e-4 px); 0 is exact
   */
  public record Config(int order, int phases) implements java.io.Serializable {
    public static Config defaults() {
      return new Config(3, 2000);
    }
  }

  private static final int WHOLE_SUPPORT = MaskPlanes.NO_DATA | MaskPlanes.EDGE;
  private static final byte NOT_FINITE = 2;
  private static final byte EDGED = 1;
  private static final double NEGLIGIBLE = 1e-3;
  private static final double PSF_SUM_TOLERANCE = 0.02;

  private final LanczosKernel kernel;

  public LanczosWarper(Config config) {
    this.kernel = new LanczosKernel(config.order(), config.phases());
  }

  public int order() {
    return kernel.order();
  }

  /** Source pixels around the positions of a box that its warp depends on. */
  public int margin() {
    return kernel.order() + 1 + WarpSource.REACH;
  }

  /** Warps the part of a source that falls into a destination box. */
  public Warp warp(WarpSource source, TransformGrid grid, Box destination) {
    MaskedImage out = new MaskedImage(destination);
    byte[] fraction = new byte[destination.area()];
    if (!destination.isEmpty()) {
      new Pass(source, grid, out, fraction).run();
    }
    return new Warp(out, fraction);
  }

  /** One warp: the arrays and the position of the pixel in work. */
  private final class Pass {
    private final MaskedImage in;
    private final byte[] masked;
    private final TransformGrid.Section section;
    private final int spacing;
    private final MaskedImage out;
    private final byte[] fraction;
    private final byte[] trouble;
    private final int n = kernel.order();
    private final int taps = 2 * kernel.order();
    private final double[] wx;
    private final double[] wy;
    private final int phases = kernel.phases();
    private final int srcX0;
    private final int srcY0;
    private final int srcW;
    private final int srcH;

    Pass(WarpSource source, TransformGrid grid, MaskedImage out, byte[] fraction) {
      this.in = source.pixels();
      this.masked = source.masked();
      this.section = grid.section(out.box());
      this.spacing = grid.spacing();
      this.out = out;
      this.fraction = fraction;
      this.srcX0 = in.box().x0();
      this.srcY0 = in.box().y0();
      this.srcW = in.box().width();
      this.srcH = in.box().height();
      this.wx = phases == 0 ? new double[taps] : kernel.table();
      this.wy = phases == 0 ? new double[taps] : kernel.table();
      this.trouble = troubleInSupport();
    }

    /** Marks source positions whose kernel support holds NO_DATA, EDGE or non-finite pixels. */
    private byte[] troubleInSupport() {
      byte[] own = new byte[srcW * srcH];
      for (int y = 0; y < srcH; y++) {
        int im = in.image().offset + y * in.image().stride;
        int va = in.variance().offset + y * in.variance().stride;
        int ma = in.mask().offset + y * in.mask().stride;
        for (int x = 0; x < srcW; x++) {
          boolean finite =
              Float.isFinite(in.image().data[im + x]) && Float.isFinite(in.variance().data[va + x]);
          boolean edge = (in.mask().data[ma + x] & WHOLE_SUPPORT) != 0;
          own[y * srcW + x] = (byte) ((finite ? 0 : NOT_FINITE) | (edge ? EDGED : 0));
        }
      }
      byte[] rows = new byte[own.length];
      for (int y = 0; y < srcH; y++) {
        spread(own, rows, y * srcW, 1, srcW);
      }
      byte[] both = new byte[own.length];
      for (int x = 0; x < srcW; x++) {
        spread(rows, both, x, srcW, srcH);
      }
      return both;
    }

    /** out[i] = OR of in[i - n + 1 ... i + n] along one line. */
    private void spread(byte[] from, byte[] to, int start, int step, int count) {
      int last = Integer.MIN_VALUE;
      int lastNotFinite = Integer.MIN_VALUE;
      for (int i = -n; i < count; i++) {
        int ahead = i + n;
        if (ahead < count) {
          byte b = from[start + ahead * step];
          last = (b & EDGED) != 0 ? ahead : last;
          lastNotFinite = (b & NOT_FINITE) != 0 ? ahead : lastNotFinite;
        }
        if (i >= 0) {
          int first = i - n + 1;
          to[start + i * step] =
              (byte) ((last >= first ? EDGED : 0) | (lastNotFinite >= first ? NOT_FINITE : 0));
        }
      }
    }

    void run() {
      Box box = out.box();
      for (int y = box.y0(); y < box.y1(); y++) {
        int j = Math.floorDiv(y, spacing);
        double v = (y - j * spacing) / (double) spacing;
        int x = box.x0();
        while (x < box.x1()) {
          int i = Math.floorDiv(x, spacing);
          int end = Math.min(box.x1(), (i + 1) * spacing);
          segment(x, end, y, i, j, v);
          x = end;
        }
      }
    }

    /** The pixels x to end of row y that lie in grid square (i, j). */
    private void segment(int start, int end, int y, int i, int j, double v) {
      int k = (j - section.firstY) * section.columns + i - section.firstX;
      double[] gx = section.x;
      double[] gy = section.y;
      int up = k + section.columns;
      double bx = gx[k + 1] - gx[k];
      double by = gy[k + 1] - gy[k];
      double cx = gx[up] - gx[k];
      double cy = gy[up] - gy[k];
      double dx = gx[up + 1] - gx[up] - bx;
      double dy = gy[up + 1] - gy[up] - by;
      double perPixel = 1.0 / spacing;
      double jxx = (bx + dx * v) * perPixel;
      double jyx = (by + dy * v) * perPixel;
      int to = out.image().index(start, y);
      for (int x = start; x < end; x++, to++) {
        double u = (x - i * spacing) * perPixel;
        double qx = gx[k] + bx * u + (cx + dx * u) * v;
        double qy = gy[k] + by * u + (cy + dy * u) * v;
        double jxy = (cx + dx * u) * perPixel;
        double jyy = (cy + dy * u) * perPixel;
        pixel(qx, qy, Math.abs(jxx * jyy - jxy * jyx), to);
      }
    }

    private void pixel(double qx, double qy, double area, int to) {
      if (!(qx > -1e8 && qx < 1e8 && qy > -1e8 && qy < 1e8)) {
        blank(to, 0);
        return;
      }
      double floorX = Math.floor(qx);
      double floorY = Math.floor(qy);
      int ix = (int) floorX - srcX0;
      int iy = (int) floorY - srcY0;
      double fx = qx - floorX;
      double fy = qy - floorY;
      int ax = 0;
      int ay = 0;
      if (phases > 0) {
        int px = (int) (fx * phases + 0.5);
        int py = (int) (fy * phases + 0.5);
        if (px == phases) {
          px = 0;
          ix++;
        }
        if (py == phases) {
          py = 0;
          iy++;
        }
        fx = (double) px / phases;
        fy = (double) py / phases;
        ax = px * taps;
        ay = py * taps;
      }
      if (ix < n - 1 || iy < n - 1 || ix + n >= srcW || iy + n >= srcH) {
        blank(to, 0);
        return;
      }
      if (phases == 0) {
        LanczosKernel.weights(n, fx, wx, 0);
        LanczosKernel.weights(n, fy, wy, 0);
      }
      nearest(ix, iy, fx, fy, to);
      if (trouble[iy * srcW + ix] != 0) {
        careful(ix, iy, ax, ay, area, to);
      } else if (n == 3) {
        sum3(ix, iy, ax, ay, area, to);
      } else {
        sum(ix, iy, ax, ay, area, to);
      }
    }

    /** Mask and masked fraction from the 2 x 2 nearest pixels. */
    private void nearest(int ix, int iy, double fx, double fy, int to) {
      int[] mask = in.mask().data;
      int stride = in.mask().stride;
      int at = in.mask().offset + iy * stride + ix;
      int right = fx > 0 ? 1 : 0;
      int above = fy > 0 ? 1 : 0;
      int bits =
          mask[at]
              | mask[at + right]
              | mask[at + above * stride]
              | mask[at + above * stride + right];
      out.mask().data[to] = bits & ~(MaskPlanes.DETECTION_PLANES | WHOLE_SUPPORT);
      int m = iy * srcW + ix;
      int mUp = m + above * srcW;
      if ((masked[m] | masked[m + right] | masked[mUp] | masked[mUp + right]) != 0) {
        double low = masked[m] * (1 - fx) + masked[m + right] * fx;
        double high = masked[mUp] * (1 - fx) + masked[mUp + right] * fx;
        fraction[to] = (byte) (int) Math.rint(255 * (low * (1 - fy) + high * fy));
      }
    }

    private void sum3(int ix, int iy, int ax, int ay, double area, int to) {
      double w0 = wx[ax];
      double w1 = wx[ax + 1];
      double w2 = wx[ax + 2];
      double w3 = wx[ax + 3];
      double w4 = wx[ax + 4];
      double w5 = wx[ax + 5];
      double s0 = w0 * w0;
      double s1 = w1 * w1;
      double s2 = w2 * w2;
      double s3 = w3 * w3;
      double s4 = w4 * w4;
      double s5 = w5 * w5;
      float[] image = in.image().data;
      float[] variance = in.variance().data;
      int a = in.image().offset + (iy - 2) * in.image().stride + ix - 2;
      int b = in.variance().offset + (iy - 2) * in.variance().stride + ix - 2;
      double value = 0;
      double noise = 0;
      for (int t = 0; t < 6; t++) {
        double w = wy[ay + t];
        value +=
            w
                * (w0 * image[a]
                    + w1 * image[a + 1]
                    + w2 * image[a + 2]
                    + w3 * image[a + 3]
                    + w4 * image[a + 4]
                    + w5 * image[a + 5]);
        noise +=
            w
                * w
                * (s0 * variance[b]
                    + s1 * variance[b + 1]
                    + s2 * variance[b + 2]
                    + s3 * variance[b + 3]
                    + s4 * variance[b + 4]
                    + s5 * variance[b + 5]);
        a += in.image().stride;
        b += in.variance().stride;
      }
      out.image().data[to] = (float) (area * value);
      out.variance().data[to] = (float) (area * area * noise);
    }

    private void sum(int ix, int iy, int ax, int ay, double area, int to) {
      ImageF image = in.image();
      ImageF variance = in.variance();
      double value = 0;
      double noise = 0;
      for (int t = 0; t < taps; t++) {
        int a = image.offset + (iy - n + 1 + t) * image.stride + ix - n + 1;
        int b = variance.offset + (iy - n + 1 + t) * variance.stride + ix - n + 1;
        double rowValue = 0;
        double rowNoise = 0;
        for (int s = 0; s < taps; s++) {
          double w = wx[ax + s];
          rowValue += w * image.data[a + s];
          rowNoise += w * w * variance.data[b + s];
        }
        value += wy[ay + t] * rowValue;
        noise += wy[ay + t] * wy[ay + t] * rowNoise;
      }
      out.image().data[to] = (float) (area * value);
      out.variance().data[to] = (float) (area * area * noise);
    }

    /** The same sums where the support holds pixels that must not enter. */
    private void careful(int ix, int iy, int ax, int ay, double area, int to) {
      double value = 0;
      double noise = 0;
      int bits = 0;
      boolean lost = false;
      for (int t = 0; t < taps; t++) {
        double w = wy[ay + t];
        int y = iy - n + 1 + t;
        double rowValue = 0;
        double rowNoise = 0;
        for (int s = 0; s < taps; s++) {
          double wv = wx[ax + s];
          double both = Math.abs(w * wv);
          if (both == 0) {
            continue;
          }
          int x = ix - n + 1 + s;
          bits |= in.mask().data[in.mask().offset + y * in.mask().stride + x];
          float pixel = in.image().data[in.image().offset + y * in.image().stride + x];
          float var = in.variance().data[in.variance().offset + y * in.variance().stride + x];
          if (Float.isFinite(pixel) && Float.isFinite(var)) {
            rowValue += wv * pixel;
            rowNoise += wv * wv * var;
          } else if (both > NEGLIGIBLE) {
            lost = true;
          }
        }
        value += w * rowValue;
        noise += w * w * rowNoise;
      }
      bits &= WHOLE_SUPPORT;
      if (lost || (bits & MaskPlanes.NO_DATA) != 0) {
        blank(to, out.mask().data[to] | bits);
        return;
      }
      out.mask().data[to] |= bits;
      out.image().data[to] = (float) (area * value);
      out.variance().data[to] = (float) (area * area * noise);
    }

    private void blank(int to, int bits) {
      out.image().data[to] = 0;
      out.variance().data[to] = Float.POSITIVE_INFINITY;
      out.mask().data[to] = bits | MaskPlanes.NO_DATA;
    }
  }

  /**
   * The PSF of the source image as it appears at a destination pixel: the source PSF at T(x, y),
   * resampled by the same kernel through the local affine map, divided by its sum (specs/03 section
   * 2.5). The stamp is centred on (0, 0) and has side 2 radius + 1.
   *
   * @throws AlgorithmException {@code PSF_NORM} when the sum is not within 2 % of 1
   */
  public ImageD warpPsf(PsfModel psf, PixelMap map, int x, int y, int radius) {
    double[] q = new double[2];
    map.apply(x, y, q);
    double[] j = map.jacobian(x, y);
    ImageD stamp = psf.image(q[0], q[1]);
    double area = Math.abs(j[0] * j[3] - j[1] * j[2]);
    ImageD out = new ImageD(Box.around(0, 0, radius));
    double[] weightX = new double[2 * kernel.order()];
    double[] weightY = new double[2 * kernel.order()];
    double total = 0;
    for (int v = -radius; v <= radius; v++) {
      for (int u = -radius; u <= radius; u++) {
        double sx = q[0] + j[0] * u + j[1] * v;
        double sy = q[1] + j[2] * u + j[3] * v;
        double value = area * interpolate(stamp, sx, sy, weightX, weightY);
        out.set(u, v, value);
        total += value;
      }
    }
    if (!(Math.abs(total - 1) <= PSF_SUM_TOLERANCE)) {
      throw new AlgorithmException(
          "PSF_NORM", "warped PSF sums to " + total + ", expected 1 within " + PSF_SUM_TOLERANCE);
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= total;
    }
    return out;
  }

  /** Interpolates an image that is zero outside its box. */
  private double interpolate(
      ImageD image, double qx, double qy, double[] weightX, double[] weightY) {
    int n = kernel.order();
    double floorX = Math.floor(qx);
    double floorY = Math.floor(qy);
    int x0 = (int) floorX - n + 1;
    int y0 = (int) floorY - n + 1;
    Box box = image.box();
    if (x0 + 2 * n <= box.x0() || y0 + 2 * n <= box.y0() || x0 >= box.x1() || y0 >= box.y1()) {
      return 0;
    }
    kernel.nearest(qx - floorX, weightX);
    kernel.nearest(qy - floorY, weightY);
    double sum = 0;
    for (int t = 0; t < 2 * n; t++) {
      for (int s = 0; s < 2 * n; s++) {
        if (box.contains(x0 + s, y0 + t)) {
          sum += weightY[t] * weightX[s] * image.get(x0 + s, y0 + t);
        }
      }
    }
    return sum;
  }
}
