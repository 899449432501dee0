package org.starbeam.measurement;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Fluxes whose weights sum to zero, so that a constant background does not change them (specs/02
 * section 10.6).
 *
 * <ul>
 *   <li>Top-hat: F = a(R) - s2 (a(R out) - a(R in)), a = sum in an aperture, s2 = area(R) / (area(R
 *       out) - area(R in)) of the areas as summed.
 *   <li>Gaussian of width s: w = N (g(s) - a g(t s)) with unnormalised Gaussians, N = 2 (t^2 + 1) /
 *       (t^2 - 1), a = sum g(s) / sum g(t s) over the box of half size ceil(3 t s).
 * </ul>
 *
 * Errors: sqrt(sum w^2 V). A linear gradient cancels to the sub-pixel offset of the box.
 */
public final class CompensatedFlux {
  /** Planes whose pixels carry no measurement of light. */
  public static final int BAD_PLANES = MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA;

  /** Makes the weights of one kind of flux. */
  private interface Weights {
    ImageD at(double x, double y);
  }

  /**
   * @param flux NaN where the weights leave the image or a pixel has no value
   * @param err one sigma
   * @param maskBits planes set in any pixel with weight
   * @param badFraction share of sum |w| in {@link #BAD_PLANES}
   * @param truncated the weights leave the image
   */
  public record Result(
      double flux, double err, int maskBits, double badFraction, boolean truncated) {}

  private final Weights weights;

  private CompensatedFlux(Weights weights) {
    this.weights = weights;
  }

  /** Radius 12, annulus from 1.0 to 1.7 radii: the calibration flux. */
  public static CompensatedFlux calibration() {
    return tophat(12, 1.0, 1.7);
  }

  /**
   * @param radius of the aperture in pixels
   * @param inner inner radius of the annulus in radii
   * @param outer its outer radius
   */
  public static CompensatedFlux tophat(double radius, double inner, double outer) {
    if (!(inner >= 1) || !(outer > inner)) {
      throw new IllegalArgumentException("annulus from " + inner + " to " + outer + " radii");
    }
    SincAperture core = SincAperture.of(radius);
    SincAperture in = SincAperture.of(radius * inner);
    SincAperture out = SincAperture.of(radius * outer);
    return new CompensatedFlux((x, y) -> tophatWeights(core, in, out, x, y));
  }

  /**
   * @param width of the positive Gaussian in pixels
   * @param ratio of the widths of the negative and the positive one
   */
  public static CompensatedFlux gaussian(double width, double ratio) {
    return new CompensatedFlux((x, y) -> gaussianWeights(width, ratio, x, y));
  }

  /** The weights about a position, in the coordinates of the image; their sum is zero. */
  public ImageD weights(double x, double y) {
    return weights.at(x, y);
  }

  public Result measure(MaskedImage image, double x, double y) {
    ImageD w = weights.at(x, y);
    Box box = w.box().intersect(image.box());
    WeightedSum sum = WeightedSum.of(image, w);
    int bits = 0;
    double bad = 0;
    double all = 0;
    for (int row = box.y0(); row < box.y1(); row++) {
      for (int col = box.x0(); col < box.x1(); col++) {
        double absolute = Math.abs(w.get(col, row));
        int planes = absolute > 0 ? image.mask().get(col, row) : 0;
        bits |= planes;
        all += absolute;
        bad += (planes & BAD_PLANES) != 0 ? absolute : 0;
      }
    }
    boolean truncated = !box.equals(w.box());
    boolean none = truncated || sum.isNotFinite();
    return new Result(
        none ? Double.NaN : sum.flux(),
        none ? Double.NaN : sum.err(),
        bits,
        all > 0 ? bad / all : 1,
        truncated);
  }

  private static ImageD tophatWeights(
      SincAperture core, SincAperture in, SincAperture out, double x, double y) {
    ImageD w0 = core.weights(x, y);
    ImageD w1 = in == core ? w0 : in.weights(x, y);
    ImageD w2 = out.weights(x, y);
    double scale = sum(w0) / (sum(w2) - sum(w1));
    ImageD sum = new ImageD(w0.box().union(w1.box()).union(w2.box()));
    add(sum, w0, 1);
    add(sum, w1, scale);
    add(sum, w2, -scale);
    return sum;
  }

  private static double sum(ImageD image) {
    double sum = 0;
    for (double v : image.data) {
      sum += v;
    }
    return sum;
  }

  private static void add(ImageD sum, ImageD term, double factor) {
    Box box = term.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      int from = term.index(box.x0(), y);
      int to = sum.index(box.x0(), y);
      for (int i = 0; i < box.width(); i++) {
        sum.data[to + i] += factor * term.data[from + i];
      }
    }
  }

  private static ImageD gaussianWeights(double width, double ratio, double x, double y) {
    int half = (int) Math.ceil(3 * ratio * width);
    Box box = Box.around((int) Math.rint(x), (int) Math.rint(y), half);
    double[] nx = profile(box.x0() - x, box.width(), width);
    double[] ny = profile(box.y0() - y, box.height(), width);
    double[] wx = profile(box.x0() - x, box.width(), ratio * width);
    double[] wy = profile(box.y0() - y, box.height(), ratio * width);
    double a = sum(nx) * sum(ny) / (sum(wx) * sum(wy));
    double t2 = ratio * ratio;
    double norm = 2 * (t2 + 1) / (t2 - 1);
    double[] w = new double[box.area()];
    for (int j = 0; j < box.height(); j++) {
      for (int i = 0; i < box.width(); i++) {
        w[j * box.width() + i] = norm * (nx[i] * ny[j] - a * wx[i] * wy[j]);
      }
    }
    return ImageD.wrap(box, w);
  }

  private static double[] profile(double first, int n, double sigma) {
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      double d = (first + i) / sigma;
      out[i] = Math.exp(-0.5 * d * d);
    }
    return out;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v;
    }
    return sum;
  }
}
