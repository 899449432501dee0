package org.starbeam.calibration;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;

/**
 * Finds the fringe patterns of a detector and filter from exposures of the sky (specs/01 section
 * 5.9). Each exposure is divided by its sky; a smooth sky is taken out; what is common to the
 * exposures is the pattern, found by alternating least squares from the leading vector of their
 * products, which is a singular value decomposition with missing values: sources are clipped bin by
 * bin over the exposures and within each exposure. Further patterns come from what is left.
 *
 * <p>A pattern counts when those of the exposures of even and of odd number agree. It is smoothed
 * by a local quadratic, so that it adds next to no noise. A polynomial stands for the sky where the
 * specification has bins of 64 pixels: these take fringes of 100 pixels with them.
 *
 * <p>Cost: some hundred operations per bin and exposure; 8 bytes of memory per bin and exposure.
 */
public final class FringeMaker {
  /**
   * @param fit bins and sky
   * @param minInputs fewer exposures make no pattern, 5
   * @param maxInputs exposures that are used, the earliest; 30. A later one changes nothing, so a
   *     survey that grows keeps its frame
   * @param maxPatterns 2
   * @param minAgreement correlation of the patterns from the two halves of the exposures, 0.5
   */
  public record Config(
      FringeFit.Config fit, int minInputs, int maxInputs, int maxPatterns, double minAgreement)
      implements Serializable {
    public Config {
      if (minInputs < 4 || maxInputs < minInputs || maxPatterns < 1 || maxPatterns > 4) {
        throw new IllegalArgumentException(
            "4 <= minInputs "
                + minInputs
                + " <= maxInputs "
                + maxInputs
                + ", 1 <= maxPatterns "
                + maxPatterns
                + " <= 4");
      }
    }

    public static Config defaults() {
      return new Config(FringeFit.Config.defaults(), 5, 30, 2, 0.5);
    }
  }

  /**
   * One exposure.
   *
   * @param name for messages and cards
   * @param bins electrons, after the flat
   */
  public record Input(String name, FringeBins bins) {}

  private static final int ITERATIONS = 8;
  private static final int POWER_STEPS = 50;
  private static final double CLIP = 3;
  private static final int SMOOTHING = 3;

  private final Config config;

  public FringeMaker(Config config) {
    this.config = config;
  }

  /**
   * Makes the patterns.
   *
   * @param what for messages, such as "fringe of detector R22_S11"
   * @param inputs of the same size, in order of time; those without a sky are passed over
   * @throws AlgorithmException FEW_INPUTS, NO_FRINGES
   */
  public FringeFrame make(String what, List<Input> inputs) {
    List<Sky> skies = new ArrayList<>();
    for (Input input : inputs) {
      Sky sky = Sky.of(input, config.fit().skyOrder());
      if (sky != null && skies.size() < config.maxInputs()) {
        skies.add(sky);
      }
    }
    if (skies.size() < config.minInputs()) {
      throw new AlgorithmException(
          "FEW_INPUTS",
          what + ": " + skies.size() + " exposures with a sky, needed " + config.minInputs());
    }
    FringeBins bins = inputs.get(0).bins();
    List<Pattern> patterns = new ArrayList<>();
    while (patterns.size() < config.maxPatterns()) {
      Pattern next = pattern(bins, skies);
      double agreement =
          correlation(pattern(bins, half(skies, 0)).values, pattern(bins, half(skies, 1)).values);
      if (!(agreement >= config.minAgreement())) {
        if (patterns.isEmpty()) {
          throw new AlgorithmException(
              "NO_FRINGES",
              String.format(
                  Locale.ROOT,
                  "%s: the patterns of the two halves of %d exposures correlate by %.2f only",
                  what,
                  skies.size(),
                  agreement));
        }
        break;
      }
      next.agreement = agreement;
      patterns.add(next);
      for (int e = 0; e < skies.size(); e++) {
        skies.get(e).remove(next.values, next.amplitudes[e]);
      }
    }
    return frame(bins, skies, patterns);
  }

  private static List<Sky> half(List<Sky> skies, int parity) {
    List<Sky> out = new ArrayList<>();
    for (int e = parity; e < skies.size(); e += 2) {
      out.add(skies.get(e));
    }
    return out;
  }

  /** One exposure over its sky, without the smooth part; NaN where it is clipped. */
  private static final class Sky {
    final String name;
    final float[] values;
    final double weight;

    private Sky(String name, float[] values, double weight) {
      this.name = name;
      this.values = values;
      this.weight = weight;
    }

    static @Nullable Sky of(Input input, int order) {
      float[] v = input.bins().values();
      float[] good = new float[v.length];
      int n = 0;
      for (float value : v) {
        if (Float.isFinite(value)) {
          good[n++] = value;
        }
      }
      double level = n == 0 ? 0 : ClippedStatistics.median(Arrays.copyOf(good, n));
      if (!(level > 0) || 2 * n < v.length) {
        return null;
      }
      float[] relative = new float[v.length];
      for (int i = 0; i < v.length; i++) {
        relative[i] = (float) (v[i] / level);
      }
      FringeFit fit = FringeFit.of(input.bins().with(relative), List.of(), order);
      return new Sky(input.name(), fit.residuals().clone(), 1 / (fit.sigma() * fit.sigma()));
    }

    void remove(float[] pattern, double amplitude) {
      for (int i = 0; i < values.length; i++) {
        values[i] -= (float) (amplitude * pattern[i]);
      }
    }
  }

  private static final class Pattern {
    final double[] amplitudes;
    float[] values;
    double variance;
    double agreement;

    Pattern(double[] amplitudes, int bins) {
      this.amplitudes = amplitudes;
      this.values = new float[bins];
    }
  }

  private static Pattern pattern(FringeBins bins, List<Sky> skies) {
    Pattern out = new Pattern(leading(skies), bins.values().length);
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      update(bins, skies, out, iteration > 0);
      amplitudes(skies, out);
      normalise(out);
    }
    return out;
  }

  /** The leading vector of the matrix of mean products over common bins. */
  private static double[] leading(List<Sky> skies) {
    int n = skies.size();
    double[][] products = new double[n][n];
    for (int a = 0; a < n; a++) {
      for (int b = 0; b <= a; b++) {
        products[a][b] = a == b ? 0 : product(skies.get(a).values, skies.get(b).values);
        products[b][a] = products[a][b];
      }
    }
    double[] v = new double[n];
    Arrays.fill(v, 1 / Math.sqrt(n));
    for (int step = 0; step < POWER_STEPS; step++) {
      double[] next = new double[n];
      double norm = 0;
      for (int a = 0; a < n; a++) {
        for (int b = 0; b < n; b++) {
          next[a] += products[a][b] * v[b];
        }
        norm += next[a] * next[a];
      }
      if (norm == 0) {
        break;
      }
      for (int a = 0; a < n; a++) {
        v[a] = next[a] / Math.sqrt(norm);
      }
    }
    return v;
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < a.length; i++) {
      float p = a[i] * b[i];
      if (Float.isFinite(p)) {
        sum += p;
        n++;
      }
    }
    return n == 0 ? 0 : sum / n;
  }

  /** The pattern for given amplitudes; outliers against the last pattern are left out. */
  private static void update(FringeBins bins, List<Sky> skies, Pattern p, boolean clip) {
    float[] raw = new float[p.values.length];
    double variances = 0;
    int n = 0;
    for (int i = 0; i < raw.length; i++) {
      double sum = 0;
      double weight = 0;
      for (int e = 0; e < skies.size(); e++) {
        Sky sky = skies.get(e);
        double a = p.amplitudes[e];
        double r = sky.values[i] - a * p.values[i];
        boolean good = !clip || r * r * sky.weight <= CLIP * CLIP;
        if (Float.isFinite(sky.values[i]) && good) {
          sum += sky.weight * a * sky.values[i];
          weight += sky.weight * a * a;
        }
      }
      raw[i] = weight > 0 ? (float) (sum / weight) : Float.NaN;
      if (weight > 0) {
        variances += 1 / weight;
        n++;
      }
    }
    p.values = smooth(bins, raw);
    p.variance = n == 0 ? 0 : variances / n * gain();
  }

  private static void amplitudes(List<Sky> skies, Pattern p) {
    for (int e = 0; e < skies.size(); e++) {
      float[] v = skies.get(e).values;
      double cross = 0;
      double square = 0;
      for (int i = 0; i < v.length; i++) {
        if (Float.isFinite(v[i])) {
          cross += v[i] * (double) p.values[i];
          square += p.values[i] * (double) p.values[i];
        }
      }
      p.amplitudes[e] = square > 0 ? cross / square : 0;
    }
  }

  /** To a mean absolute amplitude of 1, positive in the mean. */
  private static void normalise(Pattern p) {
    double size = 0;
    double sum = 0;
    for (double a : p.amplitudes) {
      size += Math.abs(a);
      sum += a;
    }
    double scale = size == 0 ? 1 : Math.copySign(size / p.amplitudes.length, sum);
    for (int e = 0; e < p.amplitudes.length; e++) {
      p.amplitudes[e] /= scale;
    }
    for (int i = 0; i < p.values.length; i++) {
      p.values[i] *= (float) scale;
    }
    p.variance *= scale * scale;
  }

  /** Savitzky-Golay weights of a quadratic over 2 SMOOTHING + 1 bins. */
  private static double[] kernel() {
    int m = SMOOTHING;
    double norm = (2 * m + 3) * (2 * m + 1) * (2 * m - 1) / 3.0;
    double[] out = new double[2 * m + 1];
    for (int k = -m; k <= m; k++) {
      out[k + m] = (3 * m * m + 3 * m - 1 - 5.0 * k * k) / norm;
    }
    return out;
  }

  private static double gain() {
    double sum = 0;
    for (double w : kernel()) {
      sum += w * w;
    }
    return sum * sum;
  }

  /** The local quadratic in both directions; bins without a value count as their neighbours. */
  private static float[] smooth(FringeBins bins, float[] raw) {
    float[] rows = smooth(raw, bins.height(), bins.width(), bins.width(), 1);
    float[] out = smooth(rows, bins.width(), bins.height(), 1, bins.width());
    for (int i = 0; i < out.length; i++) {
      out[i] = Float.isFinite(out[i]) ? out[i] : 0;
    }
    return out;
  }

  /** Along lines of {@code length} values that are {@code step} apart. */
  private static float[] smooth(float[] in, int lines, int length, int lineStep, int step) {
    double[] kernel = kernel();
    float[] out = new float[in.length];
    for (int line = 0; line < lines; line++) {
      for (int x = 0; x < length; x++) {
        double sum = 0;
        double weight = 0;
        for (int k = -SMOOTHING; k <= SMOOTHING; k++) {
          int u = Math.max(0, Math.min(length - 1, x + k));
          float v = in[line * lineStep + u * step];
          if (Float.isFinite(v)) {
            sum += kernel[k + SMOOTHING] * v;
            weight += kernel[k + SMOOTHING];
          }
        }
        out[line * lineStep + x * step] = weight > 0.5 ? (float) (sum / weight) : Float.NaN;
      }
    }
    return out;
  }

  private static double correlation(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * (double) b[i];
      aa += a[i] * (double) a[i];
      bb += b[i] * (double) b[i];
    }
    return aa * bb == 0 ? 0 : Math.abs(ab) / Math.sqrt(aa * bb);
  }

  private static FringeFrame frame(FringeBins bins, List<Sky> skies, List<Pattern> patterns) {
    List<ImageF> images = new ArrayList<>();
    List<Double> variances = new ArrayList<>();
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CPPN", skies.size());
    for (int e = 0; e < skies.size(); e++) {
      cards.put("CPPIN" + e, skies.get(e).name);
    }
    for (int k = 0; k < patterns.size(); k++) {
      Pattern p = patterns.get(k);
      images.add(bins.with(p.values).pixels());
      variances.add(p.variance);
      cards.put("AGREE" + k, p.agreement);
      for (int e = 0; e < skies.size(); e++) {
        cards.put("AMP" + k + " " + e, p.amplitudes[e]);
      }
    }
    return new FringeFrame(images, variances, cards);
  }
}
