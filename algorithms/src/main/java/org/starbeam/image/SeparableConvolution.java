package org.starbeam.image;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Convolution with a kernel k(x) k(y), for images with holes. With w = 1 for a usable pixel
 * (finite, inside the image, not NO_DATA) and 0 otherwise,
 *
 * <pre>
 *   image    = sum k w p / sum k w
 *   variance = sum k^2 w v / (sum k w)^2     (pixels taken as independent)
 *   mask     = OR over the kernel's box, without DETECTED and DETECTED_NEGATIVE
 * </pre>
 *
 * and EDGE where the kernel leaves the image. A pixel whose kernel finds less than {@link
 * Config#minWeight} of its sum on usable pixels is NO_DATA with image 0 and variance +infinity; a
 * NO_DATA pixel does not spread its flag. Nothing is NaN. Inputs are not modified. Cost O(pixels *
 * (taps in x + taps in y)), two or three times that with holes.
 */
public final class SeparableConvolution {
  /**
   * @param minWeight least part of the kernel's sum that must fall on usable pixels, default 0.5
   */
  public record Config(double minWeight) implements Serializable {
    public static Config defaults() {
      return new Config(0.5);
    }
  }

  private final double[] kernel;
  private final int radius;
  private final Config config;

  /**
   * @param kernel an odd number of weights about the centre, the same along x and y; their sum is
   *     scaled to 1 and must not be 0
   */
  public SeparableConvolution(double[] kernel, Config config) {
    double sum = 0;
    for (double k : kernel) {
      sum += k;
    }
    if (kernel.length % 2 == 0 || !(Math.abs(sum) > 0) || !Double.isFinite(sum)) {
      throw new IllegalArgumentException(kernel.length + " kernel weights with sum " + sum);
    }
    this.kernel = new double[kernel.length];
    for (int i = 0; i < kernel.length; i++) {
      this.kernel[i] = kernel[i] / sum;
    }
    this.radius = kernel.length / 2;
    this.config = config;
  }

  /** A Gaussian of sigma pixels cut at 4 sigma. */
  public static SeparableConvolution gaussian(double sigma) {
    return gaussian(sigma, (int) Math.ceil(4 * sigma));
  }

  /** A Gaussian of sigma pixels on 2 * radius + 1 taps. */
  public static SeparableConvolution gaussian(double sigma, int radius) {
    double[] k = new double[2 * radius + 1];
    for (int i = -radius; i <= radius; i++) {
      k[i + radius] = Math.exp(-0.5 * i * i / (sigma * sigma));
    }
    return new SeparableConvolution(k, Config.defaults());
  }

  /** The weights along one axis, sum 1. */
  public double[] kernel() {
    return kernel.clone();
  }

  public int radius() {
    return radius;
  }

  /** Convolves an image whose pixels are all usable; only the border is renormalised. */
  public ImageF convolve(ImageF image) {
    ImageF out = plain(image, kernel);
    renormaliseBorder(out, 1);
    return out;
  }

  public MaskedImage convolve(MaskedImage in) {
    Box box = in.box();
    MaskI mask = spread(in.mask());
    ImageF weight = usable(in);
    if (weight == null) {
      ImageF variance = plain(in.variance(), squares());
      renormaliseBorder(variance, 2);
      return new MaskedImage(convolve(in.image()), mask, variance);
    }
    ImageF image = plain(cleaned(in.image(), weight), kernel);
    ImageF variance = plain(cleaned(in.variance(), weight), squares());
    ImageF sum = plain(weight, kernel);
    for (int i = 0; i < box.area(); i++) {
      double w = sum.data[i];
      if (w >= config.minWeight()) {
        image.data[i] = (float) (image.data[i] / w);
        variance.data[i] = (float) (variance.data[i] / (w * w));
      } else {
        image.data[i] = 0;
        variance.data[i] = Float.POSITIVE_INFINITY;
        mask.data[i] |= MaskPlanes.NO_DATA;
      }
    }
    return new MaskedImage(image, mask, variance);
  }

  private double[] squares() {
    double[] k = new double[kernel.length];
    for (int i = 0; i < k.length; i++) {
      k[i] = kernel[i] * kernel[i];
    }
    return k;
  }

  /** 1 where usable, 0 elsewhere; null when every pixel is usable. */
  private static @Nullable ImageF usable(MaskedImage in) {
    Box box = in.box();
    ImageF weight = new ImageF(box);
    boolean all = true;
    for (int y = box.y0(); y < box.y1(); y++) {
      int i = in.image().index(box.x0(), y);
      int m = in.mask().index(box.x0(), y);
      int v = in.variance().index(box.x0(), y);
      int w = weight.index(box.x0(), y);
      for (int x = 0; x < box.width(); x++) {
        boolean good =
            (in.mask().data[m + x] & MaskPlanes.NO_DATA) == 0
                && Float.isFinite(in.image().data[i + x])
                && Float.isFinite(in.variance().data[v + x]);
        weight.data[w + x] = good ? 1 : 0;
        all &= good;
      }
    }
    return all ? null : weight;
  }

  private static ImageF cleaned(ImageF image, ImageF weight) {
    ImageF out = image.copy();
    for (int i = 0; i < out.data.length; i++) {
      if (weight.data[i] == 0) {
        out.data[i] = 0;
      }
    }
    return out;
  }

  /** Both passes with zeros outside; rows of doubles, so that the sums are of doubles. */
  private ImageF plain(ImageF image, double[] k) {
    int width = image.width();
    int height = image.height();
    float[] half = new float[Math.multiplyExact(width, height)];
    double[] sum = new double[width];
    for (int y = 0; y < height; y++) {
      java.util.Arrays.fill(sum, 0);
      int row = image.offset + y * image.stride;
      for (int t = -radius; t <= radius; t++) {
        int from = Math.max(0, -t);
        int to = Math.min(width, width - t);
        addScaled(sum, from, to, image.data, row + t, k[t + radius]);
      }
      for (int x = 0; x < width; x++) {
        half[y * width + x] = (float) sum[x];
      }
    }
    ImageF out = new ImageF(image.box());
    for (int y = 0; y < height; y++) {
      java.util.Arrays.fill(sum, 0);
      for (int t = Math.max(-radius, -y); t <= Math.min(radius, height - 1 - y); t++) {
        addScaled(sum, 0, width, half, (y + t) * width, k[t + radius]);
      }
      for (int x = 0; x < width; x++) {
        out.data[y * width + x] = (float) sum[x];
      }
    }
    return out;
  }

  private static void addScaled(
      double[] sum, int from, int to, float[] values, int offset, double factor) {
    for (int x = from; x < to; x++) {
      sum[x] += factor * values[offset + x];
    }
  }

  private void renormaliseBorder(ImageF image, int power) {
    double[] wx = inside(image.width());
    double[] wy = inside(image.height());
    for (int y = 0; y < image.height(); y++) {
      boolean border = y < radius || y >= image.height() - radius;
      for (int x = 0; x < image.width(); x++) {
        if (!border && x == radius && image.width() - radius > x) {
          x = image.width() - radius;
        }
        if (x < image.width()) {
          double w = wx[x] * wy[y];
          image.data[y * image.width() + x] /= (float) (power == 2 ? w * w : w);
        }
      }
    }
  }

  /** Sum of the weights that fall inside, for each place along an axis. */
  private double[] inside(int length) {
    double[] w = new double[length];
    for (int x = 0; x < length; x++) {
      for (int t = -radius; t <= radius; t++) {
        if (x + t >= 0 && x + t < length) {
          w[x] += kernel[t + radius];
        }
      }
    }
    return w;
  }

  private MaskI spread(MaskI mask) {
    int width = mask.width();
    int height = mask.height();
    int drop = MaskPlanes.DETECTION_PLANES | MaskPlanes.NO_DATA;
    int[] half = new int[width * height];
    boolean[] empty = new boolean[height];
    for (int y = 0; y < height; y++) {
      int row = mask.offset + y * mask.stride;
      int any = 0;
      for (int x = 0; x < width; x++) {
        int bits = mask.data[row + x] & ~drop;
        any |= bits;
        if (bits != 0) {
          int to = Math.min(width - 1, x + radius);
          for (int u = Math.max(0, x - radius); u <= to; u++) {
            half[y * width + u] |= bits;
          }
        }
      }
      empty[y] = any == 0;
    }
    MaskI out = new MaskI(mask.box());
    for (int y = 0; y < height; y++) {
      for (int v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++) {
        if (!empty[v]) {
          for (int x = 0; x < width; x++) {
            out.data[y * width + x] |= half[v * width + x];
          }
        }
      }
      for (int x = 0; x < width; x++) {
        if (y < radius || x < radius || y >= height - radius || x >= width - radius) {
          out.data[y * width + x] |= MaskPlanes.EDGE;
        }
      }
    }
    return out;
  }
}
