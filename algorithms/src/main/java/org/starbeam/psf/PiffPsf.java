package org.starbeam.psf;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The PSF in the manner of Piff (Jarvis et al. 2021; specs/02 sections 7.2 and 7.3). Either samples
 * on a grid, each a free polynomial of position, all solved together from the pixels of all stars;
 * or an analytic profile whose size and shear are fitted star by star and interpolated by
 * polynomials, with a Gaussian process for what these leave. Stars whose chi^2 lies beyond its 4
 * sigma quantile are dropped, at most one in twenty per round.
 *
 * <p>The grid has no prior to speak of: it describes any PSF, with the noise that many samples
 * have. Under its stars no background is fitted, as in Piff: beside galaxies, which are further
 * from a single star than its own wings, a constant would take light from these. The profile needs
 * few stars: a dozen give a PSF that varies.
 */
public final class PiffPsf implements PsfDeterminer {
  /** What is fitted to a star. */
  public enum Model {
    /** Samples on a grid. */
    PIXEL_GRID,
    /** (1 + r^2 / alpha^2)^-beta, with one exponent for all stars. */
    MOFFAT,
    /** What the atmosphere alone makes of a star. */
    KOLMOGOROV,
    /** A Gaussian. */
    GAUSSIAN
  }

  /** How an analytic profile varies; samples are always polynomials. */
  public enum Interpolation {
    /** Not at all. */
    MEAN,
    /** Polynomials of position. */
    POLYNOMIAL,
    /** The same, and a Gaussian process of squared exponential kernel. */
    GP,
    /** The same, and a Gaussian process of the kernel of a von Karman spectrum. */
    GP_VON_KARMAN
  }

  /**
   * @param model of a star
   * @param interpolation of an analytic profile
   * @param step of the grid in pixels
   * @param stepSharp the same where the seeing is below 2.5 pixels FWHM
   * @param kernel order of the Lanczos interpolation
   * @param regularisation of samples, in units of the mean diagonal of the normal matrix
   * @param maxRounds of rejection and solution
   * @param tolerance of a sample's change, in units of the peak, that ends the rounds
   * @param pixelClip sigma beyond which a pixel is dropped
   * @param starClip sigma of the quantile of chi^2 beyond which a star is dropped
   * @param maxRejected share of the stars that one round may drop; one at least
   */
  public record Config(
      Model model,
      Interpolation interpolation,
      double step,
      double stepSharp,
      int kernel,
      double regularisation,
      int maxRounds,
      double tolerance,
      double pixelClip,
      double starClip,
      double maxRejected)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          Model.PIXEL_GRID, Interpolation.POLYNOMIAL, 1, 0.7, 5, 1e-3, 8, 1e-4, 5, 4, 0.05);
    }

    /** The same with another model and interpolation. */
    public Config with(Model otherModel, Interpolation otherInterpolation) {
      return new Config(
          otherModel,
          otherInterpolation,
          step,
          stepSharp,
          kernel,
          regularisation,
          maxRounds,
          tolerance,
          pixelClip,
          starClip,
          maxRejected);
    }
  }

  private static final int MIN_STARS = 4;
  private static final double SHARP = 2.5;

  /** Share of the light by which the model may be wrong before a pixel is dropped. */
  static final double MISFIT = 0.05;

  private static final int SOLVER_STEPS = 60;
  private static final double SOLVER_TOLERANCE = 1e-3;

  /** Prior deviations of modes with which the degree of samples is chosen. */
  private static final VariationFit.Prior WIDE = new VariationFit.Prior(0.1, 0.1);

  private final PsfDeterminer.Config shared;
  private final Config config;

  public PiffPsf(PsfDeterminer.Config config) {
    shared = config;
    this.config = config.piff();
  }

  @Override
  public PsfFit fit(StampSet stamps, double priorFwhm) {
    StarMoments moments = StarMoments.of(stamps, priorFwhm);
    if (stamps.size() < MIN_STARS) {
      return moments.constant(stamps, shared.halfSize());
    }
    return config.model == Model.PIXEL_GRID
        ? new Run(stamps, moments).fit(moments.flags())
        : new AnalyticFit(shared, stamps, moments).fit(moments.flags());
  }

  /**
   * The worst of the stars whose chi^2 lies beyond its quantile, scaled by the mean of all where
   * that is above 1.
   *
   * @param chi2 reduced chi^2 of each star
   * @param dof degrees of freedom of each
   * @return indices, few at a time
   */
  static List<Integer> outliers(double[] chi2, double[] dof, Config config) {
    double sum = 0;
    double all = 0;
    for (int i = 0; i < chi2.length; i++) {
      sum += chi2[i] * dof[i];
      all += dof[i];
    }
    double scale = Math.max(1, sum / all);
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < chi2.length; i++) {
      if (chi2[i] > scale * quantile(dof[i], config.starClip)) {
        out.add(i);
      }
    }
    out.sort(Comparator.comparingDouble(i -> -chi2[i]));
    int most = Math.max(1, (int) (config.maxRejected * chi2.length));
    return out.subList(0, Math.min(most, out.size()));
  }

  /** Reduced chi^2 that is exceeded as rarely as {@code sigma} (Wilson and Hilferty 1931). */
  private static double quantile(double dof, double sigma) {
    double variance = 2 / (9 * dof);
    return Math.pow(1 - variance + sigma * Math.sqrt(variance), 3);
  }

  /** A fit of samples. */
  private final class Run extends PixelGridFit {
    private final double[] start;
    private final Set<StarFit> rejected = new HashSet<>();

    Run(StampSet stamps, StarMoments moments) {
      super(
          shared,
          stamps,
          moments.fwhm(),
          moments.fwhm() < SHARP ? config.stepSharp : config.step,
          config.kernel,
          false);
      AnalyticProfile gaussian = new AnalyticProfile(Model.GAUSSIAN, 0);
      double[] shape = AnalyticFit.shape(moments);
      start = sample((dx, dy) -> gaussian.pixel(shape, dx, dy, true));
      c = new double[][] {start.clone()};
    }

    PsfFit fit(Set<PsfFit.Flag> flags) {
      for (int round = 0; round < 3; round++) {
        round(round > 1, false);
      }
      PositionBasis highest = PositionBasis.over(stamps.imageBox(), shared.maxDegree());
      raise(variation(highest, List.of(WIDE)).choose().degree());
      for (int round = 0; round < config.maxRounds; round++) {
        int before = rejected.size();
        double change = round(true, true);
        if (rejected.size() == before
            && change < config.tolerance * Arrays.stream(c[0]).max().orElse(1)) {
          break;
        }
      }
      weigh(true, true);
      return result(flags, withoutGroups());
    }

    /** Fits without each group of stars, from the present samples: free ones err by themselves. */
    private FluxJackknife withoutGroups() {
      List<StarFit> used = usedStars();
      double lambda = config.regularisation * solver(1).meanDiagonal(used, c.length);
      double[][][] others = new double[VariationFit.FOLDS][c.length][];
      for (int g = 0; g < others.length; g++) {
        int group = g;
        for (int k = 0; k < c.length; k++) {
          others[g][k] = c[k].clone();
        }
        List<StarFit> rest =
            used.stream().filter(s -> VariationFit.fold(s.stamp.star().key()) != group).toList();
        solver(lambda).improve(rest, others[g]);
      }
      return FluxJackknife.of(basis, (x, y) -> changes(others, basis.at(x, y)));
    }

    /** Relative changes of the flux of a star of the present model. */
    private double[] changes(double[][][] others, double[] b) {
      double[] p = local(c, b);
      double[] out = new double[others.length];
      for (int g = 0; g < out.length; g++) {
        double[] q = local(others[g], b);
        double sum = Arrays.stream(q).sum() / Arrays.stream(p).sum();
        out[g] = sum * dot(p, q) / dot(q, q) - 1;
      }
      return out;
    }

    /** One round; returns the largest change of a sample. */
    private double round(boolean clip, boolean reject) {
      weigh(clip, reject);
      List<StarFit> used = usedStars();
      PixelSolver unit = solver(1);
      double lambda = config.regularisation * unit.meanDiagonal(used, c.length);
      double change = solver(lambda).improve(used, c);
      normalise();
      return change;
    }

    private void weigh(boolean clip, boolean reject) {
      weigh(0, clip ? config.pixelClip : Double.POSITIVE_INFINITY, MISFIT);
      for (StarFit star : all) {
        star.used &= !rejected.contains(star);
      }
      List<StarFit> used = usedStars();
      double radius = Math.min(side / 2.0, CORE_IN_FWHM * fwhm);
      double[] dof = new double[used.size()];
      Arrays.fill(dof, Math.PI * radius * radius - 4);
      double[] chi2 = used.stream().mapToDouble(s -> s.chi2).toArray();
      for (int i :
          !reject || used.size() <= MIN_STARS ? List.<Integer>of() : outliers(chi2, dof, config)) {
        used.get(i).used = false;
        rejected.add(used.get(i));
      }
    }

    private PixelSolver solver(double lambda) {
      double[][] mean = new double[c.length][start.length];
      mean[0] = start;
      double[][] precision = new double[c.length][start.length];
      for (double[] term : precision) {
        Arrays.fill(term, lambda);
      }
      return new PixelSolver(grid, side, free, mean, precision, SOLVER_STEPS, SOLVER_TOLERANCE);
    }
  }
}
