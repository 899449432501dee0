package org.starbeam.gaap;

import java.util.BitSet;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * The pixels around an object in one band: light, with the object's model where a pixel is masked,
 * and variance, 0 there.
 */
final class GaapStamp {
  final int half;
  final int side;
  final double[] light;
  final double[] variance;
  private final int x0;
  private final int y0;

  /** Places of masked pixels and, among them, of those without an image. */
  private final int[] masked;

  private final BitSet absent;

  /**
   * @param half pixels to each side of (px, py)
   * @param planes mask planes whose pixels are not used
   * @param neighbours light that is subtracted
   * @param own light of the object, in any unit
   */
  GaapStamp(
      MaskedImage image,
      int px,
      int py,
      int half,
      int planes,
      LightModel neighbours,
      LightModel own) {
    this.half = half;
    side = 2 * half + 1;
    x0 = px - half;
    y0 = py - half;
    light = new double[side * side];
    variance = new double[side * side];
    BitSet none = new BitSet();
    BitSet bad = new BitSet();
    Box box = image.box();
    for (int y = 0; y < side; y++) {
      if (y0 + y < box.y0() || y0 + y >= box.y1()) {
        bad.set(y * side, (y + 1) * side);
        none.set(y * side, (y + 1) * side);
      } else {
        row(image, y, planes, neighbours, bad, none);
      }
    }
    masked = bad.stream().toArray();
    absent = none;
    if (masked.length > 0) {
      fill(own);
    }
  }

  private void row(
      MaskedImage image, int y, int planes, LightModel neighbours, BitSet bad, BitSet none) {
    Box box = image.box();
    int first = Math.min(side, Math.max(0, box.x0() - x0));
    int end = Math.max(first, Math.min(side, box.x1() - x0));
    int start = y * side;
    bad.set(start, start + first);
    none.set(start, start + first);
    bad.set(start + end, start + side);
    none.set(start + end, start + side);
    if (first == end) {
      return;
    }
    int d0 = image.image().index(x0 + first, y0 + y) - first;
    int v0 = image.variance().index(x0 + first, y0 + y) - first;
    int m0 = image.mask().index(x0 + first, y0 + y) - first;
    boolean alone = neighbours == LightModel.NONE;
    for (int x = first; x < end; x++) {
      int mask = image.mask().data[m0 + x];
      float d = image.image().data[d0 + x];
      float v = image.variance().data[v0 + x];
      if ((mask & planes) == 0 && Float.isFinite(d) && v > 0 && v <= Float.MAX_VALUE) {
        light[start + x] = alone ? d : d - neighbours.at(x0 + x, y0 + y);
        variance[start + x] = v;
      } else {
        bad.set(start + x);
        none.set(start + x, (mask & MaskPlanes.NO_DATA) != 0);
      }
    }
  }

  /** Puts the model, with the amplitude that fits the good pixels, into the masked ones. */
  private void fill(LightModel own) {
    double md = 0;
    double mm = 0;
    double[] model = new double[light.length];
    for (int i = 0; i < light.length; i++) {
      model[i] = own.at(x0 + i % side, y0 + i / side);
      if (variance[i] > 0) {
        md += model[i] * light[i];
        mm += model[i] * model[i];
      }
    }
    double amplitude = mm > 0 ? md / mm : 0;
    for (int at : masked) {
      light[at] = amplitude * model[at];
    }
  }

  /** Shares of sum |u| in masked pixels and, among them, in pixels without an image. */
  double[] maskedShares(ImageD u) {
    if (masked.length == 0) {
      return new double[2];
    }
    double all = 0;
    for (double value : u.data) {
      all += Math.abs(value);
    }
    double bad = 0;
    double none = 0;
    int wanted = u.box().x1() - 1;
    for (int at : masked) {
      int dx = at % side - half;
      int dy = at / side - half;
      if (Math.abs(dx) <= wanted && Math.abs(dy) <= wanted) {
        double share = Math.abs(u.get(dx, dy)) / all;
        bad += share;
        none += absent.get(at) ? share : 0;
      }
    }
    return new double[] {bad, none};
  }

  /** sum(u D) for weights about the middle pixel. */
  double flux(ImageD u) {
    return dot(u, light, half);
  }

  /** sum(u^2 V) for weights about the middle pixel. */
  double variance(ImageD u) {
    return dotSquare(u, variance, half);
  }

  /** sum(u p) with the pixels of a square of 2 half + 1, or of a stamp's. */
  static double dot(ImageD u, double[] pixels, int half) {
    int wanted = u.box().x1() - 1;
    int width = 2 * wanted + 1;
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int y = 0; y < width; y++) {
      int i = y * width;
      int j = (half - wanted + y) * (2 * half + 1) + half - wanted;
      int end = i + width - 3;
      for (; i < end; i += 4, j += 4) {
        a += u.data[i] * pixels[j];
        b += u.data[i + 1] * pixels[j + 1];
        c += u.data[i + 2] * pixels[j + 2];
        d += u.data[i + 3] * pixels[j + 3];
      }
      for (; i < end + 3; i++, j++) {
        a += u.data[i] * pixels[j];
      }
    }
    return a + b + c + d;
  }

  /** sum(u^2 p). */
  static double dotSquare(ImageD u, double[] pixels, int half) {
    int wanted = u.box().x1() - 1;
    int width = 2 * wanted + 1;
    double a = 0;
    double b = 0;
    for (int y = 0; y < width; y++) {
      int i = y * width;
      int j = (half - wanted + y) * (2 * half + 1) + half - wanted;
      int end = i + width - 1;
      for (; i < end; i += 2, j += 2) {
        a += u.data[i] * u.data[i] * pixels[j];
        b += u.data[i + 1] * u.data[i + 1] * pixels[j + 1];
      }
      for (; i < end + 1; i++, j++) {
        a += u.data[i] * u.data[i] * pixels[j];
      }
    }
    return a + b;
  }

  /** The light as round weights at sub-pixel place 0 see it. */
  double[] shiftedLight(double dx, double dy) {
    return LagrangeShift.transposed(light, half - LagrangeShift.REACH, dx, dy);
  }

  /** The variance moved likewise, with linear interpolation, which keeps it positive. */
  double[] shiftedVariance(double dx, double dy) {
    int inner = half - LagrangeShift.REACH;
    int width = 2 * inner + 1;
    double[] out = new double[width * width];
    int stepX = dx < 0 ? -1 : 1;
    int stepY = (dy < 0 ? -1 : 1) * side;
    double ax = Math.abs(dx);
    double ay = Math.abs(dy);
    double w00 = (1 - ax) * (1 - ay);
    double w10 = ax * (1 - ay);
    double w01 = (1 - ax) * ay;
    double w11 = ax * ay;
    for (int y = 0; y < width; y++) {
      int from = (y + LagrangeShift.REACH) * side + LagrangeShift.REACH;
      for (int x = 0; x < width; x++) {
        int i = from + x;
        out[y * width + x] =
            w00 * variance[i]
                + w10 * variance[i + stepX]
                + w01 * variance[i + stepY]
                + w11 * variance[i + stepX + stepY];
      }
    }
    return out;
  }
}
