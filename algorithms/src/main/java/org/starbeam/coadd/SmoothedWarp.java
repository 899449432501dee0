package org.starbeam.coadd;

import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.Selection;
import org.starbeam.image.SeparableConvolution;
import org.starbeam.image.SpanSet;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.Warp;

/**
 * A warp binned 2 x 2 and smoothed with the target Gaussian: what artifacts are looked for in.
 * Binned pixel (i, j) covers the tract pixels 2i, 2i+1 by 2j, 2j+1. Values are multiples of a step,
 * a power of two of at most 1/16 of the median noise, so that they can be kept in little space and
 * looked at again: the same artifacts are found then.
 *
 * @param value smoothed image, nJy per full-resolution pixel; NaN where there are no data
 * @param sigma its noise, with the correlation that resampling left; multiples of a sixteenth of
 *     the step, infinite where there are no data
 * @param step nJy
 */
public record SmoothedWarp(ImageF value, ImageF sigma, double step) {
  /** Steps of the noise in one of the value. */
  private static final double SIGMA_STEPS = 16;

  private static final int UNUSABLE =
      MaskPlanes.NO_DATA | MaskPlanes.SAT | MaskPlanes.REJECTED | MaskPlanes.EDGE;

  /** Box in binned pixels. */
  public Box box() {
    return value.box();
  }

  void write(StateWriter out) {
    Box box = box();
    SpanSet holes = holes();
    for (int edge : new int[] {box.x0(), box.y0(), box.width(), box.height(), holes.size()}) {
      out.integer(edge);
    }
    out.real(step);
    out.ints(holes.runs());
    LatticeCodec.write(out, value, step, holes);
    LatticeCodec.write(out, sigma, step / SIGMA_STEPS, holes);
  }

  private SpanSet holes() {
    boolean[] empty = new boolean[box().area()];
    for (int i = 0; i < empty.length; i++) {
      empty[i] = Float.isNaN(value.data[i]);
    }
    return SpanSet.ofMap(empty, box());
  }

  /** Reads what {@link #write} wrote. */
  static SmoothedWarp read(StateReader in) {
    Box box = new Box(in.integer(), in.integer(), in.integer(), in.integer());
    int runs = in.integer();
    double step = in.real();
    SpanSet holes = SpanSet.ofRuns(in.ints(3 * runs));
    ImageF value = LatticeCodec.read(in, box, step, holes, Float.NaN);
    ImageF sigma = LatticeCodec.read(in, box, step / SIGMA_STEPS, holes, Float.POSITIVE_INFINITY);
    return new SmoothedWarp(value, sigma, step);
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
      return onLattice(value, sigma);
    }

    /** Rounded; a zero has no sign. */
    private static SmoothedWarp onLattice(ImageF value, ImageF sigma) {
      double step = Lattice.step(median(sigma) / Lattice.LEVELS_PER_SIGMA);
      Lattice.round(value, step, false);
      Lattice.round(sigma, step / SIGMA_STEPS, true);
      for (int i = 0; i < value.data.length; i++) {
        value.data[i] += 0f;
      }
      return new SmoothedWarp(value, sigma, step);
    }

    /** Median of the finite values; 0 when there are none. */
    private static double median(ImageF plane) {
      float[] values = new float[plane.data.length];
      int n = 0;
      for (float v : plane.data) {
        if (Float.isFinite(v)) {
          values[n++] = v;
        }
      }
      return n == 0 ? 0 : Selection.ofRank(values, n, n / 2);
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
