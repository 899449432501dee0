package org.starbeam.streak;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Lines in the edges of a binary map by a kernel Hough transform (Fernandes and Oliveira 2008,
 * Pattern Recognition 41, 299; DMTN-197; specs/02 section 16.2).
 *
 * <p>The border bins of what stands above a threshold are linked into chains and these split until
 * they are straight. Each straight piece votes for the lines near its own with a Gaussian whose
 * covariance in (rho, theta) is that of its regression. Peaks of the votes that are neighbours in
 * rho and theta are the two edges of one trail. Coordinates are bins from the centre of the map.
 */
final class KernelHough {
  /** Step of the accumulator along rho in bins. */
  private static final double RHO_STEP = 0.5;

  /** Step of the accumulator along theta in degrees. */
  private static final double THETA_STEP = 0.2;

  private static final int ANGLES = (int) Math.round(180 / THETA_STEP);
  private static final double KERNEL_SIGMAS = 2;
  private static final double LEAST_SHARE = 0.002;
  private static final double BIN_VARIANCE = 1 / 12.0;

  private final StreakFinder.Hough config;

  KernelHough(StreakFinder.Hough config) {
    this.config = config;
  }

  /** A straight piece: its line, the covariance of (rho, theta in degrees), its height. */
  private record Kernel(
      double rho, double theta, double varRho, double cov, double varTheta, double height) {}

  /** A peak of the votes. */
  private record Peak(double rho, double theta, double votes) {}

  /** Lines, strongest first. */
  List<Candidate> lines(BinnedMap map) {
    double cx = 0.5 * (map.width() - 1);
    double cy = 0.5 * (map.height() - 1);
    List<Kernel> kernels = new ArrayList<>();
    int least = Math.max(config.minBins(), config.minSize() / map.bin());
    for (int[] chain : new EdgeChains(map, config.threshold()).chains()) {
      for (int[] piece : EdgeChains.straight(chain, map.width(), config.deviation(), least)) {
        kernels.add(kernel(piece, map.width(), cx, cy));
      }
    }
    double tallest = kernels.stream().mapToDouble(Kernel::height).max().orElse(0);
    kernels.removeIf(k -> k.height < LEAST_SHARE * tallest);
    if (kernels.isEmpty()) {
      return List.of();
    }
    return candidates(map, groups(peaks(map, kernels), map.bin()), cx, cy);
  }

  /** Regression of a piece, in bins from the centre of the map. */
  private static Kernel kernel(int[] piece, int width, double cx, double cy) {
    int n = piece.length;
    double mx = 0;
    double my = 0;
    for (int p : piece) {
      mx += p % width - cx;
      my += p / width - cy;
    }
    mx /= n;
    my /= n;
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int p : piece) {
      double x = p % width - cx - mx;
      double y = p / width - cy - my;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    double mean = 0.5 * (xx + yy);
    double half = Math.hypot(0.5 * (xx - yy), xy);
    double angle = 0.5 * Math.atan2(2 * xy, xx - yy);
    Line line = new Line(mx, my, Math.cos(angle), Math.sin(angle));
    double noise = BIN_VARIANCE + Math.max(0, mean - half) / n;
    double theta = line.thetaDeg();
    double radians = Math.toRadians(theta);
    double along = my * Math.cos(radians) - mx * Math.sin(radians);
    double varTheta = noise / (mean + half);
    double degrees = Math.toDegrees(1);
    double varRho = noise / n + along * along * varTheta;
    double cov = along * varTheta * degrees;
    varTheta *= degrees * degrees;
    double height = 1 / (2 * Math.PI * Math.sqrt(varRho * varTheta - cov * cov));
    return new Kernel(line.rho(), theta, varRho, cov, varTheta, height);
  }

  private List<Peak> peaks(BinnedMap map, List<Kernel> kernels) {
    double reach = 0.5 * Math.hypot(map.width(), map.height());
    int rows = 2 * (int) Math.ceil(reach / RHO_STEP) + 3;
    float[] votes = new float[rows * ANGLES];
    kernels.forEach(k -> vote(votes, rows, k));
    List<Peak> out = new ArrayList<>();
    for (int t = 0; t < ANGLES; t++) {
      for (int r = 1; r < rows - 1; r++) {
        if (votes[r * ANGLES + t] > 0) {
          double v = smoothed(votes, rows, r, t);
          if (v >= config.minKernelHeight() && isMaximum(votes, rows, r, t, v)) {
            out.add(new Peak((r - rows / 2) * RHO_STEP, t * THETA_STEP, v));
          }
        }
      }
    }
    return out;
  }

  /** Adds a kernel, widened by a step of the accumulator so that its peak is not missed. */
  private static void vote(float[] votes, int rows, Kernel k) {
    double varRho = k.varRho + RHO_STEP * RHO_STEP;
    double varTheta = k.varTheta + THETA_STEP * THETA_STEP;
    double det = varRho * varTheta - k.cov * k.cov;
    int reachT = (int) Math.ceil(KERNEL_SIGMAS * Math.sqrt(varTheta) / THETA_STEP);
    int reachR = (int) Math.ceil(KERNEL_SIGMAS * Math.sqrt(varRho) / RHO_STEP);
    int t0 = (int) Math.rint(k.theta / THETA_STEP);
    for (int t = t0 - reachT; t <= t0 + reachT; t++) {
      boolean wrapped = t < 0 || t >= ANGLES;
      double dt = t * THETA_STEP - k.theta;
      int column = Math.floorMod(t, ANGLES);
      int r0 = (int) Math.rint(k.rho / RHO_STEP);
      for (int r = r0 - reachR; r <= r0 + reachR; r++) {
        double dr = r * RHO_STEP - k.rho;
        double q = (varTheta * dr * dr - 2 * k.cov * dr * dt + varRho * dt * dt) / det;
        int row = (wrapped ? -r : r) + rows / 2;
        if (q <= KERNEL_SIGMAS * KERNEL_SIGMAS && row >= 0 && row < rows) {
          votes[row * ANGLES + column] += (float) (k.height * Math.exp(-0.5 * q));
        }
      }
    }
  }

  /** Votes smoothed by 1-2-1 in both directions; beyond 180 degrees rho changes its sign. */
  private static double smoothed(float[] votes, int rows, int r, int t) {
    double sum = 0;
    for (int dt = -1; dt <= 1; dt++) {
      boolean wrapped = t + dt < 0 || t + dt >= ANGLES;
      int column = Math.floorMod(t + dt, ANGLES);
      for (int dr = -1; dr <= 1; dr++) {
        int row = wrapped ? rows - 1 - (r + dr) : r + dr;
        if (row >= 0 && row < rows) {
          sum += (2 - Math.abs(dt)) * (2 - Math.abs(dr)) * votes[row * ANGLES + column] / 16;
        }
      }
    }
    return sum;
  }

  private static boolean isMaximum(float[] votes, int rows, int r, int t, double value) {
    for (int dt = -1; dt <= 1; dt++) {
      boolean wrapped = t + dt < 0 || t + dt >= ANGLES;
      int column = Math.floorMod(t + dt, ANGLES);
      for (int dr = -1; dr <= 1; dr++) {
        int row = wrapped ? rows - 1 - (r + dr) : r + dr;
        if ((dr != 0 || dt != 0) && row >= 0 && row < rows) {
          double other = smoothed(votes, rows, row, column);
          boolean before = dt < 0 || (dt == 0 && dr < 0);
          if (other > value || (other == value && before)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Single linkage of peaks that are close in rho and theta. */
  private List<List<Peak>> groups(List<Peak> peaks, int bin) {
    List<List<Peak>> groups = new ArrayList<>();
    for (Peak peak : peaks) {
      List<Peak> joined = new ArrayList<>(List.of(peak));
      for (int g = groups.size() - 1; g >= 0; g--) {
        if (groups.get(g).stream().anyMatch(p -> isNear(p, peak, bin))) {
          joined.addAll(groups.remove(g));
        }
      }
      groups.add(joined);
    }
    return groups;
  }

  private boolean isNear(Peak a, Peak b, int bin) {
    double dt = Math.abs(a.theta - b.theta);
    double other = dt > 90 ? -b.rho : b.rho;
    return Math.min(dt, 180 - dt) < config.groupAngleDeg()
        && Math.abs(a.rho - other) * bin < config.groupRho();
  }

  /** The mean line of each group, weighted by votes, over the whole map. */
  private static List<Candidate> candidates(
      BinnedMap map, List<List<Peak>> groups, double cx, double cy) {
    List<Candidate> out = new ArrayList<>();
    for (List<Peak> group : groups) {
      group.sort(
          Comparator.comparingDouble(Peak::votes)
              .reversed()
              .thenComparingDouble(Peak::theta)
              .thenComparingDouble(Peak::rho));
      Peak first = group.get(0);
      double weight = 0;
      double rho = 0;
      double theta = 0;
      for (Peak p : group) {
        double turn = p.theta - first.theta > 90 ? -180 : p.theta - first.theta < -90 ? 180 : 0;
        weight += p.votes;
        rho += p.votes * (turn == 0 ? p.rho : -p.rho);
        theta += p.votes * (p.theta + turn);
      }
      double angle = Math.toRadians(theta / weight);
      double x = map.frameX(cx + rho / weight * Math.cos(angle));
      double y = map.frameY(cy + rho / weight * Math.sin(angle));
      Line line = new Line(x, y, -Math.sin(angle), Math.cos(angle));
      out.add(
          new Candidate(
              Streak.Source.KHT, line, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, weight));
    }
    out.sort(Comparator.comparingDouble(Candidate::strength).reversed());
    return out;
  }
}
