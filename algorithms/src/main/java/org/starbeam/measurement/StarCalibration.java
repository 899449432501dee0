package org.starbeam.measurement;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What log odds of a star are worth (specs/04 section 10): for bins of half a magnitude, the log
 * odds that sources of known nature, injected or simulated, have at computed ones. A rising
 * function, found by isotonic regression; between nodes and bins linear, beyond the outermost as at
 * these, because the sample says nothing there.
 *
 * @param version of the sample that it was made of; 0 for none, when log odds stay as they are
 * @param magnitudes middles of the bins
 * @param computed log odds at the nodes
 * @param observed log odds at the nodes, bin by bin
 */
public record StarCalibration(
    int version, List<Double> magnitudes, List<Double> computed, List<Double> observed)
    implements Serializable {
  private static final double BIN = 0.5;

  /** Sources of a bin; one with fewer goes into the next. */
  private static final int LEAST = 200;

  private static final double REACH = 10;
  private static final double STEP = 0.5;

  public StarCalibration {
    magnitudes = List.copyOf(magnitudes);
    computed = List.copyOf(computed);
    observed = List.copyOf(observed);
    if (version != 0) {
      table(magnitudes, computed, observed);
    }
  }

  /** Log odds stay as they are. */
  public static StarCalibration none() {
    return new StarCalibration(0, List.of(), List.of(), List.of());
  }

  /**
   * A source of known nature.
   *
   * @param magnitude as it is measured
   * @param logOdds as they are computed
   */
  public record Sample(double magnitude, double logOdds, boolean isStar) {}

  /** The log odds that a source of computed ones has; those themselves without a calibration. */
  public double calibrated(double logOdds, double magnitude) {
    return version == 0 ? logOdds : table(magnitudes, computed, observed).at(magnitude, logOdds);
  }

  private static BilinearTable table(
      List<Double> magnitudes, List<Double> computed, List<Double> observed) {
    double[] values = observed.stream().mapToDouble(Double::doubleValue).toArray();
    return new BilinearTable("starCalibration", magnitudes, computed, values);
  }

  /**
   * The calibration by sources of known nature. The ratio of stars to galaxies of the sample does
   * not matter.
   *
   * @param version more than 0
   * @throws IllegalArgumentException when there are fewer than 200 sources, or a bin has only stars
   *     or only galaxies
   */
  public static StarCalibration fit(int version, List<Sample> samples) {
    List<Double> nodes = new ArrayList<>();
    for (double x = -REACH; x <= REACH; x += STEP) {
      nodes.add(x);
    }
    List<Double> magnitudes = new ArrayList<>();
    List<Double> observed = new ArrayList<>();
    for (List<Sample> bin : bins(samples)) {
      magnitudes.add(bin.stream().mapToDouble(Sample::magnitude).average().orElseThrow());
      List<Block> blocks = isotonic(bin);
      double stars = bin.stream().filter(Sample::isStar).count();
      double ratio = stars / (bin.size() - stars);
      if (!(ratio > 0) || Double.isInfinite(ratio)) {
        throw new IllegalArgumentException(
            "the sources about magnitude %.1f are all stars or all galaxies"
                .formatted(magnitudes.get(magnitudes.size() - 1)));
      }
      nodes.forEach(x -> observed.add(value(blocks, x) - Math.log(ratio)));
    }
    return new StarCalibration(version, magnitudes, nodes, observed);
  }

  /** Sources by half magnitudes, each bin with enough of them. */
  private static List<List<Sample>> bins(List<Sample> samples) {
    Map<Integer, List<Sample>> halves = new TreeMap<>();
    for (Sample s : samples) {
      int half = (int) Math.floor(s.magnitude() / BIN);
      halves.computeIfAbsent(half, k -> new ArrayList<>()).add(s);
    }
    List<List<Sample>> out = new ArrayList<>();
    List<Sample> open = new ArrayList<>();
    for (List<Sample> half : halves.values()) {
      open.addAll(half);
      if (open.size() >= LEAST) {
        out.add(open);
        open = new ArrayList<>();
      }
    }
    if (out.isEmpty()) {
      throw new IllegalArgumentException(
          "%d sources, at least %d are needed".formatted(samples.size(), LEAST));
    }
    out.get(out.size() - 1).addAll(open);
    return out;
  }

  /** Neighbours in log odds of which no order in frequency is certain. */
  private record Block(double sum, int stars, int n) {
    Block with(Block other) {
      return new Block(sum + other.sum, stars + other.stars, n + other.n);
    }

    double middle() {
      return sum / n;
    }

    boolean isAbove(Block next) {
      return (long) stars * next.n >= (long) next.stars * n;
    }

    /** Log odds of a star, half a source of each kind added. */
    double logOdds() {
      return Math.log((stars + 0.5) / (n - stars + 0.5));
    }
  }

  /** Pools neighbours whose frequencies do not rise. */
  private static List<Block> isotonic(List<Sample> bin) {
    List<Block> blocks = new ArrayList<>();
    for (Sample s :
        bin.stream()
            .sorted(
                Comparator.comparingDouble(Sample::logOdds)
                    .thenComparing(Sample::isStar, Comparator.reverseOrder()))
            .toList()) {
      double x = Math.max(-REACH, Math.min(REACH, s.logOdds()));
      Block block = new Block(x, s.isStar() ? 1 : 0, 1);
      while (!blocks.isEmpty() && blocks.get(blocks.size() - 1).isAbove(block)) {
        block = blocks.remove(blocks.size() - 1).with(block);
      }
      blocks.add(block);
    }
    return blocks;
  }

  private static double value(List<Block> blocks, double x) {
    Block before = blocks.get(0);
    for (Block next : blocks) {
      if (next.middle() >= x) {
        double width = next.middle() - before.middle();
        double part = width > 0 ? Math.max(0, (x - before.middle()) / width) : 1;
        return before.logOdds() + part * (next.logOdds() - before.logOdds());
      }
      before = next;
    }
    return before.logOdds();
  }
}
