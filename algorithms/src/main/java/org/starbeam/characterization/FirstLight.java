package org.starbeam.characterization;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.AstrometrySolver;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.astrometry.StarList;
import org.starbeam.astrometry.StarMatches;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.GaussianWidth;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfFit;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.Reservation;
import org.starbeam.psf.StampSet;
import org.starbeam.psf.StarSelector;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/**
 * First pass over a frame, P1 of specs/02 section 0.2: nothing is known but the pixels, about where
 * the telescope pointed, and a reference catalogue. The match to the catalogue comes before the
 * PSF, so that its stars are the PSF stars.
 */
public final class FirstLight {
  /**
   * @param frame the shared steps
   * @param astrometry match and WCS fit
   * @param stamps stamps of PSF stars
   * @param widthTolerance relative change of the PSF's width at which rounds end
   * @param skySources number of places of blank sky that are measured
   */
  public record Config(
      FrameCharacterizer.Config frame,
      AstrometrySolver.Config astrometry,
      StampSet.Config stamps,
      double widthTolerance,
      int skySources)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          FrameCharacterizer.Config.defaults(),
          AstrometrySolver.Config.defaults(),
          StampSet.Config.defaults(),
          2e-3,
          100);
    }
  }

  /**
   * @param frame after ISR
   * @param initial WCS from camera and pointing, or of a calibrated file
   * @param trusted whether the initial WCS is good enough when there is no match
   * @param references at the epoch of the exposure
   * @param seed of the noise that replaces neighbours
   */
  public record Inputs(
      FrameState frame,
      Wcs initial,
      boolean trusted,
      ReferenceStars references,
      String band,
      double exposureSeconds,
      long seed) {}

  /**
   * @param characterization pixels, PSF, catalogue
   * @param wcs fitted, or the initial one
   * @param solution the fit; null when the initial WCS had to do
   * @param referenceOf row in the reference stars of each catalogue row, -1 for none
   * @param missing models that were not to be had, and why; a missing WCS is the initial one
   */
  public record Result(
      Characterization characterization,
      Wcs wcs,
      AstrometrySolver.@Nullable Solution solution,
      int[] referenceOf,
      Map<FrameModel, String> missing) {}

  /** Width of the PSF that a frame without stars is searched with, pixels. */
  private static final double BLIND_SIGMA = 1.5;

  private static final double MATCH_RADIUS_ARCSEC = 1;

  private final Config config;
  private final FrameCharacterizer characterizer;
  private final CataloguePass pass;
  private final AstrometrySolver solver;

  public FirstLight(Config config, PsfDeterminer determiner) {
    this.config = config;
    characterizer = new FrameCharacterizer(config.frame);
    pass = new CataloguePass(characterizer, determiner, config.stamps, config.skySources, null);
    solver = new AstrometrySolver(config.astrometry);
  }

  /**
   * @throws AlgorithmException {@code NO_GOOD_PIXELS} when the frame has no data
   */
  public Result run(Inputs in) {
    FrameState frame = in.frame;
    characterizer.requireData(frame);
    Map<FrameModel, String> missing = new EnumMap<>(FrameModel.class);
    GaussianPsf guess = guess(frame, missing);
    characterizer.maskCosmicRays(frame, guess);
    PsfModel psf = guess;
    List<MeasuredSource> sources = List.of();
    List<PsfStar> stars = List.of();
    PsfFit fit = null;
    Sky sky = new Sky(in.initial, null, "");
    for (int round = 0; round < config.frame.psfRounds(); round++) {
      double width = FrameCharacterizer.sigmaAtCentre(frame, psf);
      characterizer.subtractBackground(frame, psf);
      sources = characterizer.brightSources(frame, psf);
      sky = solve(in, sources);
      stars = chooseStars(in, sky, sources);
      fit = pass.fitPsf(frame, stars, GaussianWidth.FWHM_PER_SIGMA * width);
      psf = fit.model();
      double change = Math.abs(FrameCharacterizer.sigmaAtCentre(frame, psf) - width);
      if (round > 0 && change < config.widthTolerance * width) {
        break;
      }
    }
    if (fit == null) {
      throw new IllegalArgumentException("psfRounds must be at least 1");
    }
    List<double[]> centroids = sources.stream().map(s -> new double[] {s.x(), s.y()}).toList();
    Characterization result =
        pass.catalogue(
            frame, fit, stars, centroids, CataloguePass.Corrections.toMeasure(), in.seed);
    if (result.corrections().all().isEmpty()) {
      missing.put(FrameModel.APERTURE_CORRECTIONS, "too few stars");
    }
    return finish(in, sky, result, missing);
  }

  private GaussianPsf guess(FrameState frame, Map<FrameModel, String> missing) {
    try {
      return characterizer.firstGuess(frame);
    } catch (AlgorithmException e) {
      missing.put(FrameModel.PSF, e.getMessage());
      return new GaussianPsf(BLIND_SIGMA);
    }
  }

  /** WCS with the catalogue's centroids, and which row is which reference star. */
  private Result finish(
      Inputs in, Sky first, Characterization result, Map<FrameModel, String> missing) {
    List<MeasuredSource> leaves = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < result.detections(); i++) {
      CatalogEntry entry = result.catalogue().get(i);
      if (entry.isLeaf() && isGood(entry.source())) {
        leaves.add(entry.source());
        rows.add(i);
      }
    }
    Sky second = first.solution == null && in.trusted ? first : solve(in, leaves);
    Sky sky = second.solution == null ? first : second;
    if (!sky.isPlaced()) {
      missing.put(FrameModel.WCS, sky.trouble);
    }
    Set<PsfFit.Flag> flags = result.psfFit().flags();
    if (flags.contains(PsfFit.Flag.FROM_PRIOR)
        || (flags.contains(PsfFit.Flag.MOFFAT_FROM_STARS) && !sky.isPlaced())) {
      missing.putIfAbsent(FrameModel.PSF, "no star that is known to be one");
    }
    int[] referenceOf = new int[result.catalogue().size()];
    Arrays.fill(referenceOf, -1);
    StarMatches matches = matches(in, sky, leaves);
    for (int k = 0; k < matches.size(); k++) {
      referenceOf[rows.get(matches.source()[k])] = matches.reference()[k];
    }
    return new Result(result, sky.wcs, sky.solution, referenceOf, missing);
  }

  /**
   * A WCS and where it is from.
   *
   * @param trouble why there is none but the initial one, which is not to be trusted; else empty
   */
  private record Sky(Wcs wcs, AstrometrySolver.@Nullable Solution solution, String trouble) {
    boolean isPlaced() {
      return trouble.isEmpty();
    }
  }

  /** Pairs of sources and reference stars; none where the WCS is not known. */
  private static StarMatches matches(Inputs in, Sky sky, List<MeasuredSource> sources) {
    return sky.isPlaced()
        ? AstrometrySolver.byNearness(list(sources), sky.wcs, in.references, MATCH_RADIUS_ARCSEC)
        : new StarMatches(new int[0], new int[0]);
  }

  private Sky solve(Inputs in, List<MeasuredSource> sources) {
    List<MeasuredSource> good = sources.stream().filter(FirstLight::isGood).toList();
    try {
      AstrometrySolver.Solution solution =
          solver.solve(
              list(good),
              in.initial,
              in.frame.image().box(),
              in.references,
              in.band,
              in.exposureSeconds);
      return new Sky(solution.fit().wcs(), solution, "");
    } catch (AlgorithmException e) {
      return new Sky(in.initial, null, in.trusted ? "" : String.valueOf(e.getMessage()));
    }
  }

  /** Whether a position is good enough for astrometry. */
  private static boolean isGood(MeasuredSource s) {
    return !s.flag(Fields.flag(Fields.CENTROID))
        && !s.flag(Fields.flag(Fields.PSF_FLUX))
        && !s.flag(Fields.pixelFlag("saturatedCenter"))
        && !s.flag(Fields.pixelFlag("edge"))
        && !s.flag(Fields.pixelFlag("crCenter"))
        && !s.flag(Fields.pixelFlag("interpolatedCenter"))
        && s.get(Fields.PSF_FLUX) > 10 * s.get(Fields.err(Fields.PSF_FLUX));
  }

  private static StarList list(List<MeasuredSource> sources) {
    return new StarList(
        sources.stream().mapToDouble(MeasuredSource::x).toArray(),
        sources.stream().mapToDouble(MeasuredSource::y).toArray(),
        sources.stream().mapToDouble(s -> s.get(Fields.X_ERR)).toArray(),
        sources.stream().mapToDouble(s -> s.get(Fields.PSF_FLUX)).toArray(),
        sources.stream().mapToDouble(s -> s.get(Fields.err(Fields.PSF_FLUX))).toArray());
  }

  private List<PsfStar> chooseStars(Inputs in, Sky sky, List<MeasuredSource> sources) {
    StarMatches matches = matches(in, sky, sources);
    int[] reference = new int[sources.size()];
    Arrays.fill(reference, -1);
    for (int k = 0; k < matches.size(); k++) {
      reference[matches.source()[k]] = matches.reference()[k];
    }
    boolean[] matched = new boolean[reference.length];
    for (int i = 0; i < matched.length; i++) {
      matched[i] = reference[i] >= 0;
    }
    StarSelector.Selection selection = characterizer.selectStars(sources, matched);
    List<PsfStar> stars = new ArrayList<>();
    for (int i : selection.indices()) {
      MeasuredSource s = sources.get(i);
      SkyPoint place = sky.wcs.toSky(s.x(), s.y());
      long key =
          matched[i]
              ? in.references.id(reference[i])
              : Reservation.skyKey(place.raDeg(), place.decDeg());
      stars.add(
          new PsfStar(key, s.x(), s.y(), s.get(Fields.PSF_FLUX), Reservation.isReserved(key)));
    }
    return PsfStarList.withEnoughTraining(stars);
  }
}
