package org.starbeam.psf;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;

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
   * @param halfSize of the model in pixels; zero beyond a circle of {@code halfSize + 0.5}
   * @param stepBelow3 grid step where the seeing is below 3 pixels FWHM; 1 pixel elsewhere
   * @param kernel order of the Lanczos interpolation
   * @param maxDegree in position
   * @param maxSnr cap of a star's S/N in the solve
   * @param accuracy share of the light by which the model may be wrong, per round; the last value
   *     holds on
   * @param maxRounds of the final degree
   * @param tolerance of a sample's change, in units of the peak, that ends the rounds
   * @param variation prior deviations of the amplitudes of size and shape, relative to the constant
   *     term; that of the other modes is a fifth. The stars left out choose one
   * @param pixelClip sigma beyond which a pixel is dropped
   * @param starClip robust sigma of sqrt(chi^2) beyond which a star is dropped
   * @param freeCentres fits the centres (first pass); false keeps the positions given
   */
  public record Config(
      int halfSize,
      double stepBelow3,
      int kernel,
      int maxDegree,
      double maxSnr,
      List<Double> accuracy,
      int maxRounds,
      double tolerance,
      List<Double> variation,
      double pixelClip,
      double starClip,
      boolean freeCentres)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          12,
          0.5,
          4,
          2,
          200,
          List.of(0.2, 0.1, 0.05, 0.01),
          6,
          1e-4,
          List.of(0.1, 0.02, 0.01),
          5,
          3,
          true);
    }
  }

  private static final int MIN_STARS = 4;
  private static final int LOW_STARS = 10;
  private static final int SOLVER_STEPS = 12;
  private static final double SOLVER_TOLERANCE = 1e-3;
  private static final double CORE_IN_FWHM = 2;

  /** Exponents of the wings from those of a dirty mirror to those of the atmosphere alone. */
  private static final double[] EXPONENTS = {1.8, 2.1, 2.5, 3, 3.5, 4.8};

  /** Share of the light by which the profile may be wrong that the samples start from. */
  private static final double ROUGH_ACCURACY = 0.05;

  /** Variation of the other modes in units of that of size and shape. */
  private static final double MINOR_SHARE = 0.2;

  private static final double USUAL_EXPONENT = 3;
  private static final double FWHM_PER_SIGMA = 2.3548;

  private final Config config;

  public LinearPixelPsf(Config config) {
    this.config = config;
  }

  @Override
  public PsfFit fit(StampSet stamps, double priorFwhm) {
    Set<PsfFit.Flag> flags = EnumSet.noneOf(PsfFit.Flag.class);
    if (stamps.size() < LOW_STARS) {
      flags.add(PsfFit.Flag.LOW_STARS);
    }
    List<MoffatPsf> starts = startModels(stamps, priorFwhm, flags);
    if (stamps.size() < MIN_STARS) {
      return withoutPixels(stamps, starts.get(0), flags);
    }
    double[] shape = starts.get(0).shape(0, 0);
    double sigma = Math.sqrt(Math.sqrt(shape[0] * shape[1] - shape[2] * shape[2]));
    return new Run(stamps, starts, FWHM_PER_SIGMA * sigma).fit(flags);
  }

  /** Moffat profiles of the stars' median adaptive moments; first that of the usual exponent. */
  private List<MoffatPsf> startModels(StampSet stamps, double priorFwhm, Set<PsfFit.Flag> flags) {
    List<AdaptiveMoments.Result> measured = new ArrayList<>();
    AdaptiveMoments moments = new AdaptiveMoments();
    for (StampSet.Stamp s : stamps.stamps()) {
      Box box = new Box(s.x0(), s.y0(), stamps.side(), stamps.side());
      AdaptiveMoments.Result r =
          moments.measure(
              ImageD.wrap(box, s.data()), s.star().x(), s.star().y(), priorFwhm / FWHM_PER_SIGMA);
      if (r.isOk()) {
        measured.add(r);
      }
    }
    if (measured.isEmpty()) {
      flags.add(PsfFit.Flag.FROM_PRIOR);
      return List.of(new MoffatPsf(priorFwhm, USUAL_EXPONENT, 0, 0, config.halfSize));
    }
    double xx = median(measured, AdaptiveMoments.Result::xx);
    double yy = median(measured, AdaptiveMoments.Result::yy);
    double xy = median(measured, AdaptiveMoments.Result::xy);
    List<MoffatPsf> out = new ArrayList<>();
    out.add(MoffatPsf.ofMoments(xx, yy, xy, USUAL_EXPONENT, config.halfSize));
    for (double exponent : stamps.size() < MIN_STARS ? new double[0] : EXPONENTS) {
      if (exponent != USUAL_EXPONENT) {
        out.add(MoffatPsf.ofMoments(xx, yy, xy, exponent, config.halfSize));
      }
    }
    return out;
  }

  private static double median(
      List<AdaptiveMoments.Result> of, ToDoubleFunction<AdaptiveMoments.Result> value) {
    return ClippedStatistics.median(of.stream().mapToDouble(value).toArray());
  }

  private static PsfFit withoutPixels(StampSet stamps, MoffatPsf model, Set<PsfFit.Flag> flags) {
    if (!flags.contains(PsfFit.Flag.FROM_PRIOR)) {
      flags.add(PsfFit.Flag.MOFFAT_FROM_STARS);
    }
    boolean[] cut = new boolean[stamps.stars().size()];
    for (StampSet.Stamp s : stamps.stamps()) {
      cut[s.inputIndex()] = true;
    }
    List<PsfFit.Star> stars = new ArrayList<>();
    for (int i = 0; i < cut.length; i++) {
      StampSet.Star s = stamps.stars().get(i);
      stars.add(new PsfFit.Star(s.key(), cut[i], s.x(), s.y(), s.flux(), 0, Double.NaN));
    }
    return new PsfFit(model, stars, stamps.size(), 0, Double.NaN, flags);
  }

  /** The state of one fit. */
  private final class Run {
    private final StampSet stamps;
    private final double fwhm;
    private final double step;
    private final int grid;
    private final int side;
    private final boolean[] free;
    private final double[] start;
    private final List<StarFit> all = new ArrayList<>();
    private final double[] scratch;
    private final double[] variance;
    private PositionBasis basis;
    private double[][] c;
    private VariationFit.Choice choice = VariationFit.Choice.CONSTANT;

    Run(StampSet stamps, List<MoffatPsf> starts, double fwhm) {
      this.stamps = stamps;
      this.fwhm = fwhm;
      step = fwhm >= 3 ? 1 : config.stepBelow3;
      grid = 2 * (int) Math.rint(config.halfSize / step) + 1;
      side = stamps.side();
      free = circle();
      scratch = new double[grid * side];
      variance = new double[side * side];
      basis = PositionBasis.over(stamps.imageBox(), 0);
      for (StampSet.Stamp stamp : stamps.stamps()) {
        all.add(new StarFit(stamp, side, grid, step, config.kernel));
      }
      double[] moffat = closest(starts.stream().map(this::sample).toList());
      start = withRings(withRings(moffat));
      c = new double[][] {start.clone()};
    }

    /** The profile that leaves least of the stars. */
    private double[] closest(List<double[]> profiles) {
      double[] best = profiles.get(0);
      double least = Double.POSITIVE_INFINITY;
      for (double[] profile : profiles.size() == 1 ? List.<double[]>of() : profiles) {
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
        sum += star.misfit(config.pixelClip, config.maxSnr, variance);
      }
      return sum;
    }

    /** Flux, centre, background and variance of a star by a profile that is not yet its own. */
    private void fitRoughly(StarFit star, double[] profile) {
      double perFlux = stamps.config().variancePerFlux();
      star.draw(profile, scratch);
      star.variance(perFlux, ROUGH_ACCURACY, variance);
      star.refit(profile, variance, config.freeCentres, scratch);
      star.draw(profile, scratch);
      star.variance(perFlux, ROUGH_ACCURACY, variance);
    }

    /** The profile with every ring as strong as the stars have it together; unit sum. */
    private double[] withRings(double[] profile) {
      double[] seen = new double[config.halfSize + 2];
      double[] expected = new double[seen.length];
      for (StarFit star : all) {
        fitRoughly(star, profile);
        star.clipPixels(config.pixelClip, variance);
        star.addRings(seen, expected, config.maxSnr, variance);
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

    private boolean[] circle() {
      boolean[] inside = new boolean[grid * grid];
      int mid = grid / 2;
      double radius = (config.halfSize + 0.5) / step;
      for (int i = 0; i < inside.length; i++) {
        int dx = i % grid - mid;
        int dy = i / grid - mid;
        inside[i] = dx * dx + dy * dy <= radius * radius;
      }
      return inside;
    }

    /** The start profile at the grid points, unit sum. */
    private double[] sample(MoffatPsf model) {
      double[] out = new double[grid * grid];
      int mid = grid / 2;
      double sum = 0;
      for (int i = 0; i < out.length; i++) {
        if (free[i]) {
          out[i] = model.at((i % grid - mid) * step, (i / grid - mid) * step);
          sum += out[i];
        }
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
      PositionBasis highest = PositionBasis.over(stamps.imageBox(), config.maxDegree);
      choice = variation(highest).choose();
      raise(choice.degree());
      double peak = Arrays.stream(c[0]).max().orElse(1);
      for (int round = 0; round < config.maxRounds; round++) {
        if (round(last, true) < config.tolerance * peak) {
          break;
        }
      }
      weigh(last, true);
      return result(flags);
    }

    /** One round; returns the largest change of a sample. */
    private double round(double accuracy, boolean reject) {
      weigh(accuracy, reject);
      if (basis.degree() > 0) {
        double[][] terms = variation(basis).terms(choice);
        System.arraycopy(terms, 0, c, 1, terms.length);
        for (StarFit star : usedStars()) {
          star.draw(local(star.basis), scratch);
        }
      }
      double largest = solver().improve(usedStars(), c[0]);
      normalise();
      return largest;
    }

    /** Steps 1 to 3 for every star. */
    private void weigh(double accuracy, boolean reject) {
      double perFlux = stamps.config().variancePerFlux();
      for (StarFit star : all) {
        star.used = true;
        star.basis = basis.at(star.stamp.star().x(), star.stamp.star().y());
        double[] local = local(star.basis);
        star.draw(local, scratch);
        for (int k = 0; k < 2 && star.used; k++) {
          star.variance(perFlux, accuracy, variance);
          if (reject) {
            star.clipPixels(config.pixelClip, variance);
          }
          star.refit(local, variance, config.freeCentres, scratch);
          star.draw(local, scratch);
        }
        star.variance(perFlux, accuracy, variance);
        int clipped = reject ? star.clipPixels(config.pixelClip, variance) : 0;
        star.weigh(variance, config.maxSnr, CORE_IN_FWHM * fwhm);
        star.used &= !Double.isNaN(star.chi2) && clipped < 0.2 * variance.length;
      }
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
          1.4826
              * ClippedStatistics.median(
                  Arrays.stream(root).map(r -> Math.abs(r - median)).toArray());
      double limit = median + config.starClip * Math.max(sigma, 0.03 * median);
      for (StarFit star : all) {
        star.used &= Math.sqrt(star.chi2) <= limit;
      }
    }

    private List<StarFit> usedStars() {
      return all.stream().filter(s -> s.used).toList();
    }

    private double[] local(double[] b) {
      double[] out = new double[grid * grid];
      for (int k = 0; k < b.length; k++) {
        for (int g = 0; g < out.length; g++) {
          out[g] += b[k] * c[k][g];
        }
      }
      return out;
    }

    private double[][] modes() {
      return VariationModes.of(c[0], grid, free, !config.freeCentres);
    }

    private VariationFit variation(PositionBasis highest) {
      List<VariationFit.Prior> priors =
          config.variation.stream().map(v -> new VariationFit.Prior(v, MINOR_SHARE * v)).toList();
      return new VariationFit(usedStars(), c[0], modes(), highest, priors);
    }

    private PixelSolver solver() {
      return new PixelSolver(
          grid, side, free, start, precision(start, 1), SOLVER_STEPS, SOLVER_TOLERANCE);
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

    /** Adds terms of zeros. */
    private void raise(int degree) {
      double[] constant = c[0];
      PositionBasis next = basis.withDegree(degree);
      c = new double[next.size()][grid * grid];
      c[0] = constant;
      basis = next;
    }

    /** Unit sum of the constant term; the others have zero sums. */
    private void normalise() {
      double sum = Arrays.stream(c[0]).sum();
      for (int g = 0; g < c[0].length; g++) {
        c[0][g] /= sum;
      }
    }

    private PsfFit result(Set<PsfFit.Flag> flags) {
      List<StarFit> used = usedStars();
      double chi2 = ClippedStatistics.median(used.stream().mapToDouble(s -> s.chi2).toArray());
      double[] average = {
        used.stream().mapToDouble(s -> s.x).average().orElse(0),
        used.stream().mapToDouble(s -> s.y).average().orElse(0)
      };
      Map<String, Object> notes = new LinkedHashMap<>();
      notes.put("NSTAR", used.size());
      notes.put("CHI2", chi2);
      return new PsfFit(
          new JackknifedPsf(
              config.freeCentres
                  ? centred(average, notes)
                  : model(average, notes, zeros(), zeros()),
              jackknife()),
          starResults(),
          used.size(),
          choice.degree(),
          chi2,
          flags);
    }

    private FluxJackknife jackknife() {
      double[][] modes = modes();
      double[][] changes = variation(basis).jackknife(choice);
      return FluxJackknife.of(basis, (x, y) -> fluxChanges(modes, changes, basis.at(x, y)));
    }

    /** -P dP / P P of every group, with dP = sum over modes and terms of a b M. */
    private double[] fluxChanges(double[][] modes, double[][] changes, double[] b) {
      double[] p = local(b);
      double norm = dot(p, p);
      double[] out = new double[changes.length];
      for (int m = 0; m < modes.length; m++) {
        double overlap = dot(p, modes[m]) / norm;
        for (int g = 0; g < out.length; g++) {
          for (int k = 0; k < b.length; k++) {
            out[g] -= changes[g][k * modes.length + m] * b[k] * overlap;
          }
        }
      }
      return out;
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
      return sum;
    }

    private double[] zeros() {
      return new double[basis.size()];
    }

    private PixelPsf model(
        double[] average, Map<String, Object> notes, double[] centreX, double[] centreY) {
      return new PixelPsf(
          grid, step, config.kernel, config.halfSize, basis, c, centreX, centreY, average, notes);
    }

    /** The model displaced so that its adaptive centroid lies where it is asked for. */
    private PixelPsf centred(double[] average, Map<String, Object> notes) {
      PixelPsf plain = model(average, notes, zeros(), zeros());
      int terms = basis.size();
      double[][] normal = new double[terms][terms];
      double[] sumX = new double[terms];
      double[] sumY = new double[terms];
      AdaptiveMoments moments = new AdaptiveMoments();
      Box box = stamps.imageBox();
      for (int i = 0; i < 25; i++) {
        double x = box.x0() + box.width() * (i % 5 + 0.5) / 5;
        double y = box.y0() + box.height() * (i / 5 + 0.5) / 5;
        AdaptiveMoments.Result r = moments.measure(plain.kernelImage(x, y), 0, 0, 1.5);
        double[] b = basis.at(x, y);
        for (int a = 0; a < terms && r.isOk(); a++) {
          sumX[a] += b[a] * r.x();
          sumY[a] += b[a] * r.y();
          for (int k = 0; k <= a; k++) {
            normal[a][k] += b[a] * b[k];
          }
        }
      }
      if (!SmallCholesky.factor(normal)) {
        return plain;
      }
      SmallCholesky.substitute(normal, sumX);
      SmallCholesky.substitute(normal, sumY);
      return model(average, notes, sumX, sumY);
    }

    private List<PsfFit.Star> starResults() {
      PsfFit.Star[] out = new PsfFit.Star[stamps.stars().size()];
      for (int i = 0; i < out.length; i++) {
        StampSet.Star s = stamps.stars().get(i);
        out[i] = new PsfFit.Star(s.key(), false, s.x(), s.y(), s.flux(), 0, Double.NaN);
      }
      for (StarFit s : all) {
        out[s.stamp.inputIndex()] =
            new PsfFit.Star(s.stamp.star().key(), s.used, s.x, s.y, s.flux, s.background, s.chi2);
      }
      return List.of(out);
    }
  }
}
