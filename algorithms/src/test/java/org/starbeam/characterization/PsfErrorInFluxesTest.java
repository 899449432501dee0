package org.starbeam.characterization;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.FluxJackknife;
import org.starbeam.psf.JackknifedPsf;
import org.starbeam.psf.PiffPsf;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.S1Frame;
import org.starbeam.psf.StampSet;

/**
 * The error that a fitted PSF brings into fluxes beside the truth: S1 frames (specs/02 section 0.7)
 * and the flux that the fitted model gives a noiseless star of the true PSF. {@code
 * -Dstarbeam.s1Frames=100} takes as many frames as section 7.5 asks.
 */
class PsfErrorInFluxesTest {
  private static final int FRAMES = Integer.getInteger("starbeam.s1Frames", 12);
  private static final int PLACES = 49;
  private static final PsfDeterminer PIXELS = PsfDeterminer.of(PsfDeterminer.Config.defaults());

  /** Pixels of the aperture of 12 pixels that the calibration flux stands for. */
  private static final double APERTURE = 452;

  /** A frame, its model, and its calibration stars. */
  private static final class Fitted {
    final S1Frame frame;
    final JackknifedPsf psf;
    final List<S1Frame.Star> stars = new ArrayList<>();

    Fitted(S1Frame frame, PsfDeterminer determiner, long seed) {
      this.frame = frame;
      List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
      psf =
          (JackknifedPsf)
              determiner
                  .fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 3.6)
                  .model();
      training.forEach(s -> stars.add(frame.stars.get((int) s.key())));
    }

    /** PSF flux of a star of unit flux without noise. */
    double ratio(double x, double y) {
      ImageD p = psf.image(x, y);
      Box box = p.box();
      ImageD truth = frame.truePsf(x, y, x, y, box.width() / 2);
      double light = 0;
      double norm = 0;
      for (int j = box.y0(); j < box.y1(); j++) {
        for (int i = box.x0(); i < box.x1(); i++) {
          light += p.get(i, j) * truth.get(i, j);
          norm += p.get(i, j) * p.get(i, j);
        }
      }
      return light / norm;
    }

    /** Weights of the stars in an aperture correction without their noise. */
    double weight(S1Frame.Star star) {
      double relative = Math.sqrt(APERTURE * 436) / star.flux();
      return 1 / (relative * relative + 4e-6);
    }

    /** The stars as a catalogue has them, with noise that both fluxes share and noise of one. */
    List<MeasuredSource> measured(Random noise) {
      List<MeasuredSource> out = new ArrayList<>();
      for (S1Frame.Star star : stars) {
        double err = star.flux() / star.snr();
        double reference = Math.sqrt(star.flux() + APERTURE * 436);
        double shared = err * noise.nextGaussian();
        double own = Math.sqrt(reference * reference - err * err) * noise.nextGaussian();
        MeasuredSource source = MeasuredSource.at(star.x(), star.y());
        source.set(Fields.PSF_FLUX, star.flux() * ratio(star.x(), star.y()) + shared);
        source.set(Fields.err(Fields.PSF_FLUX), err);
        for (String flux : List.of(Fields.CALIB_FLUX, Fields.aperture(12), Fields.GAUSSIAN_FLUX)) {
          source.set(flux, star.flux() + shared + own);
          source.set(Fields.err(flux), reference);
        }
        out.add(source);
      }
      return out;
    }
  }

  /** The default one, free samples, and a profile. */
  static List<PsfDeterminer> determiners() {
    PsfDeterminer.Config config = PsfDeterminer.Config.defaults();
    return List.of(
        PIXELS,
        PsfDeterminer.of(config.withPiff(config.piff())),
        PsfDeterminer.of(
            config.withPiff(
                config.piff().with(PiffPsf.Model.MOFFAT, PiffPsf.Interpolation.POLYNOMIAL))));
  }

  private static double[] place(int k) {
    return new double[] {
      64 + 149.0 * (k % 7) + 0.37 * (k % 3) - 0.3, 64 + 149.0 * (k / 7) + 0.29 * (k % 4) - 0.4
    };
  }

  /** What a factor common to the frame does not take away. */
  @ParameterizedTest
  @MethodSource("determiners")
  void theErrorOfTheModelIsItsScatterFromFrameToFrame(PsfDeterminer determiner) {
    double[][] ratio = new double[PLACES][FRAMES];
    double sigma = 0;
    for (int f = 0; f < FRAMES; f++) {
      Fitted fitted = new Fitted(new S1Frame(f + 1), determiner, f);
      double mean = 0;
      double weights = 0;
      double[] common = new double[fitted.psf.jackknife().groups()];
      for (S1Frame.Star star : fitted.stars) {
        double w = fitted.weight(star);
        double[] r = fitted.psf.jackknife().changes(star.x(), star.y());
        mean += w * fitted.ratio(star.x(), star.y());
        weights += w;
        for (int g = 0; g < r.length; g++) {
          common[g] += w * r[g];
        }
      }
      for (int g = 0; g < common.length; g++) {
        common[g] /= weights;
      }
      FluxJackknife left =
          fitted.psf.jackknife().replacedBy((x, y) -> without(fitted.psf, common, x, y));
      for (int k = 0; k < PLACES; k++) {
        double[] p = place(k);
        ratio[k][f] = fitted.ratio(p[0], p[1]) / (mean / weights);
        sigma += left.sigma(p[0], p[1]) / FRAMES / PLACES;
      }
    }
    assertThat(scatter(ratio) / sigma).isBetween(0.8, 1.25);
  }

  private static double[] without(JackknifedPsf psf, double[] common, double x, double y) {
    double[] r = psf.jackknife().changes(x, y);
    for (int g = 0; g < r.length; g++) {
      r[g] -= common[g];
    }
    return r;
  }

  /** Root mean square over the places of the standard deviation over the frames. */
  private static double scatter(double[][] ratio) {
    double sum = 0;
    for (double[] row : ratio) {
      double mean = 0;
      for (double v : row) {
        mean += v / row.length;
      }
      for (double v : row) {
        sum += (v - mean) * (v - mean) / (row.length - 1) / ratio.length;
      }
    }
    return Math.sqrt(sum);
  }

  /** All of S1's stars, and half as many: the map over the frame then rests on the PSF. */
  @Test
  void correctedFluxesAreAsGoodAsTheErrorsOfMapAndModelSay() {
    for (int stars : new int[] {120, 50}) {
      double pulls = 0;
      double mapAlone = 0;
      for (int f = 0; f < FRAMES; f++) {
        Fitted fitted = new Fitted(new S1Frame(f + 1, 1, stars, 2 * stars), PIXELS, f);
        List<MeasuredSource> measured = fitted.measured(new Random(1000 + f));
        Box box = fitted.frame.image.box();
        ApertureCorrectionFit fit = new ApertureCorrectionFit(ApertureCorrection.Config.defaults());
        ApertureCorrections corrections = fit.fit(box, measured);
        ApertureCorrection map =
            corrections.all().stream()
                .filter(c -> c.flux().equals(Fields.PSF_FLUX))
                .findFirst()
                .orElseThrow();
        PsfModel psf =
            new JackknifedPsf(
                fitted.psf.model(),
                fit.corrected(fitted.psf.jackknife(), box, measured, corrections));
        for (int k = 0; k < PLACES; k++) {
          double[] p = place(k);
          double factor = map.evaluate(p[0], p[1]);
          double error = factor * fitted.ratio(p[0], p[1]) - 1;
          double ofMap = map.error(p[0], p[1]) / factor;
          double ofModel = psf.fluxErrFraction(p[0], p[1]);
          pulls += error * error / (ofMap * ofMap + ofModel * ofModel) / FRAMES / PLACES;
          mapAlone += error * error / (ofMap * ofMap) / FRAMES / PLACES;
        }
      }
      assertThat(Math.sqrt(pulls)).as("%d stars", stars).isBetween(0.8, 1.15);
      assertThat(pulls).isLessThan(mapAlone);
    }
  }
}
