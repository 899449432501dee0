package org.starbeam.characterization;

import java.io.Serializable;
import java.util.List;
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
  private static final double FWHM = 2.3548;

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
   * @param frame after ISR
   * @param start PSF of the earlier pass
   * @param stars its PSF stars
   * @param sources centroids {x, y} of the sources that it found
   * @param standIn aperture corrections for a frame with too few stars to measure them
   */
  public Characterization run(
      FrameState frame,
      PsfModel start,
      List<PsfStar> stars,
      List<double[]> sources,
      ApertureCorrections standIn,
      long seed) {
    characterizer.requireData(frame);
    characterizer.subtractBackground(frame, start);
    characterizer.maskCosmicRays(frame, start, sources);
    double fwhm = FWHM * FrameCharacterizer.sigmaAtCentre(frame, start);
    PsfFit fit = pass.fitPsf(frame, stars, fwhm);
    if (fit.flags().contains(PsfFit.Flag.FROM_PRIOR)) {
      fit = fit.with(start);
    }
    return pass.catalogue(
        frame, fit, stars, sources, new CataloguePass.Corrections(null, standIn), seed);
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
    List<Long> shaping = stars.stream().filter(s -> !s.reserved()).map(PsfStar::key).toList();
    return pass.catalogue(
        frame,
        PsfFit.kept(psf, shaping),
        stars,
        sources,
        new CataloguePass.Corrections(corrections, ApertureCorrections.none()),
        seed);
  }
}
