package org.starbeam.streak;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.starbeam.detection.FootprintSet;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.streak.TrailParts.Part;

/**
 * Finds the trails of satellites and aircraft on a single background-subtracted frame (specs/02
 * section 16; DMTN-197; Nir, Zackay and Ofek 2018).
 *
 * <p>Clear sources and defects are taken out ({@link SourceMask}) and what is left is binned. Lines
 * come from the edges of what stands above the noise ({@link KernelHough}) and, for what does not,
 * from sums along all lines ({@link FastRadon}), again and again until the strongest is below its
 * threshold. Each is fitted to the pixels ({@link TrailFit}), judged ({@link TrailJudge}) and, when
 * it is a trail, masked to where its model is lost in the noise ({@link TrailMask}) and taken out
 * of the map. A line that belongs to a saturated star is its spike.
 *
 * <p>The image is not changed. Pixels that are masked, NaN, or without a variance count for
 * nothing; of a frame without a good pixel nothing is found. Nothing is random and every order is
 * fixed, so the result is a function of the image. Cost: four Radon transforms of the binned image
 * for each candidate, of which there are at most {@link Config#maxCandidates} by each search.
 */
public final class StreakFinder {
  /**
   * @param enabled whether to look for trails
   * @param faint whether to look for what is nowhere above the noise too
   * @param sourceSignificance significance of the peak of sources that are taken out
   * @param bin side in pixels of the bins in which lines are looked for
   * @param psfBeta Moffat exponent of the PSF
   * @param maxCandidates lines that each search may propose
   * @param maxMasked share of the frame above which nothing is masked at all
   */
  public record Config(
      boolean enabled,
      boolean faint,
      double sourceSignificance,
      int bin,
      double psfBeta,
      int maxCandidates,
      double maxMasked,
      Hough hough,
      Radon radon,
      Fit fit,
      Accept accept)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          true,
          true,
          10,
          4,
          3,
          8,
          0.25,
          Hough.defaults(),
          Radon.defaults(),
          Fit.defaults(),
          Accept.defaults());
    }
  }

  /**
   * Search for edges.
   *
   * @param threshold of a bin in sigma
   * @param deviation of a straight chain of edge bins from its chord, bins
   * @param minSize length of a chain, pixels
   * @param minBins length of a chain, bins
   * @param minKernelHeight least height of votes for a line
   * @param groupRho distance in pixels of lines that are one
   * @param groupAngleDeg angle between lines that are one
   */
  public record Hough(
      double threshold,
      double deviation,
      int minSize,
      int minBins,
      double minKernelHeight,
      double groupRho,
      double groupAngleDeg)
      implements Serializable {
    public static Hough defaults() {
      return new Hough(3, 2, 50, 20, 5, 40, 2);
    }
  }

  /**
   * Search for sums along lines.
   *
   * @param minLength of a part of a line, pixels
   * @param threshold signal over noise of a line
   * @param cut most that a bin counts, sigma
   */
  public record Radon(double minLength, double threshold, double cut) implements Serializable {
    public static Radon defaults() {
      return new Radon(128, 8, 4);
    }
  }

  /**
   * Fit and mask.
   *
   * @param block length over which a trail is equally bright, pixels
   * @param cell length of the cells that tell where a trail ends, pixels
   * @param maxIterations of Gauss-Newton
   * @param maxSagitta pixels
   * @param maxBox width of the box that widens the PSF, pixels
   * @param bridge longest gap that is masked with what it parts, pixels
   * @param modelError error of the profile relative to its value
   * @param isophote surface brightness in sky sigma at which the mask ends
   * @param maxHalfWidth of the mask, pixels
   */
  public record Fit(
      double block,
      double cell,
      int maxIterations,
      double maxSagitta,
      double maxBox,
      double bridge,
      double modelError,
      double isophote,
      double maxHalfWidth)
      implements Serializable {
    public static Fit defaults() {
      return new Fit(64, 16, 10, 5, 60, 128, 0.1, 0.1, 100);
    }
  }

  /**
   * What is a trail.
   *
   * @param minSnr of the whole trail
   * @param maxChi2 reduced chi^2 in its band
   * @param maxBox see {@link Fit}; what is wider is no trail
   * @param minPeak least surface brightness in sky sigma of a trail up to twice as wide as the PSF,
   *     and more of a wider one by the square of its width: fringes and scattered light are broad
   *     and faint
   * @param minLength of even light, pixels
   * @param minChord the same for what crosses a corner of the frame
   * @param spikeAnglesDeg directions of the instrument's spikes from the x axis; empty for any
   * @param spikeToleranceDeg how near a spike is to one of them
   * @param spikeDistance how near a spike passes by its saturated star, pixels
   */
  public record Accept(
      double minSnr,
      double maxChi2,
      double maxBox,
      double minPeak,
      double minLength,
      double minChord,
      List<Double> spikeAnglesDeg,
      double spikeToleranceDeg,
      double spikeDistance)
      implements Serializable {
    public static Accept defaults() {
      return new Accept(8, 3, 60, 0.25, 100, 80, List.of(), 3, 3);
    }
  }

  private static final int ROUNDS = 4;

  /** How much fainter than it must be in the end a candidate may look at first. */
  private static final double FAINTER = 0.8;

  private final Config config;

  public StreakFinder(Config config) {
    this.config = config;
  }

  /**
   * @param image background-subtracted
   * @param sources what was detected on it; footprints of trails may be among them
   * @param sigmaPsf width of the PSF, FWHM / 2.3548, pixels
   * @param skySigma noise of a sky pixel
   */
  public Streaks find(MaskedImage image, FootprintSet sources, double sigmaPsf, double skySigma) {
    if (!config.enabled || image.box().isEmpty()) {
      return Streaks.NONE;
    }
    SourceMask mask = new SourceMask(config.sourceSignificance);
    Residual residual = new Residual(image, mask.of(image, sources, sigmaPsf, skySigma));
    return Double.isNaN(residual.skySigma())
        ? Streaks.NONE
        : new Search(image, residual, sigmaPsf).run();
  }

  /** Work on one frame. */
  private final class Search {
    private final Residual residual;
    private final TrailFit fit;
    private final TrailJudge judge;
    private final BinnedMap map;
    private final TrailProfile profile;
    private final List<Streak> streaks = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private final List<Double> reaches = new ArrayList<>();
    private SpanSet masked = SpanSet.EMPTY;
    private SpanSet spikes = SpanSet.EMPTY;

    Search(MaskedImage image, Residual residual, double sigmaPsf) {
      this.residual = residual;
      profile = new TrailProfile(sigmaPsf, config.psfBeta);
      fit = new TrailFit(residual, profile, config.fit, FAINTER * config.accept.minPeak);
      judge = new TrailJudge(image.mask(), profile, residual.skySigma(), config.accept);
      map = new BinnedMap(residual, config.bin, config.radon.cut);
    }

    Streaks run() {
      List<Candidate> edges = new KernelHough(config.hough).lines(map);
      edges.stream().limit(config.maxCandidates).forEach(this::accept);
      if (config.faint) {
        followRadon();
      }
      if (masked.area() > config.maxMasked * residual.box().area()) {
        return new Streaks(List.of(), SpanSet.EMPTY, true);
      }
      streaks.sort(
          Comparator.comparingDouble(Streak::snr)
              .reversed()
              .thenComparingDouble(Streak::thetaDeg)
              .thenComparingDouble(Streak::rho));
      return new Streaks(List.copyOf(streaks), spikes, false);
    }

    private void followRadon() {
      FastRadon radon = new FastRadon(config.radon.minLength);
      for (int i = 0; i < config.maxCandidates; i++) {
        Candidate candidate = radon.strongest(map);
        if (candidate == null || candidate.strength() < config.radon.threshold) {
          return;
        }
        if (!accept(candidate)) {
          map.remove(candidate.line(), candidate.from(), candidate.to(), map.bin());
        }
      }
    }

    /** Fits and judges a line; true when it was taken out of the map. */
    private boolean accept(Candidate candidate) {
      Trail trail = isKnown(candidate.line()) ? null : fit.fit(candidate);
      if (trail == null || isKnown(trail.line())) {
        return false;
      }
      Band band = Band.of(residual, trail.line(), trail.from(), trail.to(), fit.reach(trail));
      Brightness blocks = fit.brightness(band, trail, config.fit.block, ROUNDS);
      Brightness cells = fit.brightness(band, trail, config.fit.cell, ROUNDS);
      TrailParts parts = new TrailParts(trail, blocks, cells, config.fit.bridge);
      TrailJudge.Verdict verdict = judge.judge(band, trail, blocks, cells, parts);
      if (verdict == TrailJudge.Verdict.NEITHER) {
        return false;
      }
      TrailMask mask = new TrailMask(profile, config.fit, residual.skySigma(), band, trail, blocks);
      SpanSet pixels = mask.pixels(residual.box(), parts);
      double reach = mask.reach(parts);
      if (verdict == TrailJudge.Verdict.SPIKE) {
        spikes = spikes.union(pixels);
      } else {
        masked = masked.union(pixels);
        double chi2 = judge.chi2(band, trail, cells, parts);
        streaks.add(streak(candidate.source(), trail, parts, chi2, pixels));
        lines.add(trail.line());
        reaches.add(reach);
      }
      for (Part part : parts.parts()) {
        map.remove(trail.line(), part.from(), part.to(), reach);
      }
      return true;
    }

    private Streak streak(
        Streak.Source source, Trail trail, TrailParts parts, double chi2, SpanSet pixels) {
      Part first = parts.parts().get(0);
      Part last = parts.parts().get(parts.parts().size() - 1);
      double[] a = place(trail, first.from());
      double[] b = place(trail, last.to());
      return new Streak(
          source,
          trail.line().rho(),
          trail.line().thetaDeg(),
          trail.curvature(),
          a[0],
          a[1],
          b[0],
          b[1],
          first.openStart(),
          last.openEnd(),
          profile.fullWidth(trail.halfWidth()),
          parts.meanBrightness(),
          parts.snr(),
          chi2,
          pixels);
    }

    /** Position on the bent line. */
    private static double[] place(Trail trail, double s) {
      double d = trail.curvature() * s * s;
      Line line = trail.line();
      return new double[] {line.atX(s) - d * line.dy(), line.atY(s) + d * line.dx()};
    }

    /** Whether a line runs along a trail that is there already. */
    private boolean isKnown(Line line) {
      for (int i = 0; i < lines.size(); i++) {
        Line other = lines.get(i);
        double[] chord = line.clip(residual.box());
        double near = config.hough.groupRho + reaches.get(i);
        if (chord != null
            && line.angleTo(other) < config.hough.groupAngleDeg
            && distance(line, 0.5 * (chord[0] + chord[1]), other) < near) {
          return true;
        }
      }
      return false;
    }

    private static double distance(Line line, double s, Line other) {
      return Math.abs(other.across(line.atX(s), line.atY(s)));
    }
  }
}
