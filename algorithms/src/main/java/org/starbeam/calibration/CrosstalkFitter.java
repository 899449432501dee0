package org.starbeam.calibration;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Amplifier;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;

/**
 * Measures the crosstalk of a detector in exposures of the sky (specs/01 section 5.7). Where an
 * amplifier reads a bright source, the others, read at the same moment, show c times its signal:
 * each cell of {@code cellPx} pixels in which a source rises above {@code minSource} is a spot and
 * gives
 *
 * <pre>
 * c = sum I v / sum I^2,   weight sum I^2
 * </pre>
 *
 * <p>over its bright pixels, with I the source and v the target above the sky that surrounds the
 * spot. Spots on whose target something bright lies are left out. A coefficient is the weighted
 * mean of its spots, clipped at {@code clip} of their scatter, which also gives its error. Not
 * thread safe; the result does not depend on the order of the exposures but for rounding.
 */
public final class CrosstalkFitter {
  /**
   * @param minSource electrons above the overscan from which a pixel is a source, 30000
   * @param brightTarget share of minSource above which a target is no target, 0.3
   * @param cellPx side of a spot's cell, 32
   * @param surroundPx pixels around the cell that give the sky, 16
   * @param clip scatters from the mean at which a spot is left out, 2.5
   * @param minSpots spots that a coefficient needs, 8
   * @param maxExposures earliest exposures that are read, 30
   */
  public record Config(
      double minSource,
      double brightTarget,
      int cellPx,
      int surroundPx,
      double clip,
      int minSpots,
      int maxExposures)
      implements Serializable {
    public static Config defaults() {
      return new Config(30_000, 0.3, 32, 16, 2.5, 8, 30);
    }
  }

  private static final int PASSES = 10;

  /** Side of the blocks whose means give the sky, pixels. */
  private static final int BLOCK = 8;

  private static final ClippedStatistics STATISTICS =
      new ClippedStatistics(new ClippedStatistics.Config(2.5, 5, false));

  /** What a spot says of a pair of amplifiers. */
  private record Spot(double coefficient, double weight) {}

  private final Config config;
  private final int detector;
  private final List<Amplifier> amplifiers;
  private final List<List<Spot>> spots = new ArrayList<>();
  private int exposures;

  public CrosstalkFitter(Config config, int detector, List<Amplifier> amplifiers) {
    this.config = config;
    this.detector = detector;
    this.amplifiers = List.copyOf(amplifiers);
    for (int i = 0; i < amplifiers.size() * amplifiers.size(); i++) {
      spots.add(new ArrayList<>());
    }
  }

  /**
   * Takes in an exposure.
   *
   * @param images whole raw images in read order of one size, ADU above the overscan, null where
   *     there is none; not modified
   */
  public void add(List<@Nullable ImageF> images) {
    exposures++;
    for (int s = 0; s < images.size(); s++) {
      ImageF source = images.get(s);
      if (source != null) {
        Box data = amplifiers.get(s).raw().data();
        for (int y = data.y0(); y < data.y1(); y += config.cellPx) {
          for (int x = data.x0(); x < data.x1(); x += config.cellPx) {
            Box cell = new Box(x, y, config.cellPx, config.cellPx).intersect(data);
            spot(images, s, source, cell);
          }
        }
      }
    }
  }

  private void spot(List<@Nullable ImageF> images, int s, ImageF source, Box cell) {
    int[] bright = bright(source, cell, amplifiers.get(s));
    if (bright.length == 0) {
      return;
    }
    for (int t = 0; t < images.size(); t++) {
      ImageF target = images.get(t);
      if (t == s || target == null || target.data.length != source.data.length) {
        continue;
      }
      Box around = around(cell).intersect(amplifiers.get(t).raw().data());
      if (isFree(target, cell, amplifiers.get(t))) {
        add(spots.get(s * images.size() + t), source, target, bright, around);
      }
    }
  }

  private static void add(List<Spot> out, ImageF source, ImageF target, int[] bright, Box around) {
    double sourceLevel = level(source.view(around));
    double targetLevel = level(target.view(around));
    double product = 0;
    double square = 0;
    for (int i : bright) {
      double signal = source.data[i] - sourceLevel;
      product += signal * (target.data[i] - targetLevel);
      square += signal * signal;
    }
    if (square > 0 && Double.isFinite(product)) {
      out.add(new Spot(product / square, square));
    }
  }

  /** Sky of the pixels: clipped mean of the means of blocks, of which a star raises but a few. */
  private static double level(ImageF pixels) {
    int across = pixels.width() / BLOCK;
    int up = pixels.height() / BLOCK;
    double[] means = new double[across * up];
    for (int y = 0; y < up * BLOCK; y++) {
      int start = pixels.index(pixels.box().x0(), pixels.box().y0() + y);
      for (int x = 0; x < across * BLOCK; x++) {
        means[y / BLOCK * across + x / BLOCK] += pixels.data[start + x] / (BLOCK * BLOCK);
      }
    }
    return STATISTICS.of(means).meanClip();
  }

  private Box around(Box cell) {
    int g = config.surroundPx;
    return new Box(cell.x0() - g, cell.y0() - g, cell.width() + 2 * g, cell.height() + 2 * g);
  }

  /** Indices of the pixels of a cell that are sources and not saturated. */
  private int[] bright(ImageF source, Box cell, Amplifier a) {
    double from = config.minSource / a.gain();
    double to = a.saturation() / a.gain();
    int[] out = new int[cell.area()];
    int n = 0;
    for (int y = cell.y0(); y < cell.y1(); y++) {
      int start = source.index(cell.x0(), y);
      for (int i = start; i < start + cell.width(); i++) {
        if (source.data[i] > from && source.data[i] < to) {
          out[n++] = i;
        }
      }
    }
    return Arrays.copyOf(out, n);
  }

  private boolean isFree(ImageF target, Box cell, Amplifier a) {
    double limit = config.brightTarget * config.minSource / a.gain();
    for (int y = cell.y0(); y < cell.y1(); y++) {
      int start = target.index(cell.x0(), y);
      for (int i = start; i < start + cell.width(); i++) {
        if (!(target.data[i] < limit)) {
          return false;
        }
      }
    }
    return true;
  }

  /** What the exposures say so far. */
  public MeasuredCrosstalk result() {
    int n = amplifiers.size();
    double[][] coefficients = new double[n][n];
    double[][] errors = new double[n][n];
    int[][] counts = new int[n][n];
    for (int s = 0; s < n; s++) {
      for (int t = 0; t < n; t++) {
        if (s != t) {
          Mean mean = mean(spots.get(s * n + t));
          coefficients[s][t] = mean.value;
          errors[s][t] = mean.error;
          counts[s][t] = mean.count;
        }
      }
    }
    return new MeasuredCrosstalk(
        detector,
        amplifiers.stream().map(Amplifier::name).toList(),
        coefficients,
        errors,
        counts,
        exposures);
  }

  private record Mean(double value, double error, int count) {}

  private Mean mean(List<Spot> all) {
    if (all.size() < config.minSpots) {
      return new Mean(Double.NaN, Double.NaN, all.size());
    }
    double center = weightedMedian(all);
    for (int pass = 0; ; pass++) {
      double reach = config.clip * scatter(all, center);
      double sum = 0;
      double weight = 0;
      double squares = 0;
      int used = 0;
      for (Spot spot : all) {
        double pull = (spot.coefficient - center) * Math.sqrt(spot.weight);
        if (Math.abs(pull) <= reach) {
          sum += spot.weight * spot.coefficient;
          weight += spot.weight;
          squares += pull * pull;
          used++;
        }
      }
      double next = sum / weight;
      if (used < config.minSpots) {
        return new Mean(Double.NaN, Double.NaN, used);
      }
      if (next == center || pass == PASSES) {
        return new Mean(next, Math.sqrt(squares / (used - 1) / weight), used);
      }
      center = next;
    }
  }

  /** Robust scatter of the spots' residuals about a coefficient, in units of the target. */
  private static double scatter(List<Spot> all, double center) {
    return ClippedStatistics.MAD_TO_SIGMA
        * ClippedStatistics.median(
            all.stream()
                .mapToDouble(spot -> Math.abs(spot.coefficient - center) * Math.sqrt(spot.weight))
                .toArray());
  }

  private static double weightedMedian(List<Spot> all) {
    List<Spot> sorted = all.stream().sorted(Comparator.comparingDouble(Spot::coefficient)).toList();
    double half = sorted.stream().mapToDouble(s -> Math.sqrt(s.weight)).sum() / 2;
    double sum = 0;
    for (Spot spot : sorted) {
      sum += Math.sqrt(spot.weight);
      if (sum >= half) {
        return spot.coefficient;
      }
    }
    return sorted.get(sorted.size() - 1).coefficient;
  }
}
