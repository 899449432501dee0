package org.starbeam.calibration;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Combines frames pixel by pixel into a master (specs/01 section 5.1): the clipped mean (section
 * 0.3) of the inputs divided by their scales, in blocks of rows over all inputs, so that memory is
 * bounded whatever the number of inputs. Each input is read once, in order.
 *
 * <p>Before, inputs whose amplifiers differ from the others are rejected and named: the mean or the
 * standard deviation of an amplifier lies more than {@code rejectSigma} robust sigma from the
 * median of all inputs. Fewer than {@code minInputs} left is {@code TOO_FEW_INPUTS}.
 *
 * <p>Variance: sd^2 / n of the clipped sample, or sum of the inputs' variances / n^2 for fewer than
 * five inputs. Up to three inputs cannot be clipped by their spread: there a value more than five
 * sigma of its own noise above the lowest one is left out (cosmic rays). A pixel without any good
 * input takes the mean of its row's nearest good neighbours and is BAD.
 *
 * <p>The order of the inputs does not matter: they are sorted by name. Cost per pixel: n log n.
 */
public final class FrameCombiner {
  /**
   * @param kappa clip, 3
   * @param passes of clipping, 3
   * @param minInputs fewest inputs of a master, 3
   * @param rejectSigma robust sigma beyond which an input is rejected, 5
   * @param meanFloor smallest robust sigma of the amplifier means, in units of the pixel noise, 0.1
   * @param sdFloor smallest robust sigma of the amplifier deviations, relative, 0.02
   * @param suspectFraction rejected fraction from which the product is SUSPECT, 0.3
   * @param excluded mask planes of pixels that are not used
   * @param memoryBytes for the block of rows
   */
  public record Config(
      double kappa,
      int passes,
      int minInputs,
      double rejectSigma,
      double meanFloor,
      double sdFloor,
      double suspectFraction,
      int excluded,
      long memoryBytes)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          3,
          3,
          3,
          5,
          0.1,
          0.02,
          0.3,
          MaskPlanes.SAT
              | MaskPlanes.DETECTED
              | MaskPlanes.INTRP
              | MaskPlanes.CR
              | MaskPlanes.STREAK
              | MaskPlanes.NO_DATA,
          256L << 20);
    }

    public Config withMinInputs(int n) {
      return new Config(
          kappa,
          passes,
          n,
          rejectSigma,
          meanFloor,
          sdFloor,
          suspectFraction,
          excluded,
          memoryBytes);
    }
  }

  /** Clipped mean and standard deviation of one amplifier of an input, scaled. */
  public record Level(double mean, double sd) {}

  /**
   * One frame to combine.
   *
   * @param name names it in messages and orders it
   * @param rows its pixels
   * @param scale divides them
   * @param levels of its amplifiers, after scaling
   */
  public record Input(String name, RowSource rows, double scale, List<Level> levels) {
    /** Measures the levels of a frame's amplifiers. */
    public static Input of(
        String name, MaskedImage frame, RowSource rows, double scale, List<Box> amplifiers) {
      List<Level> levels = new ArrayList<>();
      for (Box box : amplifiers) {
        ClippedStatistics.Result r =
            new ClippedStatistics()
                .of(frame.image().view(box), frame.mask().view(box), MaskPlanes.NO_DATA);
        levels.add(new Level(r.meanClip() / scale, r.sdClip() / scale));
      }
      return new Input(name, rows, scale, levels);
    }
  }

  /** An input that was left out. */
  public record Rejected(String name, String reason) {}

  /**
   * The master.
   *
   * @param used names of the inputs in it
   * @param suspect true when too many inputs were rejected to trust it without looking
   * @param withoutInput number of pixels without any good input
   */
  public record Combined(
      MaskedImage image,
      List<String> used,
      List<Rejected> rejected,
      boolean suspect,
      int withoutInput) {}

  private static final double FEW_SIGMA = 5;
  private static final int FEW = 3;
  private static final int FROM_SPREAD = 5;

  private final Config config;

  public FrameCombiner(Config config) {
    this.config = config;
  }

  /**
   * Combines the inputs.
   *
   * @param what names the master in messages, for example {@code bias of detector 3}
   */
  public Combined combine(String what, List<Input> inputs) {
    List<Input> sorted = new ArrayList<>(inputs);
    sorted.sort(java.util.Comparator.comparing(Input::name));
    List<Rejected> rejected = new ArrayList<>();
    List<Input> used = select(sorted, rejected);
    if (used.size() < Math.max(1, config.minInputs)) {
      throw new AlgorithmException(
          "TOO_FEW_INPUTS",
          what
              + ": "
              + used.size()
              + " usable inputs of "
              + inputs.size()
              + ", at least "
              + config.minInputs
              + " are needed; rejected: "
              + rejected);
    }
    Box box = used.get(0).rows().box();
    MaskedImage out = new MaskedImage(box);
    stream(used, out);
    int holes = fillHoles(out);
    boolean suspect = rejected.size() > config.suspectFraction * inputs.size();
    return new Combined(
        out, used.stream().map(Input::name).toList(), List.copyOf(rejected), suspect, holes);
  }

  private List<Input> select(List<Input> inputs, List<Rejected> rejected) {
    List<Input> used = new ArrayList<>();
    for (Input input : inputs) {
      String reason = reason(input, inputs);
      if (reason.isEmpty()) {
        used.add(input);
      } else {
        rejected.add(new Rejected(input.name(), reason));
      }
    }
    return used;
  }

  /** Why an input is rejected, or nothing. */
  private String reason(Input input, List<Input> all) {
    for (int a = 0; a < input.levels().size(); a++) {
      int amplifier = a;
      double noise = median(all, i -> i.levels().get(amplifier).sd());
      String mean =
          outlier(
              input, all, i -> i.levels().get(amplifier).mean(), config.meanFloor * noise, "mean");
      String sd =
          outlier(input, all, i -> i.levels().get(amplifier).sd(), config.sdFloor * noise, "sd");
      if (!mean.isEmpty() || !sd.isEmpty()) {
        return "amplifier " + a + ": " + (mean.isEmpty() ? sd : mean);
      }
    }
    return "";
  }

  private String outlier(
      Input input, List<Input> all, ToDoubleFunction<Input> level, double floor, String name) {
    double centre = median(all, level);
    double spread = median(all, i -> Math.abs(level.applyAsDouble(i) - centre));
    double sigma = Math.max(ClippedStatistics.MAD_TO_SIGMA * spread, floor);
    double value = level.applyAsDouble(input);
    if (Math.abs(value - centre) <= config.rejectSigma * sigma) {
      return "";
    }
    return String.format(
        Locale.ROOT, "%s %.5g, the others %.5g +- %.2g", name, value, centre, sigma);
  }

  private static double median(List<Input> inputs, ToDoubleFunction<Input> level) {
    return ClippedStatistics.median(inputs.stream().mapToDouble(level).toArray());
  }

  private void stream(List<Input> used, MaskedImage out) {
    int n = used.size();
    int width = out.box().width();
    int height = out.box().height();
    long perRow = 12L * n * width;
    int rows = (int) Math.max(1, Math.min(height, config.memoryBytes / perRow));
    float[][] image = new float[n][rows * width];
    int[][] mask = new int[n][rows * width];
    float[][] variance = new float[n][rows * width];
    Pixel pixel = new Pixel(n);
    for (int first = 0; first < height; first += rows) {
      int count = Math.min(rows, height - first);
      for (int k = 0; k < n; k++) {
        used.get(k).rows().read(first, count, image[k], mask[k], variance[k]);
      }
      int target = first * width;
      for (int i = 0; i < count * width; i++) {
        pixel.gather(used, image, mask, variance, i);
        pixel.combine();
        out.image().data[target + i] = (float) pixel.mean;
        out.variance().data[target + i] = (float) pixel.variance;
        if (pixel.used == 0) {
          out.mask().data[target + i] = MaskPlanes.BAD | MaskPlanes.NO_DATA;
        }
      }
    }
  }

  /** The values of one pixel over the inputs. */
  private final class Pixel {
    final double[] values;
    final double[] variances;
    final double[] sorted;
    int n;
    int used;
    double mean;
    double variance;

    Pixel(int most) {
      values = new double[most];
      variances = new double[most];
      sorted = new double[most];
    }

    void gather(List<Input> inputs, float[][] image, int[][] mask, float[][] var, int i) {
      n = 0;
      for (int k = 0; k < inputs.size(); k++) {
        float v = image[k][i];
        if (Float.isFinite(v) && (mask[k][i] & config.excluded) == 0) {
          double scale = inputs.get(k).scale();
          values[n] = v / scale;
          variances[n++] = var[k][i] / (scale * scale);
        }
      }
    }

    void combine() {
      if (values.length <= FEW) {
        dropPositive();
      }
      if (n == 0) {
        used = 0;
        mean = Double.NaN;
        variance = Double.NaN;
        return;
      }
      double centre = quartile(0.5);
      double iqr = quartile(0.75) - quartile(0.25);
      moments(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, centre);
      double width =
          config.kappa * (iqr > 0 ? ClippedStatistics.IQR_TO_SIGMA * iqr : Math.sqrt(variance));
      for (int pass = 0; pass < config.passes && n > 1; pass++) {
        moments(centre - width, centre + width, centre);
        centre = mean;
        width = config.kappa * Math.sqrt(variance);
        if (used < 2) {
          break;
        }
      }
      boolean fromSpread = values.length >= FROM_SPREAD && used > 1;
      variance = fromSpread ? variance / used : inputVariance();
    }

    private double inputVariance() {
      double sum = 0;
      for (int k = 0; k < n; k++) {
        sum += variances[k];
      }
      return sum / ((double) n * n);
    }

    private double quartile(double fraction) {
      if (fraction == 0.5) {
        System.arraycopy(values, 0, sorted, 0, n);
        Arrays.sort(sorted, 0, n);
      }
      double at = fraction * (n - 1);
      int i = (int) at;
      return i + 1 < n ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
    }

    private void moments(double low, double high, double shift) {
      double sum = 0;
      double squares = 0;
      used = 0;
      for (int k = 0; k < n; k++) {
        if (values[k] >= low && values[k] <= high) {
          double d = values[k] - shift;
          sum += d;
          squares += d * d;
          used++;
        }
      }
      double m = used == 0 ? 0 : sum / used;
      mean = shift + m;
      variance = used < 2 ? Double.NaN : Math.max(0, squares - used * m * m) / (used - 1);
    }

    private void dropPositive() {
      int lowest = 0;
      for (int k = 1; k < n; k++) {
        lowest = values[k] < values[lowest] ? k : lowest;
      }
      int kept = 0;
      double floor = n == 0 ? 0 : values[lowest];
      double own = n == 0 ? 0 : variances[lowest];
      for (int k = 0; k < n; k++) {
        double sigma = Math.sqrt(variances[k] + own);
        if (values[k] - floor <= FEW_SIGMA * sigma || Double.isNaN(sigma)) {
          values[kept] = values[k];
          variances[kept++] = variances[k];
        }
      }
      n = kept;
    }
  }

  /** Gives pixels without input the mean of the nearest good ones in their row. */
  private static int fillHoles(MaskedImage out) {
    int holes = 0;
    ImageF image = out.image();
    MaskI mask = out.mask();
    Box box = out.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if ((mask.get(x, y) & MaskPlanes.NO_DATA) == 0) {
          continue;
        }
        holes++;
        int left = neighbour(mask, x, y, -1);
        int right = neighbour(mask, x, y, 1);
        boolean none = left < box.x0() && right >= box.x1();
        int a = left < box.x0() ? right : left;
        int b = right >= box.x1() ? left : right;
        image.set(x, y, none ? 0 : 0.5f * (image.get(a, y) + image.get(b, y)));
        out.variance().set(x, y, none ? 0 : Math.max(out.variance().get(a, y), 0));
      }
    }
    for (int i = 0; i < mask.data.length; i++) {
      mask.data[i] &= ~MaskPlanes.NO_DATA;
    }
    return holes;
  }

  private static int neighbour(MaskI mask, int x, int y, int step) {
    int at = x + step;
    while (at >= mask.box().x0()
        && at < mask.box().x1()
        && (mask.get(at, y) & MaskPlanes.NO_DATA) != 0) {
      at += step;
    }
    return at;
  }
}
