package org.starbeam.photometry;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.sky.EpochPropagation;

/**
 * What clouds took from the visits of a band, from zero points that are known already (specs/06
 * sections 11.1 and 12.2, gray model):
 *
 * <pre>
 * zp_v = Q + a t + q_n - k (X_v - 1) + G_v
 * </pre>
 *
 * with zp_v the AB magnitude of one electron per second, Q the band's throughput, a its change by
 * year, q_n what a night differs by where it has enough visits, k the extinction by airmass X and
 * G_v the gray term, negative behind clouds. The clear visits are found from above: those within
 * {@code brightGrayMag} of the brightest but one, then by Tukey's biweight about the model. A visit
 * is photometric when its gray term lies within so many robust sigma of the clear ones. Cost
 * O(rounds x visits).
 */
public final class GrayExtinction {
  private static final int ROUNDS = 12;
  private static final double CUT = 4.685;
  private static final double USUAL_AIRMASS = 1.2;

  /** Extinction of clear nights at a good site, mag per airmass; the prior of k. */
  private static final Map<String, Double> CLEAR =
      Map.of("u", 0.45, "g", 0.20, "r", 0.12, "i", 0.08, "z", 0.06, "y", 0.08);

  private static final double CLEAR_ELSEWHERE = 0.10;

  /**
   * @param brightGrayMag how far below the brightest but one a visit may be at the beginning
   * @param extinctionPriorMag error of the prior of k, mag per airmass
   * @param slopePriorMag spread of a, mag per year
   * @param nightPriorMag spread of q_n
   * @param minVisitsPerNight visits of the band from which a night has a q_n
   * @param minSlopeDays span of the visits from which a is fitted
   * @param floorMag least scatter of clear visits
   * @param lowSigmas largest loss of a photometric visit, in their scatter
   * @param highSigmas largest gain
   * @param stepMag both are rounded up to multiples of this
   */
  public record Config(
      double brightGrayMag,
      double extinctionPriorMag,
      double slopePriorMag,
      double nightPriorMag,
      int minVisitsPerNight,
      double minSlopeDays,
      double floorMag,
      double lowSigmas,
      double highSigmas,
      double stepMag)
      implements Serializable {
    public static Config defaults() {
      return new Config(0.15, 0.03, 0.05, 0.010, 4, 20, 0.003, 3, 4, 0.0025);
    }
  }

  /**
   * A visit.
   *
   * @param night its observing day
   * @param mjd its middle
   * @param airmass NaN when unknown
   * @param zeroPoint AB magnitude of one electron per second
   */
  public record Exposure(long visit, int night, double mjd, double airmass, double zeroPoint) {}

  /**
   * What became of a band.
   *
   * @param zeroPoint Q at the mean time of the visits
   * @param perYear a
   * @param extinction k
   * @param sigmaMag robust scatter of the clear visits
   * @param gray G by visit
   * @param clear whether G is that of a photometric visit, by visit
   */
  public record Result(
      double zeroPoint,
      double perYear,
      double extinction,
      double sigmaMag,
      Map<Long, Double> gray,
      Map<Long, Boolean> clear) {
    /** Zero point of a clear sky at airmass 1.2, mean time of the visits. */
    public double usualZeroPoint() {
      return zeroPoint - extinction * (USUAL_AIRMASS - 1);
    }
  }

  private final Config config;

  public GrayExtinction(Config config) {
    this.config = config;
  }

  /**
   * Splits zero points.
   *
   * @param exposures of one band, at least one
   */
  public Result of(String band, List<Exposure> exposures) {
    return new Problem(CLEAR.getOrDefault(band, CLEAR_ELSEWHERE), exposures).solve();
  }

  /** The state of one fit: Q, a and k, and the nights, which are eliminated. */
  private final class Problem {
    private final List<Exposure> all;
    private final int n;
    private final double[] years;
    private final double[] depth;
    private final int[] night;
    private final int nights;
    private final double[] weight;
    private final double prior;
    private final boolean sloped;
    private double[] band;
    private double[] offset;
    private double sigma;

    Problem(double prior, List<Exposure> all) {
      this.prior = prior;
      this.all = all;
      n = all.size();
      years = new double[n];
      depth = new double[n];
      night = new int[n];
      weight = new double[n];
      double middle = all.stream().mapToDouble(Exposure::mjd).average().orElse(0);
      Map<Integer, List<Integer>> byNight = new TreeMap<>();
      double first = Double.POSITIVE_INFINITY;
      double last = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < n; i++) {
        Exposure e = all.get(i);
        first = Math.min(first, e.mjd);
        last = Math.max(last, e.mjd);
        years[i] = (e.mjd - middle) / EpochPropagation.DAYS_PER_YEAR;
        depth[i] = (Double.isFinite(e.airmass) ? e.airmass : USUAL_AIRMASS) - 1;
        night[i] = -1;
        byNight.computeIfAbsent(e.night, k -> new ArrayList<>()).add(i);
      }
      sloped = last - first >= config.minSlopeDays;
      int count = 0;
      for (List<Integer> members : byNight.values()) {
        if (members.size() >= config.minVisitsPerNight && byNight.size() > 1) {
          for (int i : members) {
            night[i] = count;
          }
          count++;
        }
      }
      nights = count;
      offset = new double[nights];
      band = new double[] {brightest(), 0, prior};
      sigma = config.brightGrayMag / CUT;
    }

    /** The brightest visit but one above the atmosphere; the brighter of two. */
    private double brightest() {
      double[] above = new double[n];
      for (int i = 0; i < n; i++) {
        above[i] = all.get(i).zeroPoint + prior * depth[i];
      }
      Arrays.sort(above);
      return above[n > 2 ? n - 2 : n - 1];
    }

    private double gray(int i) {
      return all.get(i).zeroPoint
          - band[0]
          - band[1] * years[i]
          + band[2] * depth[i]
          - (night[i] < 0 ? 0 : offset[night[i]]);
    }

    Result solve() {
      for (int round = 0; round < ROUNDS; round++) {
        weigh();
        step();
        sigma = Math.max(config.floorMag, scatter());
      }
      Map<Long, Double> gray = new TreeMap<>();
      Map<Long, Boolean> clear = new TreeMap<>();
      for (int i = 0; i < n; i++) {
        double g = gray(i);
        gray.put(all.get(i).visit, g);
        clear.put(all.get(i).visit, g >= -limit(config.lowSigmas) && g <= limit(config.highSigmas));
      }
      return new Result(band[0], band[1], band[2], sigma, gray, clear);
    }

    private double limit(double sigmas) {
      return config.stepMag * Math.ceil(sigmas * sigma / config.stepMag);
    }

    private void weigh() {
      double unit = Math.max(config.floorMag, sigma);
      for (int i = 0; i < n; i++) {
        double t = gray(i) / (CUT * unit);
        weight[i] = Math.abs(t) < 1 ? (1 - t * t) * (1 - t * t) / (unit * unit) : 0;
      }
    }

    /** Solves for Q, a and k with the nights eliminated, each of which has one parameter. */
    private void step() {
      DMatrixRMaj matrix = new DMatrixRMaj(3, 3);
      DMatrixRMaj right = new DMatrixRMaj(3, 1);
      double k = 1 / (config.extinctionPriorMag * config.extinctionPriorMag);
      matrix.set(1, 1, 1 / (config.slopePriorMag * config.slopePriorMag));
      matrix.set(2, 2, k);
      right.set(2, 0, k * prior);
      NightSums[] sums = new NightSums[nights];
      Arrays.setAll(sums, m -> new NightSums(config.nightPriorMag));
      for (int i = 0; i < n; i++) {
        double[] basis = {1, sloped ? years[i] : 0, -depth[i]};
        double value = all.get(i).zeroPoint - band[0];
        add(matrix, right, basis, weight[i], value);
        if (night[i] >= 0) {
          sums[night[i]].add(basis, weight[i], value);
        }
      }
      for (NightSums sum : sums) {
        add(matrix, right, sum.cross, -1 / sum.own, sum.value);
      }
      LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(3);
      if (solver.setA(matrix)) {
        DMatrixRMaj found = new DMatrixRMaj(3, 1);
        solver.solve(right, found);
        Arrays.setAll(offset, m -> sums[m].offset(found.getData()));
        band = new double[] {band[0] + found.get(0), found.get(1), found.get(2)};
      }
    }

    private static void add(
        DMatrixRMaj matrix, DMatrixRMaj right, double[] basis, double weight, double value) {
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          matrix.add(a, b, weight * basis[a] * basis[b]);
        }
        right.add(a, 0, weight * basis[a] * value);
      }
    }

    /** Robust scatter of the visits with weight. */
    private double scatter() {
      double[] away = new double[n];
      int count = 0;
      for (int i = 0; i < n; i++) {
        if (weight[i] > 0) {
          away[count++] = Math.abs(gray(i));
        }
      }
      return count == 0 ? 0 : ClippedStatistics.MAD_TO_SIGMA * RobustMean.median(away, count);
    }
  }

  /** Sums of one night that its offset is eliminated with. */
  private static final class NightSums {
    private final double[] cross = new double[3];
    private double own;
    private double value;

    NightSums(double prior) {
      own = 1 / (prior * prior);
    }

    void add(double[] basis, double weight, double zeroPoint) {
      for (int a = 0; a < basis.length; a++) {
        cross[a] += weight * basis[a];
      }
      own += weight;
      value += weight * zeroPoint;
    }

    double offset(double[] found) {
      double known = 0;
      for (int a = 0; a < cross.length; a++) {
        known += cross[a] * found[a];
      }
      return (value - known) / own;
    }
  }
}
