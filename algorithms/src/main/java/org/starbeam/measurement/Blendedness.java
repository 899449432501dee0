package org.starbeam.measurement;

import java.util.List;
import org.hipparchus.special.Erf;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * The share of the light at a source that belongs to its neighbours (specs/02 section 10.7; Bosch
 * et al. 2018, section 4.9.11): 1 - f(own) / f(all) with f the flux under the Gaussian of the
 * source's moments, out to 3 sigma, on its own pixels and on those with every source. {@code
 * blendedness_raw} takes the pixels as they are; {@code blendedness_abs} takes |I| less what noise
 * adds to it, so that dips of one source do not cancel the light of another. A source that nothing
 * was taken from has exactly 0.
 */
public final class Blendedness implements MeasurementPlugin {
  private static final double REACH = 3;

  /** Deviations below which the mean of a positive flux is that of its tail. */
  private static final double TAIL = -8;

  @Override
  public String name() {
    return Fields.BLENDEDNESS;
  }

  @Override
  public int executionOrder() {
    return FLUX;
  }

  @Override
  public List<String> inputs() {
    return List.of(Fields.X, Fields.Y, Fields.IXX, Fields.IYY, Fields.IXY);
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.BLENDEDNESS_ABS, Fields.BLENDEDNESS_RAW);
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    double xx = source.get(Fields.IXX);
    double yy = source.get(Fields.IYY);
    double xy = source.get(Fields.IXY);
    double det = xx * yy - xy * xy;
    boolean shaped = xx > 0 && det > 0 && !source.flag(Fields.flag(Fields.SHAPE));
    source.setFlag(Fields.flag(name(), "noShape"), !shaped);
    double[] sums = new double[4];
    if (shaped) {
      int halfX = (int) Math.ceil(REACH * Math.sqrt(xx));
      int halfY = (int) Math.ceil(REACH * Math.sqrt(yy));
      int px = (int) Math.rint(source.x());
      int py = (int) Math.rint(source.y());
      Box box =
          Box.ofCorners(px - halfX, py - halfY, px + halfX, py + halfY)
              .intersect(frame.image().box());
      for (int y = box.y0(); y < box.y1(); y++) {
        double dy = y - source.y();
        for (int x = box.x0(); x < box.x1(); x++) {
          double dx = x - source.x();
          double rho2 = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det;
          if (rho2 <= REACH * REACH) {
            add(sums, Math.exp(-0.5 * rho2), frame, x, y);
          }
        }
      }
    }
    boolean measured = sums[1] > 0 && sums[3] > 0;
    source.setFlag(Fields.flag(name()), !measured);
    source.set(Fields.BLENDEDNESS_RAW, measured ? 1 - sums[0] / sums[1] : Double.NaN);
    source.set(Fields.BLENDEDNESS_ABS, measured ? 1 - sums[2] / sums[3] : Double.NaN);
  }

  /** Adds a pixel to the sums: own, all, absolute own, absolute all. */
  private static void add(double[] sums, double weight, MeasurementFrame frame, int x, int y) {
    ImageF pixels = frame.image().image();
    double own = pixels.get(x, y);
    double all = frame.all().image().get(x, y);
    double variance = frame.image().variance().get(x, y);
    if (!Double.isFinite(own + all) || !(variance >= 0) || Double.isInfinite(variance)) {
      return;
    }
    double ownLight = withoutNoise(own, variance);
    sums[0] += weight * own;
    sums[1] += weight * all;
    sums[2] += weight * ownLight;
    sums[3] += weight * (own == all ? ownLight : withoutNoise(all, variance));
  }

  /** |I| less the mean of what a noise of the given variance adds to it. */
  static double withoutNoise(double value, double variance) {
    double sigma = Math.sqrt(variance);
    double t = value / sigma;
    if (!(sigma > 0) || t > -TAIL) {
      return Math.abs(value);
    }
    double mean =
        t < TAIL
            ? -sigma / t
            : value
                + sigma
                    * Math.exp(-0.5 * t * t)
                    / (Math.sqrt(2 * Math.PI) * 0.5 * Erf.erfc(-t / Math.sqrt(2)));
    double m = mean / (sigma * Math.sqrt(2));
    double bias = sigma * Math.sqrt(2 / Math.PI) * Math.exp(-m * m) - mean * Erf.erfc(m);
    return Math.abs(value) - bias;
  }
}
