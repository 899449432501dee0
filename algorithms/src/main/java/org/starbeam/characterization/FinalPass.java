package org.starbeam.characterization;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.starbeam.image.GaussianWidth;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfFit;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.StampSet;
import org.starbeam.streak.StreakFinder;

/**
 * Final pass over a frame, P2 of specs/02 section 0.2: starts from the PSF and the stars that an
 * earlier pass left, masks and background are made anew, the PSF is fitted again and the catalogue
 * measured in full.
 */
public final class FinalPass {

  /**
   * @param frame the shared steps
   * @param stamps stamps of PSF stars
   * @param skySources number of places of blank sky that are measured
   * @param streaks trails of satellites and aircraft
   */
  public record Config(
      FrameCharacterizer.Config frame,
      StampSet.Config stamps,
      int skySources,
      StreakFinder.Config streaks)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          FrameCharacterizer.Config.defaults().withRadii(List.of(3, 6, 9, 12, 17, 25, 35, 50, 70)),
          StampSet.Config.defaults(),
          100,
          StreakFinder.Config.defaults());
    }
  }

  private final FrameCharacterizer characterizer;
  private final CataloguePass pass;

  public FinalPass(Config config, PsfDeterminer determiner) {
    characterizer = new FrameCharacterizer(config.frame);
    pass =
        new CataloguePass(
            characterizer,
            determiner,
            config.stamps,
            config.skySources,
            new StreakFinder(config.streaks));
  }

  /**
   * What the earlier pass or the visit gives.
   *
   * @param psf its PSF
   * @param corrections its aperture corrections, which stay where its PSF stays
   * @param standIn aperture corrections for a frame with too few stars to measure them
   */
  public record Start(PsfModel psf, ApertureCorrections corrections, ApertureCorrections standIn) {}

  /**
   * The pass with a fit. Where the fitted PSF describes the reserved stars worse than that of the
   * earlier pass ({@link PassGuard}), the earlier one stays, with its aperture corrections and a
   * note.
   *
   * @param frame after ISR
   * @param stars the PSF stars
   * @param sources centroids {x, y} of the sources that the earlier pass found
   */
  public Characterization run(
      FrameState frame, Start start, List<PsfStar> stars, List<double[]> sources, long seed) {
    List<PsfStar> given = PsfStarList.withEnoughTraining(stars);
    characterizer.requireData(frame);
    characterizer.subtractBackground(frame, start.psf);
    characterizer.maskCosmicRays(frame, start.psf, sources);
    double fwhm = GaussianWidth.FWHM_PER_SIGMA * FrameCharacterizer.sigmaAtCentre(frame, start.psf);
    PsfFit fit = pass.fitPsf(frame, given, fwhm);
    if (fit.flags().contains(PsfFit.Flag.FROM_PRIOR)) {
      fit = fit.with(start.psf);
    }
    PassGuard.Verdict verdict =
        PassGuard.judge(
            PassQuality.of(characterizer, frame, fit.model(), given),
            PassQuality.of(characterizer, frame, start.psf, given),
            seed);
    if (!verdict.keepsEarlier()) {
      var measured = new CataloguePass.Corrections(null, start.standIn);
      return pass.catalogue(frame, fit, given, sources, measured, seed);
    }
    Characterization kept =
        pass.catalogue(
            frame,
            PsfFit.kept(start.psf, shaping(given)),
            given,
            sources,
            new CataloguePass.Corrections(
                start.corrections.all().isEmpty() ? null : start.corrections, start.standIn),
            seed);
    return kept.withNote(
        String.format(
            Locale.ROOT,
            "PSF: the new one is worse on %d reserved stars (log %.2f +- %.2f), that of the"
                + " earlier pass stays",
            verdict.stars(),
            verdict.loss(),
            verdict.error()));
  }

  /**
   * The pass without a fit, for graphs with one characterization (specs/02 section 0.3): PSF and
   * aperture corrections stay as the earlier pass left them, masks, background and catalogue are
   * made in full.
   *
   * @param psf PSF of the earlier pass
   * @param stars its PSF stars
   * @param sources centroids {x, y} of the sources that it found
   * @param corrections its aperture corrections
   */
  public Characterization promote(
      FrameState frame,
      PsfModel psf,
      List<PsfStar> stars,
      List<double[]> sources,
      ApertureCorrections corrections,
      long seed) {
    characterizer.requireData(frame);
    characterizer.subtractBackground(frame, psf);
    return pass.catalogue(
        frame,
        PsfFit.kept(psf, shaping(stars)),
        stars,
        sources,
        new CataloguePass.Corrections(corrections, ApertureCorrections.none()),
        seed);
  }

  private static List<Long> shaping(List<PsfStar> stars) {
    return stars.stream().filter(s -> !s.reserved()).map(PsfStar::key).toList();
  }
}
