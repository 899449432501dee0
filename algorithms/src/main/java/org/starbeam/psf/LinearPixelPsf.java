package org.starbeam.psf;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.starbeam.image.ClippedStatistics;

/**
 * The PSF as a grid of samples that varies with position, fitted to the pixels of the stars through
 * the interpolation that places the grid on them (specs/02 section 7.2), never to resampled stamps,
 * which are broader. Rounds of
 *
 * <ol>
 *   <li>flux, centre and background of every star with the present model (Gauss-Newton);
 *   <li>weights 1 / (sky + star light of the model + (accuracy x light)^2), the star's S/N capped
 *       at {@code maxSnr} so that the systematic errors of the brightest do not rule;
 *   <li>rejection of pixels (neighbours) and of stars by sqrt(chi^2);
 *   <li>the linear solve for all samples ({@link PixelSolver}).
 * </ol>
 *
 * A constant model comes first; its residuals choose the degree ({@link VariationFit}). The prior
 * of the constant term has a standard deviation of its own value in every sample. Its mean is the
 * Moffat profile of the stars' median moments, with the exponent that leaves least of the stars and
 * every ring as strong as they have it: the many samples of the wings together outweigh what the
 * stars say of each of them, so that wings of another strength would stay. The varying terms are a
 * few modes ({@link VariationModes}), of mean zero and the standard deviation of {@code variation}
 * that the stars choose.
 *
 * <p>Few stars: degree d needs 4 stars per term; below four stars a Moffat profile of the stars'
 * moments, with none that of the prior seeing; always a flag, never an exception. Cost: about 10 x
 * rounds x stars x 6e4 multiplications at 25 x 25, linear in everything.
 */
public final class LinearPixelPsf implements PsfDeterminer {
  /**
   * @param stepBelow3 grid step where the seeing is below 3 pixels FWHM; 1 pixel elsewhere
   * @param kernel order of the Lanczos interpolation
   * @param accuracy share of the light by which the model may be wrong, per round; the last value
   *     holds on
   * @param maxRounds of the final degree
   * @param tolerance of a sample's change, in units of the peak, that ends the rounds
   * @param variation prior deviations of the amplitudes of size and shape, relative to the constant
   *     term; that of the other modes is a fifth. The stars left out choose one
   * @param pixelClip sigma beyond which a pixel is dropped
   * @param starClip robust sigma of sqrt(chi^2) beyond which a star is dropped
   */
  public record Config(
      double stepBelow3,
      int kernel,
      List<Double> accuracy,
      int maxRounds,
      double tolerance,
      List<Double> variation,
      double pixelClip,
      double starClip)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          0.5, 4, List.of(0.2, 0.1, 0.05, 0.01), 6, 1e-4, List.of(0.1, 0.02, 0.01), 5, 3);
    }
  }

  private static final int MIN_STARS = 4;
  private static final int SOLVER_STEPS = 12;
  private static final double SOLVER_TOLERANCE = 1e-3;

  /** Exponents of the wings from those of a dirty mirror to those of the atmosphere alone. */
  private static final double[] EXPONENTS = {1.8, 2.1, 2.5, 3, 3.5, 4.8};

  /** Share of the light by which the profile may be wrong that the samples start from. */
  private static final double ROUGH_ACCURACY = 0.05;

  /** Variation of the other modes in units of that of size and shape. */
  private static final double MINOR_SHARE = 0.2;

  private final PsfDeterminer.Config shared;
  private final Config config;

  public LinearPixelPsf(PsfDeterminer.Config config) {
    shared = config;
    this.config = config.psfex();
  }

  @Override
  public PsfFit fit(StampSet stamps, double priorFwhm) {
    StarMoments moments = StarMoments.of(stamps, priorFwhm);
    return stamps.size() < MIN_STARS
        ? moments.constant(stamps, shared.halfSize())
        : new Run(stamps, moments).fit(moments.flags());
  }

  /** The state of one fit. */
  private final class Run extends PixelGridFit {
    private final double[] start;
    private VariationFit.Choice choice = VariationFit.Choice.CONSTANT;

    Run(StampSet stamps, StarMoments moments) {
      super(
          shared,
          stamps,
          moments.fwhm(),
          moments.fwhm() >= 3 ? 1 : config.stepBelow3,
          config.kernel,
          true);
      List<double[]> profiles = new ArrayList<>();
      for (double exponent : EXPONENTS) {
        profiles.add(sample(moments.moffat(exponent, shared.halfSize())::at));
      }
      start = withRings(withRings(closest(profiles)));
      c = new double[][] {start.clone()};
    }

    /** The profile that leaves least of the stars. */
    private double[] closest(List<double[]> profiles) {
      double[] best = profiles.get(0);
      double least = Double.POSITIVE_INFINITY;
      for (double[] profile : profiles) {
        double left = misfit(profile);
        if (left < least) {
          least = left;
          best = profile;
        }
      }
      return best;
    }

    private double misfit(double[] profile) {
      double sum = 0;
      for (StarFit star : all) {
        fitRoughly(star, profile);
        sum += star.misfit(config.pixelClip, shared.maxSnr(), variance);
      }
      return sum;
    }

    /** Flux, centre, background and variance of a star by a profile that is not yet its own. */
    private void fitRoughly(StarFit star, double[] profile) {
      double perFlux = stamps.config().variancePerFlux();
      star.draw(profile, scratch);
      star.variance(perFlux, ROUGH_ACCURACY, variance);
      star.refit(profile, variance, freedom, scratch);
      star.draw(profile, scratch);
      star.variance(perFlux, ROUGH_ACCURACY, variance);
    }

    /** The profile with every ring as strong as the stars have it together; unit sum. */
    private double[] withRings(double[] profile) {
      double[] seen = new double[shared.halfSize() + 2];
      double[] expected = new double[seen.length];
      for (StarFit star : all) {
        fitRoughly(star, profile);
        star.clipPixels(config.pixelClip, 0, variance);
        star.addRings(seen, expected, shared.maxSnr(), variance);
      }
      double[] out = new double[profile.length];
      int mid = grid / 2;
      double sum = 0;
      for (int i = 0; i < out.length; i++) {
        double radius = step * Math.hypot(i % grid - mid, i / grid - mid);
        int ring = Math.min((int) radius, seen.length - 2);
        double share = Math.min(1, radius - ring);
        double inner = Math.max(0, (seen[ring] + 1) / (expected[ring] + 1));
        double outer = Math.max(0, (seen[ring + 1] + 1) / (expected[ring + 1] + 1));
        out[i] = profile[i] * ((1 - share) * inner + share * outer);
        sum += out[i];
      }
      for (int i = 0; i < out.length; i++) {
        out[i] /= sum;
      }
      return out;
    }

    PsfFit fit(Set<PsfFit.Flag> flags) {
      int schedule = config.accuracy.size();
      for (int round = 0; round < schedule; round++) {
        round(config.accuracy.get(round), round > 0);
      }
      double last = config.accuracy.get(schedule - 1);
      weigh(last, true);
      PositionBasis highest = PositionBasis.over(stamps.imageBox(), shared.maxDegree());
      choice = variation(highest, priors()).choose();
      raise(choice.degree());
      double peak = Arrays.stream(c[0]).max().orElse(1);
      for (int round = 0; round < config.maxRounds; round++) {
        if (round(last, true) < config.tolerance * peak) {
          break;
        }
      }
      weigh(last, true);
      return result(flags, jackknife(choice));
    }

    /** One round; returns the largest change of a sample. */
    private double round(double accuracy, boolean reject) {
      weigh(accuracy, reject);
      if (basis.degree() > 0) {
        double[][] terms = variation(basis, List.of()).terms(choice);
        System.arraycopy(terms, 0, c, 1, terms.length);
        for (StarFit star : usedStars()) {
          star.draw(local(star.basis), scratch);
        }
      }
      double largest = solver().improve(usedStars(), new double[][] {c[0]});
      normalise();
      return largest;
    }

    private void weigh(double accuracy, boolean reject) {
      weigh(accuracy, reject ? config.pixelClip : Double.POSITIVE_INFINITY, 0);
      if (reject) {
        rejectStars();
      }
    }

    private void rejectStars() {
      double[] root =
          all.stream().filter(s -> s.used).mapToDouble(s -> Math.sqrt(s.chi2)).toArray();
      if (root.length <= MIN_STARS) {
        return;
      }
      double median = ClippedStatistics.median(root);
      double sigma =
          ClippedStatistics.MAD_TO_SIGMA
              * ClippedStatistics.median(
                  Arrays.stream(root).map(r -> Math.abs(r - median)).toArray());
      double limit = median + config.starClip * Math.max(sigma, 0.03 * median);
      for (StarFit star : all) {
        star.used &= Math.sqrt(star.chi2) <= limit;
      }
    }

    private List<VariationFit.Prior> priors() {
      return config.variation.stream()
          .map(v -> new VariationFit.Prior(v, MINOR_SHARE * v))
          .toList();
    }

    private PixelSolver solver() {
      return new PixelSolver(
          grid,
          side,
          free,
          new double[][] {start},
          new double[][] {precision(start, 1)},
          SOLVER_STEPS,
          SOLVER_TOLERANCE);
    }

    private double[] precision(double[] profile, double relative) {
      double peak = Arrays.stream(profile).max().orElse(1);
      double[] out = new double[profile.length];
      for (int g = 0; g < out.length; g++) {
        double s = relative * Math.max(profile[g], 1e-5 * peak);
        out[g] = 1 / (s * s);
      }
      return out;
    }
  }
}
