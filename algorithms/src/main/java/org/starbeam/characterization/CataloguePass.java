package org.starbeam.characterization;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.detection.SkyPositions;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.MeasurementSuite;
import org.starbeam.measurement.StandardSuite;
import org.starbeam.psf.FluxJackknife;
import org.starbeam.psf.JackknifedPsf;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfFit;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.StampSet;
import org.starbeam.streak.StreakFinder;

/**
 * The second half of every pass: a PSF fitted to chosen stars, final masks and background, and the
 * measured catalogue with its aperture corrections (specs/02 section 0.2, steps 6, 8 and 9).
 */
final class CataloguePass {
  private static final int SKY_CLEARANCE = 8;
  private static final double SAME_SOURCE = 1.5;
  private static final int NOT_SKY =
      MaskPlanes.DETECTED
          | MaskPlanes.DETECTED_NEGATIVE
          | MaskPlanes.BAD
          | MaskPlanes.SAT
          | MaskPlanes.NO_DATA
          | MaskPlanes.CR
          | MaskPlanes.STREAK;

  private final FrameCharacterizer characterizer;
  private final PsfDeterminer determiner;
  private final StampSet.Config stamps;
  private final int skySources;
  private final @Nullable StreakFinder streaks;
  private final MeasurementSuite skySuite;

  /**
   * @param streaks what finds trails; null to leave them
   */
  CataloguePass(
      FrameCharacterizer characterizer,
      PsfDeterminer determiner,
      StampSet.Config stamps,
      int skySources,
      @Nullable StreakFinder streaks) {
    this.characterizer = characterizer;
    this.determiner = determiner;
    this.stamps = stamps;
    this.skySources = skySources;
    this.streaks = streaks;
    int[] radii = characterizer.config().radii().stream().mapToInt(Integer::intValue).toArray();
    this.skySuite = StandardSuite.forced(radii);
  }

  /**
   * Aperture corrections that others have measured.
   *
   * @param known those of an earlier pass, which stay; null to measure them
   * @param standIn what stands in where they cannot be measured
   */
  record Corrections(@Nullable ApertureCorrections known, ApertureCorrections standIn) {
    static Corrections toMeasure() {
      return new Corrections(null, ApertureCorrections.none());
    }
  }

  /** Fits the PSF to the stars that are not reserved. */
  PsfFit fitPsf(FrameState frame, List<PsfStar> stars, double fwhm) {
    List<StampSet.Star> training =
        stars.stream()
            .filter(s -> !s.reserved())
            .map(s -> new StampSet.Star(s.key(), s.x(), s.y(), s.flux()))
            .toList();
    return determiner.fit(StampSet.of(frame.image(), training, stamps), fwhm);
  }

  /**
   * Final masks, background, catalogue and corrections for a PSF.
   *
   * @param sources centroids of sources, whose cores are not cosmic rays
   * @param given aperture corrections that need not or cannot be measured
   */
  Characterization catalogue(
      FrameState frame,
      PsfFit psfFit,
      List<PsfStar> stars,
      List<double[]> sources,
      Corrections given,
      long seed) {
    PsfModel psf = psfFit.model();
    characterizer.maskCosmicRays(frame, psf, sources);
    characterizer.interpolate(frame, psf);
    characterizer.subtractBackground(frame, psf);
    List<CatalogEntry> catalogue =
        new ArrayList<>(characterizer.catalogue(frame, psf, streaks, seed));
    int detections = catalogue.size();
    catalogue.addAll(sky(frame, psf, seed));
    List<MeasuredSource> used = new ArrayList<>();
    List<MeasuredSource> reserved = new ArrayList<>();
    mark(catalogue, stars, psfFit, used, reserved);
    List<String> notes = new ArrayList<>();
    psfFit.flags().forEach(flag -> notes.add("PSF: " + flag));
    if (frame.cosmicRaysVoid()) {
      notes.add("cosmic rays: too many pixels, none was masked");
    }
    if (frame.streaks().tooMany()) {
      notes.add("streaks: too many pixels, none was masked");
    }
    ApertureCorrections corrections =
        given.known == null ? corrections(frame, used, given.standIn, notes) : given.known;
    PsfFit fit = given.known == null ? corrected(psfFit, frame, used, corrections) : psfFit;
    characterizer.finish(frame, fit.model(), catalogue, corrections);
    PsfQuality quality = PsfQuality.of(psf, frame.image().box(), used, reserved);
    return new Characterization(
        frame,
        fit,
        stars,
        catalogue,
        detections,
        corrections,
        quality,
        noiseFactor(catalogue.subList(detections, catalogue.size())),
        notes);
  }

  /** The fit whose model has the error in fluxes that these stars' corrections leave. */
  private PsfFit corrected(
      PsfFit fit, FrameState frame, List<MeasuredSource> stars, ApertureCorrections corrections) {
    if (!(fit.model() instanceof JackknifedPsf psf)) {
      return fit;
    }
    try {
      FluxJackknife left = characterizer.corrected(psf.jackknife(), frame, stars, corrections);
      return fit.withModel(new JackknifedPsf(psf.model(), left));
    } catch (AlgorithmException e) {
      return fit;
    }
  }

  private ApertureCorrections corrections(
      FrameState frame,
      List<MeasuredSource> used,
      ApertureCorrections standIn,
      List<String> notes) {
    try {
      return characterizer.apertureCorrections(frame, used);
    } catch (AlgorithmException e) {
      notes.add(
          standIn.all().isEmpty()
              ? e.getMessage()
              : e.getMessage() + ": the median of the visit's other detectors stands in");
      return standIn;
    }
  }

  /** Fluxes on blank sky. */
  private List<CatalogEntry> sky(FrameState frame, PsfModel psf, long seed) {
    List<CatalogEntry> out = new ArrayList<>();
    MeasurementFrame view = new MeasurementFrame(frame.image(), psf);
    for (int[] place :
        SkyPositions.find(frame.image().mask(), NOT_SKY, skySources, SKY_CLEARANCE, seed)) {
      MeasuredSource source = MeasuredSource.at(place[0], place[1]);
      skySuite.measure(view, source);
      source.setFlag("sky_source");
      out.add(new CatalogEntry(source, -1, 0));
    }
    return out;
  }

  private static double noiseFactor(List<CatalogEntry> sky) {
    double[] flux = sky.stream().mapToDouble(e -> e.source().get(Fields.PSF_FLUX)).toArray();
    double[] err =
        sky.stream().mapToDouble(e -> e.source().get(Fields.err(Fields.PSF_FLUX))).toArray();
    return flux.length < 20
        ? Double.NaN
        : ClippedStatistics.scatter(flux) / ClippedStatistics.median(err);
  }

  /** Sets the PSF flags of the catalogue and collects the stars that were used and reserved. */
  private static void mark(
      List<CatalogEntry> catalogue,
      List<PsfStar> stars,
      PsfFit fit,
      List<MeasuredSource> used,
      List<MeasuredSource> reserved) {
    long[] shaping =
        fit.stars().stream()
            .filter(PsfFit.Star::used)
            .mapToLong(PsfFit.Star::key)
            .sorted()
            .toArray();
    for (PsfStar star : stars) {
      MeasuredSource source = nearest(catalogue, star.x(), star.y());
      if (source == null || source.flag("calib_psf_candidate")) {
        continue;
      }
      source.setFlag("calib_psf_candidate");
      if (star.reserved()) {
        source.setFlag("calib_psf_reserved");
        reserved.add(source);
      } else if (Arrays.binarySearch(shaping, star.key()) >= 0) {
        source.setFlag("calib_psf_used");
        used.add(source);
      }
    }
  }

  private static @Nullable MeasuredSource nearest(
      List<CatalogEntry> catalogue, double x, double y) {
    MeasuredSource best = null;
    double distance = SAME_SOURCE * SAME_SOURCE;
    for (CatalogEntry entry : catalogue) {
      double dx = entry.source().x() - x;
      double dy = entry.source().y() - y;
      if (entry.isLeaf() && dx * dx + dy * dy < distance) {
        distance = dx * dx + dy * dy;
        best = entry.source();
      }
    }
    return best;
  }
}
