package org.starbeam.measurement;

import java.util.concurrent.ConcurrentHashMap;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Flux in a circular aperture of one radius (specs/02 section 10.4; Bickerton and Lupton 2013). Up
 * to radius 12 the weight of a pixel at offset d from the centre is the band-limited aperture
 *
 * <pre>
 *   w(d) = (2 pi)^-2 int over [-pi, pi]^2 of 2 pi R J1(kR) / k exp(i k d) d2k
 * </pre>
 *
 * cut at R + 12 pixels and not rescaled, which gives the flux of a well-sampled source exactly at
 * every sub-pixel position; beyond, the area of the pixel inside the circle. The area that belongs
 * to a flux is the sum of the weights used.
 *
 * <p>Weights are tabulated for shifts in steps of 1/32 pixel and interpolated by a cubic, error
 * below 3e-6 of the weight; the table of a radius is made once (about 0.1 s) and shared. Cost per
 * source: 16 (2R + 25)^2 multiplications.
 */
public final class SincAperture {
  /** Planes whose pixels are counted as bad; their values are used all the same. */
  public static final int BAD_PLANES = MaskPlanes.SAT | MaskPlanes.BAD | MaskPlanes.NO_DATA;

  private static final double MAX_SINC_RADIUS = 12;
  private static final ConcurrentHashMap<Double, SincAperture> MADE = new ConcurrentHashMap<>();

  /**
   * @param flux NaN where the circle leaves the image or holds a pixel without a value
   * @param err one sigma, sqrt(sum w^2 V)
   * @param area sum of the weights
   * @param badPixels number of pixels in the circle in {@link #BAD_PLANES}
   * @param noData the circle holds pixels that nothing was measured in: light is missing
   * @param truncated the circle leaves the image
   * @param coefficientsTruncated only the outskirts of the weights do
   */
  public record Result(
      double flux,
      double err,
      double area,
      int badPixels,
      boolean noData,
      boolean truncated,
      boolean coefficientsTruncated) {}

  private final double radius;
  private final boolean isSinc;
  private final SincWeights sinc;

  private SincAperture(double radius, double largestSinc) {
    this.radius = radius;
    this.isSinc = radius <= largestSinc;
    this.sinc = isSinc ? SincWeights.of(radius) : SincWeights.NONE;
  }

  /** The aperture of a radius in pixels. */
  public static SincAperture of(double radius) {
    return MADE.computeIfAbsent(allowed(radius), r -> new SincAperture(r, MAX_SINC_RADIUS));
  }

  /** One whose weights are areas at any radius, as pixels that were resampled ask for. */
  public static SincAperture ofAreas(double radius) {
    return new SincAperture(allowed(radius), 0);
  }

  private static double allowed(double radius) {
    if (!(radius > 0) || radius > 1000) {
      throw new IllegalArgumentException("aperture radius " + radius + ", allowed are 0 to 1000");
    }
    return radius;
  }

  /** The weights about a position, in the coordinates of the image. */
  public ImageD weights(double x, double y) {
    return isSinc ? sinc.weights(x, y) : areaWeights(x, y);
  }

  public Result measure(MaskedImage image, double x, double y) {
    ImageD weights = weights(x, y);
    WeightedSum sum = WeightedSum.of(image, weights);
    int bad = pixels(image, x, y, BAD_PLANES);
    boolean truncated = !contains(image.box(), x, y) || sum.isNotFinite();
    return new Result(
        truncated ? Double.NaN : sum.flux(),
        truncated ? Double.NaN : sum.err(),
        sum.weight(),
        bad,
        pixels(image, x, y, MaskPlanes.NO_DATA) > 0,
        truncated,
        !truncated && !image.box().contains(weights.box()));
  }

  private boolean contains(Box box, double x, double y) {
    return x - radius >= box.x0() - 0.5
        && y - radius >= box.y0() - 0.5
        && x + radius <= box.x1() - 0.5
        && y + radius <= box.y1() - 0.5;
  }

  /** Number of pixels in the circle that are in one of the planes. */
  private int pixels(MaskedImage image, double x, double y, int planes) {
    Box box = circleBox(x, y).intersect(image.box());
    int n = 0;
    for (int row = box.y0(); row < box.y1(); row++) {
      double dy = row - y;
      for (int col = box.x0(); col < box.x1(); col++) {
        double dx = col - x;
        if (dx * dx + dy * dy <= radius * radius && (image.mask().get(col, row) & planes) != 0) {
          n++;
        }
      }
    }
    return n;
  }

  private Box circleBox(double x, double y) {
    return Box.ofCorners(
        (int) Math.rint(x - radius),
        (int) Math.rint(y - radius),
        (int) Math.rint(x + radius),
        (int) Math.rint(y + radius));
  }

  private ImageD areaWeights(double x, double y) {
    ImageD out = new ImageD(circleBox(x, y));
    Box box = out.box();
    for (int row = box.y0(); row < box.y1(); row++) {
      for (int col = box.x0(); col < box.x1(); col++) {
        out.set(col, row, CircleOverlap.area(col - x, row - y, radius));
      }
    }
    return out;
  }
}
