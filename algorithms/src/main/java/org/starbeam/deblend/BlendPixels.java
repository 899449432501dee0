package org.starbeam.deblend;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

/**
 * The pixels of a footprint in the modelled bands: values, and weights 1 / V of the sky; both are 0
 * outside the footprint and where a pixel is not good.
 */
final class BlendPixels {
  /**
   * Pixels with any of these do not count. Those with EDGE do: on coadds it marks wide margins of
   * inputs whose values are good; where there is nothing, NO_DATA is set.
   */
  static final int UNUSABLE = MaskPlanes.BAD | MaskPlanes.NO_DATA | MaskPlanes.SAT;

  final Box box;
  final float[][] data;
  final float[][] weight;
  final boolean[] inside;

  private BlendPixels(Box box, float[][] data, float[][] weight, boolean[] inside) {
    this.box = box;
    this.data = data;
    this.weight = weight;
    this.inside = inside;
  }

  static BlendPixels of(List<DeblendBand> bands, SpanSet footprint, Box box) {
    boolean[] inside = new boolean[box.area()];
    SpanSet in = footprint.clip(box);
    for (int i = 0; i < in.size(); i++) {
      int row = (in.y(i) - box.y0()) * box.width() - box.x0();
      java.util.Arrays.fill(inside, row + in.x0(i), row + in.x1(i), true);
    }
    float[][] data = new float[bands.size()][inside.length];
    float[][] weight = new float[bands.size()][inside.length];
    for (int b = 0; b < data.length; b++) {
      read(bands.get(b), box, inside, data[b], weight[b]);
    }
    return new BlendPixels(box, data, weight, inside);
  }

  private static void read(
      DeblendBand band, Box box, boolean[] inside, float[] data, float[] weight) {
    MaskedImage image = band.image();
    Box both = box.intersect(image.box());
    float w = (float) (1 / band.variance());
    for (int y = both.y0(); y < both.y1(); y++) {
      for (int x = both.x0(); x < both.x1(); x++) {
        int at = (y - box.y0()) * box.width() + x - box.x0();
        if (inside[at] && isGood(image, x, y)) {
          data[at] = image.image().get(x, y);
          weight[at] = w;
        }
      }
    }
  }

  static boolean isGood(MaskedImage image, int x, int y) {
    float variance = image.variance().get(x, y);
    return Float.isFinite(image.image().get(x, y))
        && variance > 0
        && Float.isFinite(variance)
        && (image.mask().get(x, y) & UNUSABLE) == 0;
  }

  /** The part in another footprint and box, in arrays of its own. */
  BlendPixels part(SpanSet footprint, Box to) {
    boolean[] in = new boolean[to.area()];
    SpanSet spans = footprint.clip(to.intersect(box));
    float[][] d = new float[data.length][in.length];
    float[][] w = new float[data.length][in.length];
    for (int i = 0; i < spans.size(); i++) {
      int from = (spans.y(i) - box.y0()) * box.width() + spans.x0(i) - box.x0();
      int at = (spans.y(i) - to.y0()) * to.width() + spans.x0(i) - to.x0();
      int n = spans.x1(i) - spans.x0(i);
      java.util.Arrays.fill(in, at, at + n, true);
      for (int b = 0; b < d.length; b++) {
        System.arraycopy(data[b], from, d[b], at, n);
        System.arraycopy(weight[b], from, w[b], at, n);
      }
    }
    return new BlendPixels(to, d, w, in);
  }

  /** Whether a band has a good pixel. */
  boolean hasData(int band) {
    for (float w : weight[band]) {
      if (w > 0) {
        return true;
      }
    }
    return false;
  }
}
