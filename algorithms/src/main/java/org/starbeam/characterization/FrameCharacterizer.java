package org.starbeam.characterization;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starbeam.background.BackgroundList;
import org.starbeam.background.MeshBackground;
import org.starbeam.background.SourceFreeBackground;
import org.starbeam.cosmicray.CosmicRays;
import org.starbeam.cosmicray.GradientCosmicRayFinder;
import org.starbeam.cosmicray.LaplacianCosmicRayFinder;
import org.starbeam.cosmicray.PsfFalloff;
import org.starbeam.cosmicray.PsfStarVeto;
import org.starbeam.deblend.SymmetricDeblender;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.Peak;
import org.starbeam.detection.SignificanceMap;
import org.starbeam.detection.SpanDetector;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.LineInterpolator;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.measurement.CatalogMaker;
import org.starbeam.measurement.Centroid;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.MeasurementSuite;
import org.starbeam.measurement.StandardSuite;
import org.starbeam.psf.FluxJackknife;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.StarSelector;
import org.starbeam.streak.StreakFinder;
import org.starbeam.streak.Streaks;

/**
 * The steps that every pass over a single frame shares (specs/02 section 0.2): background, cosmic
 * rays, stars, PSF, catalogue, aperture corrections. A pass is the order in which it calls them.
 */
public final class FrameCharacterizer {
  /**
   * @param background background with sources masked
   * @param detection sources of the catalogue
   * @param starThreshold significance of sources that PSF stars are taken from
   * @param stars choice of PSF stars
   * @param cosmicRays cosmic-ray finder
   * @param laplacianCosmicRays cosmic rays by their Laplacian instead, without PSF and star veto;
   *     default false
   * @param deblender single-frame deblender
   * @param centroid centroids
   * @param apertureCorrection maps of aperture corrections
   * @param radii apertures of the catalogue in pixels
   * @param psfRounds rounds of star selection and PSF fit
   * @param minGoodFraction share of pixels with data that a frame needs
   */
  public record Config(
      SourceFreeBackground.Config background,
      SpanDetector.Config detection,
      double starThreshold,
      StarSelector.Config stars,
      GradientCosmicRayFinder.Config cosmicRays,
      boolean laplacianCosmicRays,
      SymmetricDeblender.Config deblender,
      Centroid.Config centroid,
      ApertureCorrection.Config apertureCorrection,
      List<Integer> radii,
      int psfRounds,
      double minGoodFraction)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          SourceFreeBackground.Config.defaults(),
          SpanDetector.Config.defaults(),
          10,
          StarSelector.Config.defaults(),
          GradientCosmicRayFinder.Config.defaults(),
          false,
          SymmetricDeblender.Config.defaults(),
          Centroid.Config.defaults(),
          ApertureCorrection.Config.defaults(),
          List.of(3, 6, 9, 12, 17, 25),
          2,
          0.005);
    }

    /** The same with other apertures. */
    public Config withRadii(List<Integer> others) {
      return new Config(
          background,
          detection,
          starThreshold,
          stars,
          cosmicRays,
          laplacianCosmicRays,
          deblender,
          centroid,
          apertureCorrection,
          others,
          psfRounds,
          minGoodFraction);
    }
  }

  /** Width that the first cosmic-ray pass assumes, in guesses: never broader than the data. */
  private static final double SAFE_WIDTH = 0.85;

  private final Config config;
  private final SourceFreeBackground background;
  private final SpanDetector detector;
  private final CatalogMaker catalogMaker;
  private final MeasurementSuite suite;
  private final MeasurementSuite starSuite;
  private final StarSelector selector;

  public FrameCharacterizer(Config config) {
    this.config = config;
    background = new SourceFreeBackground(config.background);
    detector = new SpanDetector(config.detection);
    int[] radii = config.radii.stream().mapToInt(Integer::intValue).toArray();
    suite = StandardSuite.catalogue(config.centroid, radii);
    starSuite = StandardSuite.stars(config.centroid);
    catalogMaker = new CatalogMaker(new SymmetricDeblender(config.deblender), suite);
    selector = new StarSelector(config.stars);
  }

  public Config config() {
    return config;
  }

  /**
   * @throws AlgorithmException {@code NO_GOOD_PIXELS} when almost nothing of the frame has data
   */
  public void requireData(FrameState frame) {
    int good = 0;
    for (int bits : frame.counts().mask().data) {
      good += (bits & (MaskPlanes.NO_DATA | MaskPlanes.BAD)) == 0 ? 1 : 0;
    }
    int all = frame.counts().box().area();
    if (good < config.minGoodFraction * all) {
      throw new AlgorithmException(
          "NO_GOOD_PIXELS", good + " of " + all + " pixels of the frame have data");
    }
  }

  /**
   * A round PSF of about the right width, and a first background.
   *
   * @throws AlgorithmException {@code NO_STARS} when nothing in the frame is bright enough
   */
  public GaussianPsf firstGuess(FrameState frame) {
    MeshBackground.Config mesh = config.background.mesh();
    frame.setBackground(
        BackgroundList.empty().plus(new MeshBackground(mesh).fit(frame.counts())), 1);
    double sigma = SeeingGuess.sigma(frame.image());
    if (!(sigma > 0)) {
      throw new AlgorithmException(
          "NO_STARS", "no bright, unsaturated, single source from which to guess the seeing");
    }
    return new GaussianPsf(sigma);
  }

  /** Estimates the background anew with the sources masked and subtracts it. */
  public void subtractBackground(FrameState frame, PsfModel psf) {
    SourceFreeBackground.Result result =
        background.estimate(frame.counts(), sigmaAtCentre(frame, psf));
    frame.setBackground(BackgroundList.empty().plus(result.background()), result.skySigma());
  }

  /** Masks cosmic rays with a width that is surely not broader than the PSF. */
  public void maskCosmicRays(FrameState frame, GaussianPsf guess) {
    if (!frame.isDetrended()) {
      PsfFalloff.Field safe = PsfFalloff.gaussian(SAFE_WIDTH * guess.sigma());
      mark(
          frame,
          find(frame.image(), GaussianWidth.FWHM_PER_SIGMA * guess.sigma(), safe, event -> false));
    }
  }

  /**
   * Masks cosmic rays anew with the PSF, giving back events that are stars. Bright stars whose
   * whole core was given back become SUSPECT.
   *
   * @param sources centroids {x, y} of detected sources
   */
  public void maskCosmicRays(FrameState frame, PsfModel psf, List<double[]> sources) {
    if (frame.isDetrended()) {
      return;
    }
    clear(frame.counts(), MaskPlanes.CR);
    PsfStarVeto veto = new PsfStarVeto(PsfStarVeto.Config.defaults(), frame.image(), psf, sources);
    double fwhm = GaussianWidth.FWHM_PER_SIGMA * sigmaAtCentre(frame, psf);
    CosmicRays found = find(frame.image(), fwhm, PsfFalloff.of(psf), veto);
    mark(frame, found);
    found.vetoed().stream()
        .filter(veto::isWholeCore)
        .forEach(core -> core.setMask(frame.counts().mask(), MaskPlanes.SUSPECT));
  }

  private CosmicRays find(
      MaskedImage image, double fwhm, PsfFalloff.Field falloff, Predicate<SpanSet> veto) {
    return config.laplacianCosmicRays
        ? new LaplacianCosmicRayFinder(LaplacianCosmicRayFinder.Config.forFwhm(fwhm)).find(image)
        : new GradientCosmicRayFinder(config.cosmicRays.forFwhm(fwhm)).find(image, falloff, veto);
  }

  private static void mark(FrameState frame, CosmicRays found) {
    if (!found.tooMany()) {
      found.setMask(frame.counts().mask());
    }
    frame.setCosmicRays(found.tooMany() ? 0 : found.pixels(), found.tooMany());
  }

  /** Fills defects, saturated pixels and cosmic rays, keeping what was there. */
  public void interpolate(FrameState frame, PsfModel psf) {
    LineInterpolator interpolator =
        new LineInterpolator(
            LineInterpolator.Config.forFwhm(
                GaussianWidth.FWHM_PER_SIGMA * sigmaAtCentre(frame, psf)));
    frame.setInterpolation(interpolator.fill(frame.counts()));
  }

  /** Bright sources, every peak measured as it stands, for the choice of PSF stars. */
  public List<MeasuredSource> brightSources(FrameState frame, PsfModel psf) {
    SpanDetector bright = new SpanDetector(config.detection.withThreshold(config.starThreshold));
    FootprintSet found = bright.detect(frame.image(), psf, SpanDetector.Polarity.POSITIVE);
    MeasurementFrame view = new MeasurementFrame(frame.image(), psf);
    List<MeasuredSource> out = new ArrayList<>();
    for (Footprint footprint : found.footprints()) {
      for (Peak peak : footprint.peaks()) {
        MeasuredSource source = new MeasuredSource(peak, footprint);
        starSuite.measure(view, source);
        source.setFlag("blended", footprint.peaks().size() > 1);
        out.add(source);
      }
    }
    return out;
  }

  /**
   * The PSF stars among measured sources.
   *
   * @param matched which of the sources the reference catalogue calls stars
   */
  public StarSelector.Selection selectStars(List<MeasuredSource> sources, boolean[] matched) {
    List<StarSelector.Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      candidates.add(candidate(sources.get(i), matched[i]));
    }
    return selector.select(candidates);
  }

  private static StarSelector.Candidate candidate(MeasuredSource s, boolean matched) {
    double flux = s.get(Fields.PSF_FLUX);
    double size = Math.sqrt(0.5 * (s.get(Fields.IXX) + s.get(Fields.IYY)));
    return new StarSelector.Candidate(
        s.x(), s.y(), flux, flux / s.get(Fields.err(Fields.PSF_FLUX)), size, isClean(s), matched);
  }

  /** Whether nothing speaks against a source as a PSF star but its neighbours and its size. */
  static boolean isClean(MeasuredSource s) {
    return !s.flag("blended")
        && !s.flag(Fields.flag(Fields.CENTROID))
        && !s.flag(Fields.flag(Fields.SHAPE))
        && !s.flag(Fields.flag(Fields.PSF_FLUX))
        && !s.flag(Fields.flag(Fields.PSF_FLUX, "edge"))
        && !s.flag(Fields.pixelFlag("edge"))
        && !s.flag(Fields.pixelFlag("nodata"))
        && !s.flag(Fields.pixelFlag("saturated"))
        && !s.flag(Fields.pixelFlag("suspect"))
        && !s.flag(Fields.pixelFlag("bad"))
        && !s.flag(Fields.pixelFlag("crCenter"))
        && !s.flag(Fields.pixelFlag("interpolatedCenter"))
        && !s.flag(Fields.pixelFlag("streak"));
  }

  /**
   * Detects, deblends and measures everything; sets DETECTED, DETECTED_NEGATIVE and EDGE, and
   * STREAK and SPIKE where trails are looked for.
   *
   * @param streaks what finds trails; null to leave them
   */
  public List<CatalogEntry> catalogue(
      FrameState frame, PsfModel psf, @Nullable StreakFinder streaks, long seed) {
    MaskedImage image = frame.image();
    clear(image, MaskPlanes.DETECTED | MaskPlanes.DETECTED_NEGATIVE | MaskPlanes.NOT_DEBLENDED);
    SignificanceMap map = detector.significance(image, psf);
    FootprintSet found = detector.detect(map, SpanDetector.Polarity.POSITIVE);
    if (streaks != null) {
      maskStreaks(frame, psf, found, streaks);
    }
    SpanDetector.markEdge(image.mask(), map);
    found.setMask(image.mask(), MaskPlanes.DETECTED);
    detector
        .detect(map, SpanDetector.Polarity.NEGATIVE)
        .setMask(image.mask(), MaskPlanes.DETECTED_NEGATIVE);
    return catalogMaker.measure(image, psf, found, seed);
  }

  private static void maskStreaks(
      FrameState frame, PsfModel psf, FootprintSet sources, StreakFinder finder) {
    clear(frame.image(), MaskPlanes.STREAK | MaskPlanes.SPIKE);
    Streaks found =
        finder.find(frame.image(), sources, sigmaAtCentre(frame, psf), frame.skySigma());
    found.setMask(frame.image().mask());
    frame.setStreaks(found);
  }

  /**
   * Applies corrections to a catalogue, adds the PSF's own error to that of its fluxes, and derives
   * what needs corrected fluxes.
   */
  public void finish(
      FrameState frame,
      PsfModel psf,
      List<CatalogEntry> catalogue,
      ApertureCorrections corrections) {
    MeasurementFrame view = new MeasurementFrame(frame.image(), psf);
    for (CatalogEntry entry : catalogue) {
      corrections.apply(entry.source());
      addModelError(entry.source(), psf);
      suite.finish(view, entry.source());
    }
  }

  private static void addModelError(MeasuredSource source, PsfModel psf) {
    double flux = source.get(Fields.PSF_FLUX);
    double modelErr = Math.abs(flux) * psf.fluxErrFraction(source.x(), source.y());
    String err = Fields.err(Fields.PSF_FLUX);
    source.set(err, Math.hypot(source.get(err), modelErr));
    source.set(Fields.PSF_FLUX_MODEL_ERR, modelErr);
  }

  /** What the PSF's error in fluxes is after the aperture correction of the same stars. */
  FluxJackknife corrected(
      FluxJackknife jackknife,
      FrameState frame,
      List<MeasuredSource> stars,
      ApertureCorrections corrections) {
    return new ApertureCorrectionFit(config.apertureCorrection)
        .corrected(jackknife, frame.image().box(), stars, corrections);
  }

  /**
   * Aperture corrections from the PSF stars of a catalogue: the compensated flux is normalised to
   * the 12 pixel aperture, the others are brought onto it.
   *
   * @throws AlgorithmException {@code APCORR_TOO_FEW_STARS}
   */
  public ApertureCorrections apertureCorrections(FrameState frame, List<MeasuredSource> stars) {
    return new ApertureCorrectionFit(config.apertureCorrection).fit(frame.image().box(), stars);
  }

  private static void clear(MaskedImage image, int planes) {
    int[] mask = image.mask().data;
    for (int i = 0; i < mask.length; i++) {
      mask[i] &= ~planes;
    }
  }

  static double sigmaAtCentre(FrameState frame, PsfModel psf) {
    double x = frame.counts().box().x0() + (frame.counts().box().width() - 1) / 2.0;
    double y = frame.counts().box().y0() + (frame.counts().box().height() - 1) / 2.0;
    double[] shape = psf.shape(x, y);
    return Math.sqrt(0.5 * (shape[0] + shape[1]));
  }
}
