package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.image.Box;
import org.starbeam.modelfit.ModelFit.Flag;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.warp.NoiseCorrelation;

/** Scenes of galaxies in three bands, made with the mixtures of the fit and white noise. */
class ModelFitterTest {
  private static final double[] SEEING = {1.9, 1.6, 1.5};
  private static final double[] TAPS = {0.25, 0.5, 0.25};
  private static final Box BOX = new Box(0, 0, 61, 61);
  private static final ModelFitter FITTER = new ModelFitter(ModelFitter.Config.defaults(0.2));

  private static PsfMixture psf(int band) {
    double s = SEEING[band];
    return PsfMixture.exact(
        new PsfMixture.Component(0.8, new EllipseShape(s, 1.02 * s, 0.01)),
        new PsfMixture.Component(0.2, new EllipseShape(2 * s, 2 * s, 0)));
  }

  /** Pixels of a scene. */
  private static final class Scene {
    final double[][] data = new double[SEEING.length][BOX.area()];
    double sigma = 1;
    NoiseCorrelation correlation = NoiseCorrelation.white();

    void add(SourceModel model, double... fluxes) {
      SourceModel.Component c = model.components().get(0);
      for (int b = 0; b < SEEING.length; b++) {
        double[][] plane = new double[1][BOX.area()];
        new GaussianRenderer(BOX)
            .add(plane, model.x(), model.y(), c.gaussians(), c.shape(), psf(b));
        for (int p = 0; p < plane[0].length; p++) {
          data[b][p] += fluxes[b] * plane[0][p];
        }
      }
    }

    void addNoise(Random random) {
      for (double[] band : data) {
        for (int p = 0; p < band.length; p++) {
          band[p] += sigma * random.nextGaussian();
        }
      }
    }

    /** Noise that two passes of (1, 2, 1) / 4 have smoothed, sigma 1 in a pixel. */
    void addSmoothNoise(Random random) {
      int width = BOX.width();
      for (double[] band : data) {
        double[] white = new double[BOX.area()];
        for (int p = 0; p < white.length; p++) {
          white[p] = random.nextGaussian() / 0.375;
        }
        for (int y = 1; y < BOX.height() - 1; y++) {
          for (int x = 1; x < width - 1; x++) {
            double sum = 0;
            for (int j = -1; j <= 1; j++) {
              for (int i = -1; i <= 1; i++) {
                sum += TAPS[j + 1] * TAPS[i + 1] * white[(y + j) * width + x + i];
              }
            }
            band[y * width + x] += sum;
          }
        }
      }
      int side = 2 * NoiseCorrelation.MAX_LAG + 1;
      double[] covariance = new double[side * side];
      double[] axis = {0.375, 0.25, 0.0625, 0, 0, 0};
      for (int j = 0; j < side; j++) {
        for (int i = 0; i < side; i++) {
          int dy = Math.abs(j - NoiseCorrelation.MAX_LAG);
          int dx = Math.abs(i - NoiseCorrelation.MAX_LAG);
          covariance[j * side + i] = axis[dy] * axis[dx];
        }
      }
      correlation = NoiseCorrelation.measured(covariance);
    }

    BandPixels pixels(int band, Box box) {
      double[] values = new double[box.area()];
      double[] weight = new double[box.area()];
      double[] variance = new double[box.area()];
      Arrays.fill(weight, 1 / (sigma * sigma));
      Arrays.fill(variance, sigma * sigma);
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          values[(y - box.y0()) * box.width() + x - box.x0()] = data[band][y * BOX.width() + x];
        }
      }
      return new BandPixels(box, values, weight, variance, psf(band), correlation);
    }

    List<Map<Model, ModelFit>> fit(ModelTarget... targets) {
      return FITTER.fit(SEEING.length, this::pixels, BOX, List.of(targets));
    }
  }

  /** What a measurement before the fit would say. */
  private static ModelTarget target(SourceModel m, double snr, double... fluxes) {
    EllipseShape s = m.components().get(0).shape();
    double p = SEEING[1] * SEEING[1];
    EllipseShape seen =
        s == null
            ? new EllipseShape(SEEING[1], SEEING[1], 0)
            : EllipseShape.ofMoments(0.6 * s.xx() + p, 0.6 * s.xy(), 0.6 * s.yy() + p);
    return new ModelTarget(m.x() + 0.2, m.y() - 0.1, seen, fluxes, snr);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pullsAreThoseOfTheNoise(boolean correlated) {
    Random random = new Random(11);
    List<Double> flux = new ArrayList<>();
    List<Double> centre = new ArrayList<>();
    List<Double> radius = new ArrayList<>();
    List<Double> together = new ArrayList<>();
    EllipseShape shape = new EllipseShape(3, 2.4, 0.25);
    double bright = correlated ? 3 : 1;
    for (int trial = 0; trial < 120; trial++) {
      Scene scene = new Scene();
      SourceModel truth = SourceModel.fixed(30.2 + random.nextDouble(), 30.4, shape, 1);
      double[] fluxes = {400 * bright, 600 * bright, 500 * bright};
      scene.add(truth, fluxes);
      if (correlated) {
        scene.addSmoothNoise(random);
      } else {
        scene.addNoise(random);
      }
      ModelFit fit = scene.fit(target(truth, 60, fluxes)).get(0).get(Model.EXPONENTIAL);
      assertThat(fit).isNotNull();
      EllipseShape found = fit.model().components().get(0).shape();
      assertThat(found).isNotNull();
      flux.add((fit.fluxes()[1] - fluxes[1]) / fit.fluxErrs()[1]);
      centre.add((fit.model().x() - truth.x()) / fit.xErr());
      radius.add(Math.log(found.meanRadius() / shape.meanRadius()) / fit.meanRadiusErr());
      together.add(chiSquare(fit.detail(), truth, fluxes));
    }
    assertThat(mean(together) / 8).as("5 parameters, 3 fluxes").isBetween(0.85, 1.15);
    for (List<Double> pulls : List.of(flux, centre, radius)) {
      assertThat(rms(pulls)).as(stats(pulls)).isBetween(0.83, 1.12);
      assertThat(mean(pulls)).as(stats(pulls)).isBetween(-0.3, 0.3);
    }
  }

  /** Of the deviations of all parameters and fluxes, with their covariance. */
  private static double chiSquare(FitDetail detail, SourceModel truth, double[] fluxes) {
    int n = detail.parameters().length;
    double[] expected = Parameters.vector(truth);
    double[] difference = new double[n + fluxes.length];
    for (int i = 0; i < difference.length; i++) {
      difference[i] =
          i < n ? detail.parameters()[i] - expected[i] : detail.fluxes()[i - n][0] - fluxes[i - n];
    }
    SimpleMatrix d = new SimpleMatrix(difference.length, 1, true, difference);
    return d.transpose().mult(new SimpleMatrix(detail.covariance()).solve(d)).get(0);
  }

  private static String stats(List<Double> v) {
    return "mean %.3f rms %.3f".formatted(mean(v), rms(v));
  }

  private static double mean(List<Double> v) {
    return v.stream().mapToDouble(d -> d).average().orElseThrow();
  }

  private static double rms(List<Double> v) {
    double m = mean(v);
    return Math.sqrt(v.stream().mapToDouble(d -> (d - m) * (d - m)).average().orElseThrow());
  }

  @Test
  void galaxiesCloserThanTheSeeingKeepTheirFluxesAndColours() {
    double[][] limits = {{0.8, 0.03, 0.03}, {1.1, 0.015, 0.015}, {1.6, 0.015, 0.015}};
    for (double[] limit : limits) {
      double fwhms = limit[0];
      List<Double> flux = new ArrayList<>();
      List<Double> colour = new ArrayList<>();
      Random random = new Random(3);
      for (int trial = 0; trial < 8; trial++) {
        double separation = fwhms * 2.355 * SEEING[1];
        SourceModel one = SourceModel.sersic(28, 30, new EllipseShape(3, 2.1, 0.2), 1);
        SourceModel two =
            SourceModel.sersic(28 + separation, 30.3, new EllipseShape(2, 1.8, -0.2), 2);
        double[] first = {1000, 2000, 2800};
        double[] second = {2400, 2000, 1400};
        Scene scene = new Scene();
        scene.add(one, first);
        scene.add(two, second);
        scene.addNoise(random);
        List<Map<Model, ModelFit>> fits =
            scene.fit(target(one, 100, first), target(two, 100, second));
        ModelFit fit = fits.get(1).get(Model.SERSIC);
        assertThat(fit).isNotNull();
        flux.add(fit.fluxes()[1] / second[1] - 1);
        colour.add(2.5 * Math.log10(fit.fluxes()[0] / fit.fluxes()[2] / (second[0] / second[2])));
      }
      assertThat(Math.abs(mean(flux))).as("%s FWHM: %s", fwhms, stats(flux)).isLessThan(limit[1]);
      assertThat(Math.abs(mean(colour)))
          .as("%s FWHM: %s", fwhms, stats(colour))
          .isLessThan(limit[2]);
    }
  }

  @Test
  void aBlendOfManyIsCutAndItsOrderDoesNotMatter() {
    Random random = new Random(9);
    Scene scene = new Scene();
    List<ModelTarget> targets = new ArrayList<>();
    List<double[]> truth = new ArrayList<>();
    for (int row = 0; row < 5; row++) {
      for (int column = 0; column < 5; column++) {
        SourceModel m =
            SourceModel.fixed(
                8 + 11 * column + random.nextDouble(),
                8 + 11 * row + random.nextDouble(),
                new EllipseShape(1.5, 1.3, 0.1),
                1);
        double[] fluxes = {800 + 100 * row, 1000, 900 + 50 * column};
        scene.add(m, fluxes);
        targets.add(target(m, 50, fluxes));
        truth.add(fluxes);
      }
    }
    scene.addNoise(random);
    List<Map<Model, ModelFit>> fits = scene.fit(targets.toArray(ModelTarget[]::new));
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      errors.add(fits.get(i).get(Model.EXPONENTIAL).fluxes()[0] / truth.get(i)[0] - 1);
    }
    assertThat(Math.abs(mean(errors))).isLessThan(0.015);
    assertThat(rms(errors)).isLessThan(0.05);
    List<ModelTarget> reversed = new ArrayList<>(targets);
    java.util.Collections.reverse(reversed);
    List<Map<Model, ModelFit>> again = scene.fit(reversed.toArray(ModelTarget[]::new));
    for (int i = 0; i < targets.size(); i++) {
      double flux = again.get(targets.size() - 1 - i).get(Model.SERSIC).fluxes()[1];
      assertThat(flux)
          .isCloseTo(fits.get(i).get(Model.SERSIC).fluxes()[1], within(1e-4 * Math.abs(flux)));
    }
  }

  @Test
  void aStarIsAPointToEveryModel() {
    Random random = new Random(7);
    for (int trial = 0; trial < 5; trial++) {
      Scene scene = new Scene();
      SourceModel star = SourceModel.point(30.3, 29.8);
      double[] fluxes = {1500, 2000, 1800};
      scene.add(star, fluxes);
      scene.addNoise(random);
      Map<Model, ModelFit> fits = scene.fit(target(star, 150, fluxes)).get(0);
      ModelFit point = fits.get(Model.POINT);
      ModelFit sersic = fits.get(Model.SERSIC);
      assertThat(point.fluxes()[1]).isBetween(2000 * 0.97, 2000 * 1.03);
      assertThat(sersic.fluxes()[1] / point.fluxes()[1]).isBetween(0.97, 1.05);
      assertThat(sersic.model().components().get(0).shape().major()).isLessThan(0.4);
      assertThat(sersic.deltaLnLikelihood()).isLessThan(6);
    }
  }

  @Test
  void nothingToSeeIsSaid() {
    Scene scene = new Scene();
    Arrays.stream(scene.data).forEach(band -> Arrays.fill(band, 0));
    ModelFitter.PixelSource masked =
        (band, box) -> {
          BandPixels p = scene.pixels(band, box);
          Arrays.fill(p.weight(), 0);
          return p;
        };
    ModelTarget target = new ModelTarget(30, 30, null, new double[] {1, 1, 1}, 5);
    Map<Model, ModelFit> fits = FITTER.fit(3, masked, BOX, List.of(target)).get(0);
    assertThat(fits.get(Model.SERSIC).flags()).containsExactly(Flag.NO_DATA);
    assertThat(scene.fit(target).get(0).get(Model.SERSIC).flags()).doesNotContain(Flag.NO_DATA);
    ModelTarget outside = new ModelTarget(-300, 30, null, new double[] {1, 1, 1}, 5);
    assertThat(scene.fit(outside).get(0).get(Model.SERSIC).flags()).contains(Flag.NO_DATA);
  }
}
