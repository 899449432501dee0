package org.starbeam.coadd;

import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SeparableConvolution;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.Warp;

/**
 * A warp binned 2 x 2 and smoothed with the target Gaussian: what artifacts are looked for in.
 * Binned pixel (i, j) covers the tract pixels 2i, 2i+1 by 2j, 2j+1.
 *
 * @param value smoothed image, nJy per full-resolution pixel; NaN where there are no data
 * @param sigma its noise, with the correlation that resampling left
 */
public record SmoothedWarp(ImageF value, ImageF sigma) {
  private static final int UNUSABLE =
      MaskPlanes.NO_DATA | MaskPlanes.SAT | MaskPlanes.REJECTED | MaskPlanes.EDGE;

  /** Box in binned pixels. */
  public Box box() {
    return value.box();
  }

  /** Smooths the warps of an input with one Gaussian. */
  public static final class Maker {
    private final SeparableConvolution gaussian;
    private final double noiseFactor;

    /**
     * @param sigma of the Gaussian in tract pixels
     * @param correlation noise correlation that resampling gave the warps
     * @param inputFactor factor by which sums over the input scatter more than its variance says
     */
    public Maker(double sigma, NoiseCorrelation correlation, double inputFactor) {
      gaussian = SeparableConvolution.gaussian(sigma / 2);
      noiseFactor =
          inputFactor * Math.sqrt(correlation.factor(fullKernel(), 0, side(), side(), side()));
    }

    private int side() {
      return 2 * gaussian.kernel().length;
    }

    /** The whole smoothing, bins and Gaussian, on full-resolution pixels. */
    private double[] fullKernel() {
      double[] k = gaussian.kernel();
      double[] out = new double[side() * side()];
      for (int y = 0; y < side(); y++) {
        for (int x = 0; x < side(); x++) {
          out[y * side() + x] = k[x / 2] * k[y / 2];
        }
      }
      return out;
    }

    public SmoothedWarp make(Warp warp) {
      MaskedImage smooth = gaussian.convolve(bin(warp.pixels()));
      ImageF value = smooth.image();
      ImageF sigma = smooth.variance();
      for (int i = 0; i < value.data.length; i++) {
        if ((smooth.mask().data[i] & MaskPlanes.NO_DATA) != 0) {
          value.data[i] = Float.NaN;
          sigma.data[i] = Float.POSITIVE_INFINITY;
        } else {
          sigma.data[i] = (float) (noiseFactor * Math.sqrt(sigma.data[i]));
        }
      }
      return new SmoothedWarp(value, sigma);
    }

    private static MaskedImage bin(MaskedImage in) {
      Box box = in.box();
      Box binned =
          Box.ofCorners(
              Math.floorDiv(box.x0(), 2),
              Math.floorDiv(box.y0(), 2),
              Math.floorDiv(box.x1() - 1, 2),
              Math.floorDiv(box.y1() - 1, 2));
      MaskedImage out = new MaskedImage(binned);
      for (int y = binned.y0(); y < binned.y1(); y++) {
        for (int x = binned.x0(); x < binned.x1(); x++) {
          binPixel(in, x, y, out);
        }
      }
      return out;
    }

    private static void binPixel(MaskedImage in, int x, int y, MaskedImage out) {
      double sum = 0;
      double variance = 0;
      int n = 0;
      for (int v = 2 * y; v < 2 * y + 2; v++) {
        for (int u = 2 * x; u < 2 * x + 2; u++) {
          if (!in.box().contains(u, v) || (in.mask().get(u, v) & UNUSABLE) != 0) {
            continue;
          }
          float pixel = in.image().get(u, v);
          float noise = in.variance().get(u, v);
          if (Float.isFinite(pixel) && noise > 0 && noise < Float.POSITIVE_INFINITY) {
            sum += pixel;
            variance += noise;
            n++;
          }
        }
      }
      if (n == 0) {
        out.mask().set(x, y, MaskPlanes.NO_DATA);
        out.variance().set(x, y, Float.POSITIVE_INFINITY);
      } else {
        out.image().set(x, y, (float) (sum / n));
        out.variance().set(x, y, (float) (variance / (n * n)));
      }
    }
  }
}
