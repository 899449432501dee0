package org.starbeam.streak;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;

/**
 * Fits a trail to the pixels along a candidate (specs/02 section 16.4): distance, angle, sagitta
 * and width by Gauss-Newton with Huber weights, the flux per length of every block and the sky
 * beneath it solved for at each step. Part of a line is fitted first and followed to both sides,
 * twice as far each time, up to the borders of the frame.
 */
final class TrailFit {
  private static final int PARAMETERS = 4;
  private static final double START_REACH = 64;
  private static final double START_OFFSET = 28;
  private static final double MARGIN = 10;
  private static final double MARGIN_WIDTHS = 1.5;
  private static final double SAGITTA_PRIOR = 2;
  private static final double CONVERGED = 0.02;
  private static final int STEP_ROUNDS = 2;
  private static final double SHINES = 2;
  private static final double PROMISING_SNR = 5;
  private static final double PROMISING_LENGTH = 50;

  private final Residual residual;
  private final TrailProfile profile;
  private final StreakFinder.Fit config;
  private final double leastPeak;

  /**
   * @param leastPeak surface brightness in sky sigma of a trail no wider than twice the PSF; what
   *     is wider must be brighter by the square of that. Nothing fainter is fitted
   */
  TrailFit(Residual residual, TrailProfile profile, StreakFinder.Fit config, double leastPeak) {
    this.residual = residual;
    this.profile = profile;
    this.config = config;
    this.leastPeak = leastPeak;
  }

  /** The trail over its whole chord of the frame; null when nothing shines along the line. */
  @Nullable Trail fit(Candidate candidate) {
    double[] chord = candidate.line().clip(residual.box());
    if (chord == null) {
      return null;
    }
    double from = Math.max(chord[0], candidate.from());
    double to = Math.min(chord[1], candidate.to());
    Trail trail = to > from ? start(candidate.line(), from, to) : null;
    while (trail != null) {
      boolean whole = isWhole(trail);
      if (!whole && !isPromising(trail)) {
        return null;
      }
      trail = iterate(trail, whole ? config.maxIterations() : config.maxIterations() / 3);
      if (whole || trail == null) {
        return trail;
      }
      trail = extended(trail);
    }
    return null;
  }

  /** Pixels to each side of the line that a fit looks at. */
  double reach(Trail trail) {
    double width = profile.fullWidth(trail.halfWidth());
    return Math.min(config.maxHalfWidth(), MARGIN_WIDTHS * width + MARGIN);
  }

  private boolean isWhole(Trail trail) {
    double[] chord = trail.line().clip(residual.box());
    return chord == null || (trail.from() <= chord[0] + 1 && trail.to() >= chord[1] - 1);
  }

  /** Whether part of a line is bright over a length, so that it is worth to follow it. */
  private boolean isPromising(Trail trail) {
    Band band = Band.of(residual, trail.line(), trail.from(), trail.to(), reach(trail));
    Brightness blocks = brightness(band, trail, config.block(), STEP_ROUNDS);
    Brightness cells = brightness(band, trail, config.cell(), STEP_ROUNDS);
    TrailParts parts = new TrailParts(trail, blocks, cells, config.bridge());
    return parts.snr() > PROMISING_SNR && parts.effectiveLength() > PROMISING_LENGTH;
  }

  private @Nullable Trail extended(Trail trail) {
    double[] chord = trail.line().clip(residual.box());
    if (chord == null) {
      return null;
    }
    double more = 0.5 * (trail.to() - trail.from());
    double from = trail.from() - more <= chord[0] + config.block() ? chord[0] : trail.from() - more;
    double to = trail.to() + more >= chord[1] - config.block() ? chord[1] : trail.to() + more;
    return trail.over(from, to);
  }

  /** Place and width from the profile across the line, in which most blocks agree. */
  private @Nullable Trail start(Line line, double from, double to) {
    double[] across = profileAcross(line, from, to);
    int peak = -1;
    int middle = across.length / 2;
    for (int i = 0; i < across.length; i++) {
      if (Math.abs(i - middle) <= START_OFFSET && (peak < 0 || across[i] > across[peak])) {
        peak = i;
      }
    }
    int low = peak;
    while (low > 0 && across[low - 1] > 0.5 * across[peak]) {
      low--;
    }
    int high = peak;
    while (high < across.length - 1 && across[high + 1] > 0.5 * across[peak]) {
      high++;
    }
    double widths =
        Math.max(1, 0.5 * (high - low) / profile.fullWidth(TrailProfile.MIN_HALF_WIDTH));
    if (across[peak] < leastPeak * residual.skySigma() * widths * widths) {
      return null;
    }
    double h = Math.min(profile.halfWidthOf(high - low + 1.0), config.maxBox() / 2);
    Line moved = line.moved(0.5 * (from + to), 0.5 * (low + high) - middle, 0);
    double half = 0.5 * (to - from);
    return new Trail(moved, 0, h, -half, half);
  }

  /** Upper quartile over blocks of their mean at each distance, less the median; smoothed. */
  private double[] profileAcross(Line line, double from, double to) {
    int blocks = Math.max(1, (int) Math.rint((to - from) / config.block()));
    int bins = 2 * (int) START_REACH + 1;
    double[][] sum = new double[bins][blocks];
    int[][] count = new int[bins][blocks];
    Band band = Band.of(residual, line, from, to, START_REACH);
    for (int i = 0; i < band.size(); i++) {
      int d = (int) Math.rint(band.across(i) + START_REACH);
      int k = Math.min(blocks - 1, (int) ((band.along(i) - from) / (to - from) * blocks));
      sum[d][k] += band.value(i);
      count[d][k]++;
    }
    double[] upper = new double[bins];
    for (int d = 0; d < bins; d++) {
      upper[d] = upperQuartile(sum[d], count[d]);
    }
    double centre = ClippedStatistics.median(upper);
    double[] out = new double[bins];
    for (int d = 0; d < bins; d++) {
      double a = upper[Math.max(0, d - 1)];
      double b = upper[Math.min(bins - 1, d + 1)];
      out[d] = 0.25 * a + 0.5 * upper[d] + 0.25 * b - centre;
    }
    return out;
  }

  private static double upperQuartile(double[] sum, int[] count) {
    double[] means = new double[sum.length];
    int n = 0;
    for (int k = 0; k < sum.length; k++) {
      if (count[k] > 0) {
        means[n++] = sum[k] / count[k];
      }
    }
    if (n == 0) {
      return 0;
    }
    Arrays.sort(means, 0, n);
    return means[(int) Math.rint(0.75 * (n - 1))];
  }

  private @Nullable Trail iterate(Trail start, int iterations) {
    Trail trail = start;
    for (int i = 0; i < iterations; i++) {
      Band band = Band.of(residual, trail.line(), trail.from(), trail.to(), reach(trail));
      Brightness light = brightness(band, trail, config.block(), STEP_ROUNDS);
      double[] step = step(band, trail, light);
      if (step == null) {
        return i == 0 ? null : trail;
      }
      trail = moved(trail, step);
      if (Arrays.stream(step).allMatch(v -> Math.abs(v) < CONVERGED)) {
        break;
      }
    }
    return trail;
  }

  /**
   * Light along a trail.
   *
   * @param cell length of a cell
   * @param rounds of weighting
   */
  Brightness brightness(Band band, Trail trail, double cell, int rounds) {
    return Brightness.of(
        band, trail, profile, cell, residual.skySigma(), config.modelError(), rounds);
  }

  private Trail moved(Trail trail, double[] step) {
    double half = 0.5 * (trail.to() - trail.from());
    double sagitta = trail.curvature() * half * half + clamp(step[2], 2);
    double slope = clamp(step[1], 3) / half;
    Line line = trail.line().moved(0, clamp(step[0], 3), slope);
    double h =
        Math.max(
            TrailProfile.MIN_HALF_WIDTH,
            Math.min(config.maxBox() / 2 + 1, trail.halfWidth() + clamp(step[3], 2)));
    double bent = clamp(sagitta, config.maxSagitta()) / (half * half);
    double[] chord = line.clip(residual.box());
    Trail out = new Trail(line, bent, h, trail.from(), trail.to());
    return chord != null && isWhole(trail) ? out.over(chord[0], chord[1]) : out;
  }

  private static double clamp(double v, double most) {
    return Math.max(-most, Math.min(most, v));
  }

  /**
   * One Gauss-Newton step {distance, turn x half length, sagitta, half width} in pixels over the
   * blocks that shine, with their fluxes and levels eliminated; null when none does.
   */
  private double @Nullable [] step(Band band, Trail trail, Brightness light) {
    BlockEquations equations = new BlockEquations(light.size(), PARAMETERS);
    double half = 0.5 * (trail.to() - trail.from());
    double h = trail.halfWidth();
    double[] g = new double[PARAMETERS];
    int used = 0;
    for (int i = 0; i < band.size(); i++) {
      double s = band.along(i);
      int k = light.indexOf(s);
      if (!light.shines(k, SHINES)) {
        continue;
      }
      double d = trail.offset(s, band.across(i));
      double p = profile.value(d, h);
      double slope = -light.amplitude(k) * profile.slope(d, h);
      g[0] = slope;
      g[1] = slope * s / half;
      g[2] = slope * s * s / (half * half);
      g[3] = light.amplitude(k) * profile.widening(d, h);
      double r = band.value(i) - light.amplitude(k) * p - light.level(k);
      equations.add(k, light.weight(band, i, p), p, g, r);
      used++;
    }
    if (used == 0) {
      return null;
    }
    double sagitta = trail.curvature() * half * half;
    equations.addPrior(2, 1 / (SAGITTA_PRIOR * SAGITTA_PRIOR), -sagitta);
    return equations.solve();
  }

  /** Normal equations of common parameters and of two own ones of each block. */
  private static final class BlockEquations {
    private final int m;
    private final double[][] own;
    private final double[][] mixed;
    private final double[][] ownRight;
    private final DMatrixRMaj common;
    private final DMatrixRMaj right;

    BlockEquations(int blocks, int m) {
      this.m = m;
      own = new double[blocks][3];
      mixed = new double[blocks][2 * m];
      ownRight = new double[blocks][2];
      common = new DMatrixRMaj(m, m);
      right = new DMatrixRMaj(m, 1);
    }

    /** A pixel of block k: derivative p to its flux, 1 to its level, g to the common ones. */
    void add(int k, double w, double p, double[] g, double r) {
      own[k][0] += w * p * p;
      own[k][1] += w * p;
      own[k][2] += w;
      ownRight[k][0] += w * p * r;
      ownRight[k][1] += w * r;
      for (int a = 0; a < m; a++) {
        mixed[k][a] += w * p * g[a];
        mixed[k][m + a] += w * g[a];
        right.data[a] += w * g[a] * r;
        for (int b = 0; b < m; b++) {
          common.data[a * m + b] += w * g[a] * g[b];
        }
      }
    }

    void addPrior(int a, double weight, double r) {
      common.data[a * m + a] += weight;
      right.data[a] += weight * r;
    }

    double @Nullable [] solve() {
      for (int k = 0; k < own.length; k++) {
        double det = own[k][0] * own[k][2] - own[k][1] * own[k][1];
        if (det > 1e-12 * own[k][0] * own[k][2]) {
          eliminate(k, own[k][2] / det, -own[k][1] / det, own[k][0] / det);
        }
      }
      for (int a = 0; a < m; a++) {
        common.data[a * m + a] *= 1 + 1e-9;
      }
      DMatrixRMaj x = new DMatrixRMaj(m, 1);
      boolean solved = CommonOps_DDRM.solve(common, right, x);
      return solved && Arrays.stream(x.data).allMatch(Double::isFinite) ? x.data : null;
    }

    private void eliminate(int k, double aa, double ab, double bb) {
      for (int i = 0; i < m; i++) {
        double c0 = aa * mixed[k][i] + ab * mixed[k][m + i];
        double c1 = ab * mixed[k][i] + bb * mixed[k][m + i];
        right.data[i] -= c0 * ownRight[k][0] + c1 * ownRight[k][1];
        for (int j = 0; j < m; j++) {
          common.data[i * m + j] -= c0 * mixed[k][j] + c1 * mixed[k][m + j];
        }
      }
    }
  }
}
