package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.image.Box;
import org.starbeam.modelfit.ModelFitter.Model;

/**
 * Pairs of true Sersic galaxies of all pairs of n = 1, 2 and 4 and of opposite colour, fitted
 * jointly with Sersic models: medians of the errors of flux and of the colour of the outer bands
 * (specs/04 section 9). S/N 100 in each band; of unequal pairs the fainter counts, S/N 25.
 */
class BlendGoalsTest {
  private static final double[][] COLOURS = {{0.5, 1, 1.4}, {1.2, 1, 0.7}};
  private static final double FWHM = 4;
  private static final int TRIALS = Boolean.getBoolean("starbeam.full") ? 40 : 2;
  private static final TrueGalaxies SKY = new TrueGalaxies(30, 3);
  private static final List<List<TrueGalaxies.Galaxy>> LIBRARY = SKY.library(new Random(3));

  /** Sersic models only. */
  private static ModelFitter fitter() {
    ModelFitter.Config c = ModelFitter.Config.defaults(0.2);
    return new ModelFitter(
        new ModelFitter.Config(
            c.pixelArcsec(),
            c.groupLimit(),
            c.maxPixels(),
            c.minSnr(),
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            c.pointSize(),
            c.sizeSigma(),
            c.axisRatio(),
            c.axisRatioSigma(),
            c.indexSigma()));
  }

  private record Errors(Sample flux, Sample colour) {}

  private static Errors errors(ModelFitter fitter, double separation, double ratio) {
    Errors out = new Errors(new Sample(), new Sample());
    Random random = new Random(3);
    for (int pair = 0; pair < 9; pair++) {
      for (int trial = 0; trial < TRIALS; trial++) {
        TrueGalaxies.Galaxy one = LIBRARY.get(pair / 3).get(trial % 3);
        TrueGalaxies.Galaxy two = LIBRARY.get(pair % 3).get((trial + 1 + trial / 3) % 3);
        double angle = 2 * Math.PI * random.nextDouble();
        double distance = separation * FWHM;
        int x = (int) Math.rint(distance * Math.cos(angle) + one.dx() - two.dx());
        int y = (int) Math.rint(distance * Math.sin(angle) + one.dy() - two.dy());
        double[][] fluxes = new double[2][TrueGalaxies.BANDS];
        for (int b = 0; b < TrueGalaxies.BANDS; b++) {
          fluxes[0][b] = one.flux(100, 1) * COLOURS[0][b];
          fluxes[1][b] = (ratio == 1 ? two.flux(100, 1) : one.flux(100, 1) / ratio) * COLOURS[1][b];
        }
        TrueGalaxies.Scene scene = SKY.new Scene(Box.around(0, 0, 25));
        scene.add(one, 0, 0, fluxes[0]).add(two, x, y, fluxes[1]).addNoise(random);
        List<Map<Model, ModelFit>> fits =
            scene.fit(
                fitter,
                SKY.target(one, 0, 0, 170, fluxes[0]),
                SKY.target(two, x, y, 170 / ratio, fluxes[1]));
        for (int m = ratio == 1 ? 0 : 1; m < 2; m++) {
          double[] found = fits.get(m).get(Model.SERSIC).fluxes();
          out.flux.add(found[1] / fluxes[m][1] - 1);
          out.colour.add(2.5 * Math.log10(found[0] / found[2] / (fluxes[m][0] / fluxes[m][2])));
        }
      }
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "1.1, 1, 0.015, 0.015",
    "0.8, 1, 0.03, 0.03",
    "1.1, 4, 0.04, 0.04",
    "1.6, 4, 0.04, 0.04"
  })
  void theGoalsAreReached(double separation, double ratio, double fluxLimit, double colourLimit) {
    Errors errors = errors(fitter(), separation, ratio);
    System.out.printf(
        "BlendGoalsTest: %.1f FWHM, ratio %.0f: flux %s, colour %s%n",
        separation, ratio, errors.flux, errors.colour);
    assertThat(errors.flux.surely()).isLessThan(fluxLimit);
    assertThat(errors.colour.surely()).isLessThan(colourLimit);
  }
}
