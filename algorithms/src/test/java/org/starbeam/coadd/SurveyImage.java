package org.starbeam.coadd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.characterization.FrameCharacterizer;
import org.starbeam.characterization.FrameState;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SeparableConvolution;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfFit;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.StampSet;
import org.starbeam.warp.NoiseCorrelation;

/**
 * An image of one band from a survey of which only the pixels are known: sky, noise and its
 * correlation are what the image shows, the PSF is that of its stars.
 *
 * @param image less its sky, with the same variance everywhere
 * @param stars number of stars that made the PSF
 */
record SurveyImage(MaskedImage image, PsfModel psf, NoiseCorrelation noise, int stars) {
  private static final int ROUNDS = 2;
  private static final double FWHM = 2.3548;

  /**
   * @param scale of the pixel values
   * @param part of the image that is taken
   */
  static SurveyImage read(Path file, double scale, Box part) {
    try (FitsReader reader = FitsReader.open(file)) {
      ImageF pixels = reader.readFloats(reader.firstImage()).view(part).copy().withOrigin(0, 0);
      for (int i = 0; i < pixels.data.length; i++) {
        pixels.data[i] *= (float) scale;
      }
      double sigma = new ClippedStatistics().of(pixels).sdClip();
      return of(pixels, (float) (sigma * sigma));
    }
  }

  private static SurveyImage of(ImageF pixels, float skyVariance) {
    ImageF variance = new ImageF(pixels.box());
    variance.fill(skyVariance);
    FrameState frame =
        new FrameState(new MaskedImage(pixels, new MaskI(pixels.box()), variance), true);
    FrameCharacterizer characterizer = new FrameCharacterizer(FrameCharacterizer.Config.defaults());
    PsfModel psf = characterizer.firstGuess(frame);
    PsfFit fit = null;
    for (int round = 0; round < ROUNDS; round++) {
      characterizer.subtractBackground(frame, psf);
      List<MeasuredSource> sources = characterizer.brightSources(frame, psf);
      int[] chosen = characterizer.selectStars(sources, new boolean[sources.size()]).indices();
      fit = psf(frame.image(), Arrays.stream(chosen).mapToObj(sources::get).toList(), psf);
      psf = fit.model();
    }
    NoiseCorrelation noise = SkyCorrelation.of(frame.image(), NoiseCorrelation.white());
    return new SurveyImage(frame.image(), psf, noise, fit.used());
  }

  private static PsfFit psf(MaskedImage image, List<MeasuredSource> stars, PsfModel before) {
    List<StampSet.Star> out = new ArrayList<>();
    for (int i = 0; i < stars.size(); i++) {
      MeasuredSource s = stars.get(i);
      out.add(new StampSet.Star(i, s.x(), s.y(), s.get(Fields.PSF_FLUX)));
    }
    StampSet.Config d = StampSet.Config.defaults();
    StampSet.Config config =
        new StampSet.Config(d.halfSize(), d.minGoodFraction(), d.badPlanes(), 0);
    return PsfDeterminer.of(PsfDeterminer.Config.defaults())
        .fit(StampSet.of(image, out, config), FWHM * sigma(before, image));
  }

  private static double sigma(PsfModel psf, MaskedImage image) {
    double[] m =
        psf.shape(
            image.box().x0() + image.box().width() / 2.0,
            image.box().y0() + image.box().height() / 2.0);
    return Math.sqrt(0.5 * (m[0] + m[1]));
  }

  /** Of the PSF at the centre, in pixels. */
  double sigma() {
    return sigma(psf, image);
  }

  /**
   * The same sky through worse seeing, whose PSF is again that of its stars. The variance, by which
   * these are chosen, stays.
   */
  SurveyImage through(double sigma) {
    ImageF blurred = SeparableConvolution.gaussian(sigma).convolve(image.image());
    return of(blurred, image.variance().data[0]);
  }
}
