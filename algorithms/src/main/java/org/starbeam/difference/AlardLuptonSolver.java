package org.starbeam.difference;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.psf.PsfModel;

/**
 * The kernel K(x) and background B(x) for which K convolved with one image, plus B, is the other,
 * by linear least squares on stamps (Alard and Lupton 1998; specs/03 sections 7.3 to 7.5). Each
 * stamp has constant weight, the inverse of its mean variance. Shape coefficients change linearly
 * over the box, the sum of the kernel is constant, the background is a Chebyshev series of total
 * order 2. Where the PSF models say how the shape changes otherwise, the stars are fitted for what
 * is left ({@link KernelOffsets}). Noiseless pairs of the two PSF models on a 5 x 5 grid keep the
 * solution defined where stars are few. Stamps whose kernel sum, residual or leverage is off are
 * rejected, at most half of them at a time.
 *
 * <p>Cost: O(stamps * (functions * width + 33^2 * pixels)), 0.3 s for 200 stamps.
 */
public final class AlardLuptonSolver {
  /**
   * @param degrees of the polynomials on the three Gaussians
   * @param spatialOrder 0 or 1, of the kernel's shape
   * @param backgroundOrder total order of the background
   * @param pseudoStampWeight weight of a PSF pseudo-stamp against a real one; 0 for none
   * @param pseudoStampSnr signal-to-noise of a pseudo-stamp
   * @param stampHalfWidth half width of the fitted pixels; 0 for that of the kernel
   * @param minStamps fewest real stamps
   * @param rounds of rejection
   * @param maxMeanResidual largest |mean(D / sigma)| in the core
   * @param maxResidualScatter largest standard deviation of D / sigma in the core
   * @param modelError relative error of the model in sigma of that test
   * @param maxLeverage largest relative change of the kernel sum when a stamp is left out
   * @param maxSumError |sum - 1| beyond which the subtraction has failed
   */
  public record Config(
      List<Integer> degrees,
      int spatialOrder,
      int backgroundOrder,
      double pseudoStampWeight,
      double pseudoStampSnr,
      int stampHalfWidth,
      int minStamps,
      int rounds,
      double maxMeanResidual,
      double maxResidualScatter,
      double modelError,
      double maxLeverage,
      double maxSumError)
      implements Serializable {
    public static Config defaults() {
      return new Config(List.of(4, 2, 2), 1, 2, 0.3, 500, 0, 3, 5, 0.25, 1.5, 0.01, 0.005, 0.1);
    }
  }

  /** A star to fit on: its id, which orders the sums, and its pixel. */
  public record Stamp(long id, int x, int y) {}

  /**
   * Two images of one box, and the variance of their difference before matching.
   *
   * @param reference what the convolved image is to become
   * @param convolved what the kernel works on
   * @param variance per pixel, both images together
   * @param offsets of the kernel by place, or null
   */
  record Pair(
      ImageF reference, ImageF convolved, ImageF variance, @Nullable KernelOffsets offsets) {}

  /**
   * The matched pair.
   *
   * @param background Chebyshev coefficients by (i + j, i) as {@link #background} wants them
   * @param kernelSum its sum
   * @param sumScatter robust scatter of the single stamps' sums
   * @param condition of the scaled normal matrix
   * @param used stamps used
   * @param rejected stamps rejected
   * @param rms root mean square of D / sigma in the cores of the stamps used
   */
  public record Solution(
      SpatialKernel kernel,
      Box domain,
      double[] background,
      double kernelSum,
      double sumScatter,
      double condition,
      int used,
      int rejected,
      double rms) {

    /** Background at a pixel. */
    public double background(double x, double y) {
      return BackgroundPolynomial.at(background, domain, x, y);
    }
  }

  private static final double NOISE_SHARE = 0.5;

  private final Config config;

  public AlardLuptonSolver(Config config) {
    this.config = config;
  }

  /** The basis for two PSF widths, Gaussian sigmas in pixels (specs/03 section 7.3). */
  public KernelBasis basis(double sigmaConvolved, double sigmaReference) {
    double difference = sigmaReference * sigmaReference - sigmaConvolved * sigmaConvolved;
    double smallest = difference < 0 ? 0.4 : 0.7;
    double kernel = Math.sqrt(Math.max(0, difference));
    double[] sigmas =
        Math.abs(difference) < 0.02
            ? new double[] {0.7, 1.5, 3.0}
            : widths(Math.max(smallest, kernel / 2));
    int size = (int) Math.ceil(6 * sigmas[2]) | 1;
    int halfWidth = Math.max(21, Math.min(35, size)) / 2;
    return new KernelBasis(
        halfWidth, sigmas, config.degrees.stream().mapToInt(Integer::intValue).toArray());
  }

  private static double[] widths(double first) {
    return new double[] {first, 2 * first, 4 * first};
  }

  /**
   * Solves for kernel and background.
   *
   * @param stamps stars, away from the border by two kernel half widths
   * @param psfs PSF models of reference and convolved image, for pseudo-stamps; empty for none
   * @param fwhm of the wider image in pixels, the scale of the stamps' cores
   * @throws AlgorithmException TOO_FEW_STAMPS, KERNEL_UNSOLVABLE or KERNEL_SUM
   */
  Solution solve(
      Pair pair, KernelBasis basis, List<Stamp> stamps, List<PsfModel> psfs, double fwhm) {
    Box domain = pair.reference.box();
    List<StampSystem> systems = new ArrayList<>();
    stamps.stream()
        .sorted(java.util.Comparator.comparingLong(Stamp::id))
        .forEach(s -> add(systems, pair, basis, s));
    if (systems.size() < config.minStamps) {
      throw new AlgorithmException(
          "TOO_FEW_STAMPS",
          systems.size() + " stars for the matching kernel, needed are " + config.minStamps);
    }
    List<StampSystem> pseudo =
        psfs.size() == 2 && config.pseudoStampWeight > 0
            ? pseudoStamps(pair, basis, psfs, systems)
            : List.of();
    return iterate(domain, basis, pair.offsets, systems, pseudo, fwhm);
  }

  private int stampHalf(KernelBasis basis) {
    return config.stampHalfWidth > 0 ? config.stampHalfWidth : basis.halfWidth();
  }

  private void add(List<StampSystem> systems, Pair pair, KernelBasis basis, Stamp stamp) {
    int half = stampHalf(basis);
    Box outer = Box.around(stamp.x, stamp.y, half + basis.halfWidth());
    if (!pair.reference.box().contains(outer)) {
      return;
    }
    Box inner = Box.around(stamp.x, stamp.y, half);
    double[] convolved = values(pair.convolved, outer);
    double[] reference = values(pair.reference, inner);
    double[] variance = values(pair.variance, inner);
    double mean = Arrays.stream(variance).average().orElse(0);
    if (mean > 0 && Double.isFinite(mean)) {
      systems.add(system(pair, basis, stamp, convolved, reference, variance, 1 / mean, true));
    }
  }

  private static double[] values(ImageF image, Box box) {
    double[] out = new double[box.area()];
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        out[i++] = image.get(x, y);
      }
    }
    return out;
  }

  private StampSystem system(
      Pair pair,
      KernelBasis basis,
      Stamp stamp,
      double[] convolved,
      double[] reference,
      double[] variance,
      double weight,
      boolean real) {
    Box domain = pair.reference.box();
    int half = stampHalf(basis);
    int outer = 2 * (half + basis.halfWidth()) + 1;
    int inner = 2 * half + 1;
    int n = basis.count();
    int nb = BackgroundPolynomial.terms(config.backgroundOrder);
    double[][] c = Arrays.copyOf(basis.convolveAll(convolved, outer, outer), n + nb);
    for (int k = n; k < n + nb; k++) {
      c[k] = new double[inner * inner];
    }
    if (real) {
      double[] q = new double[nb];
      for (int i = 0; i < inner * inner; i++) {
        BackgroundPolynomial.fill(
            q,
            domain,
            stamp.x - half + i % inner,
            stamp.y - half + i / inner,
            config.backgroundOrder);
        for (int k = 0; k < nb; k++) {
          c[n + k][i] = q[k];
        }
      }
    }
    double[] left = withoutOffsets(pair.offsets, stamp, half, real, reference, c, n);
    int m = n + nb;
    double[] matrix = new double[m * m];
    double[] right = new double[m];
    for (int i = 0; i < m; i++) {
      for (int j = i; j < m; j++) {
        double sum = weight * dot(c[i], c[j]);
        matrix[i * m + j] = sum;
        matrix[j * m + i] = sum;
      }
      right[i] = weight * dot(c[i], left);
    }
    return new StampSystem(stamp, weight, matrix, right, c, reference, left, variance, half);
  }

  /** What the offsets leave of the data; a pseudo-stamp has those of its centre everywhere. */
  private static double[] withoutOffsets(
      @Nullable KernelOffsets offsets,
      Stamp stamp,
      int half,
      boolean real,
      double[] data,
      double[][] model,
      int functions) {
    if (offsets == null) {
      return data;
    }
    int side = 2 * half + 1;
    double[] out = data.clone();
    double[] a = new double[functions];
    for (int p = 0; p < out.length; p++) {
      Arrays.fill(a, 0);
      int dx = real ? p % side - half : 0;
      int dy = real ? p / side - half : 0;
      offsets.addTo(a, stamp.x + dx, stamp.y + dy);
      for (int i = 1; i < functions; i++) {
        out[p] -= a[i] * model[i][p];
      }
    }
    return out;
  }

  /** Sum of the products. */
  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private List<StampSystem> pseudoStamps(
      Pair pair, KernelBasis basis, List<PsfModel> psfs, List<StampSystem> real) {
    double[] weights = real.stream().mapToDouble(StampSystem::weight).toArray();
    double weight = ClippedStatistics.median(weights);
    int half = stampHalf(basis);
    Box box = pair.reference.box();
    double[][] products = basis.products();
    List<StampSystem> out = new ArrayList<>();
    for (int k = 0; k < 25; k++) {
      int x = box.x0() + (int) ((k % 5 + 0.5) * box.width() / 5);
      int y = box.y0() + (int) ((k / 5 + 0.5) * box.height() / 5);
      double flux = config.pseudoStampSnr * Math.sqrt(psfs.get(0).nEff(x, y) / weight);
      double[] reference = stampOf(psfs.get(0).kernelImage(x, y), half, flux);
      double[] convolved = stampOf(psfs.get(1).kernelImage(x, y), half + basis.halfWidth(), flux);
      double[] variance = new double[reference.length];
      Arrays.fill(variance, 1 / weight);
      StampSystem system =
          system(
              pair,
              basis,
              new Stamp(-1 - k, x, y),
              convolved,
              reference,
              variance,
              weight * config.pseudoStampWeight,
              false);
      addNoise(system, basis, products, pair.offsets);
      out.add(system);
    }
    return out;
  }

  /**
   * Makes a pseudo-stamp dislike kernels that would make noise: as if its convolved image had half
   * of the variance. A PSF has no short waves, so nothing else keeps those of a kernel in bounds.
   */
  private void addNoise(
      StampSystem s, KernelBasis basis, double[][] products, @Nullable KernelOffsets offsets) {
    double[] a = new double[basis.count()];
    if (offsets != null) {
      offsets.addTo(a, s.stamp().x, s.stamp().y);
    }
    int m = basis.count() + BackgroundPolynomial.terms(config.backgroundOrder);
    double strength = config.pseudoStampWeight * NOISE_SHARE * s.data().length;
    for (int i = 0; i < products.length; i++) {
      for (int j = 0; j < products.length; j++) {
        s.matrix()[i * m + j] += strength * products[i][j];
        s.right()[i] -= strength * products[i][j] * a[j];
      }
    }
  }

  private static double[] stampOf(ImageD psf, int half, double flux) {
    int size = 2 * half + 1;
    double[] out = new double[size * size];
    Box part = psf.box().intersect(Box.around(0, 0, half));
    for (int y = part.y0(); y < part.y1(); y++) {
      for (int x = part.x0(); x < part.x1(); x++) {
        out[(y + half) * size + x + half] = flux * psf.get(x, y);
      }
    }
    return out;
  }

  private Solution iterate(
      Box domain,
      KernelBasis basis,
      @Nullable KernelOffsets offsets,
      List<StampSystem> all,
      List<StampSystem> pseudo,
      double fwhm) {
    boolean[] use = new boolean[all.size()];
    Arrays.fill(use, true);
    double[] sums = new double[all.size()];
    for (int s = 0; s < sums.length; s++) {
      sums[s] = ownSum(all.get(s));
    }
    GlobalSystem global = new GlobalSystem(config, domain, basis, all, pseudo, use);
    NormalEquations.Solution solved = global.solve();
    for (int round = 0; round < config.rounds; round++) {
      boolean[] next = judge(global, solved.values(), all, sums, fwhm);
      if (2 * count(next) < count(use)) {
        next = betterHalf(global, solved.values(), all, use, fwhm);
      }
      if (Arrays.equals(next, use) || count(next) < config.minStamps) {
        break;
      }
      use = next;
      global = new GlobalSystem(config, domain, basis, all, pseudo, use);
      solved = global.solve();
    }
    return result(global, offsets, solved, all, use, sums, fwhm);
  }

  /**
   * The half of the stamps in use that fits better. Where most are found wanting it is the solution
   * that is wrong, spoiled by a few of them.
   */
  private static boolean[] betterHalf(
      GlobalSystem global, double[] solution, List<StampSystem> all, boolean[] use, double fwhm) {
    double[] scatter = new double[use.length];
    int n = 0;
    double[] inUse = new double[count(use)];
    for (int i = 0; i < use.length; i++) {
      if (use[i]) {
        scatter[i] = global.residual(all.get(i), solution, fwhm, 0)[1];
        inUse[n++] = scatter[i];
      }
    }
    double limit = ClippedStatistics.median(inUse);
    boolean[] out = new boolean[use.length];
    for (int i = 0; i < use.length; i++) {
      out[i] = use[i] && scatter[i] <= limit;
    }
    return out;
  }

  private static int count(boolean[] use) {
    int n = 0;
    for (boolean u : use) {
      n += u ? 1 : 0;
    }
    return n;
  }

  /** Kernel sum that a stamp alone would give. */
  private static double ownSum(StampSystem s) {
    return NormalEquations.solve(s.matrix(), s.right()).values()[0];
  }

  private boolean[] judge(
      GlobalSystem global, double[] solution, List<StampSystem> all, double[] sums, double fwhm) {
    double centre = ClippedStatistics.median(sums);
    double[] deviations = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      deviations[i] = Math.abs(sums[i] - centre);
    }
    double scatter = ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(deviations);
    boolean[] use = new boolean[sums.length];
    for (int i = 0; i < sums.length; i++) {
      double[] residual = global.residual(all.get(i), solution, fwhm, config.modelError);
      use[i] =
          (scatter == 0 || deviations[i] <= 3 * scatter)
              && Math.abs(residual[0]) <= config.maxMeanResidual
              && residual[1] <= config.maxResidualScatter;
    }
    if (count(use) > 2 * config.minStamps) {
      dropLevers(global, solution[0], all, use);
    }
    return use;
  }

  private void dropLevers(GlobalSystem global, double sum, List<StampSystem> all, boolean[] use) {
    boolean[] levers = new boolean[use.length];
    for (int i = 0; i < use.length; i++) {
      if (use[i]) {
        double without = global.sumWithout(all.get(i));
        levers[i] = Math.abs(without - sum) > config.maxLeverage * Math.abs(sum);
      }
    }
    for (int i = 0; i < use.length; i++) {
      use[i] &= !levers[i];
    }
  }

  private Solution result(
      GlobalSystem global,
      @Nullable KernelOffsets offsets,
      NormalEquations.Solution solved,
      List<StampSystem> all,
      boolean[] use,
      double[] sums,
      double fwhm) {
    double sum = solved.values()[0];
    if (!(Math.abs(sum - 1) <= config.maxSumError)) {
      throw new AlgorithmException(
          "KERNEL_SUM",
          "the matching kernel has the sum "
              + sum
              + ", expected is 1 within "
              + config.maxSumError
              + "; the flux scales of the two images differ");
    }
    double squares = 0;
    int n = 0;
    double centre = ClippedStatistics.median(sums);
    double[] deviations = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      deviations[i] = Math.abs(sums[i] - centre);
      if (use[i]) {
        double scatter = global.residual(all.get(i), solved.values(), fwhm, 0)[1];
        squares += scatter * scatter;
        n++;
      }
    }
    return new Solution(
        global.kernel(solved.values(), offsets),
        global.domain(),
        global.background(solved.values()),
        sum,
        ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(deviations),
        solved.condition(),
        n,
        all.size() - n,
        Math.sqrt(squares / n));
  }
}
