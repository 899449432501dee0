package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.warp.NoiseCorrelation;

class JointFitTest {
  private static final Box BOX = new Box(100, 200, 41, 41);
  private static final double[] SEEING = {1.9, 1.6, 1.5};

  private static PsfMixture psf(double sigma) {
    return PsfMixture.exact(
        new PsfMixture.Component(0.7, new EllipseShape(sigma, 1.05 * sigma, 0.05)),
        new PsfMixture.Component(0.3, new EllipseShape(2.1 * sigma, 2 * sigma, 0)));
  }

  /** Images of models with the mixtures of the fit, without noise. */
  private static List<BandPixels> render(Box box, List<SourceModel> models, double[][] fluxes) {
    List<BandPixels> out = new ArrayList<>();
    for (int b = 0; b < SEEING.length; b++) {
      double[] data = new double[box.area()];
      for (int i = 0; i < models.size(); i++) {
        for (SourceModel.Component c : models.get(i).components()) {
          double[][] plane = new double[1][box.area()];
          new GaussianRenderer(box)
              .add(
                  plane,
                  models.get(i).x(),
                  models.get(i).y(),
                  c.gaussians(),
                  c.shape(),
                  psf(SEEING[b]));
          for (int p = 0; p < data.length; p++) {
            data[p] += fluxes[i][b] * plane[0][p];
          }
        }
      }
      double[] ones = new double[box.area()];
      Arrays.fill(ones, 1);
      out.add(new BandPixels(box, data, ones, ones, psf(SEEING[b]), NoiseCorrelation.white()));
    }
    return out;
  }

  private static FitResult fit(List<BandPixels> bands, SourceModel... start) {
    return JointFit.fit(
        bands,
        List.of(start),
        Collections.nCopies(start.length, ShapePrior.NONE),
        new JointFit.Config(100, 1e-13, 1e-7, 5));
  }

  private static void assertSame(SourceModel found, SourceModel truth, double tolerance) {
    assertThat(found.x()).isCloseTo(truth.x(), within(tolerance));
    assertThat(found.y()).isCloseTo(truth.y(), within(tolerance));
    for (int c = 0; c < truth.components().size(); c++) {
      EllipseShape shape = truth.components().get(c).shape();
      EllipseShape got = found.components().get(c).shape();
      assertThat(got.sigmaX()).isCloseTo(shape.sigmaX(), within(tolerance * shape.sigmaX()));
      assertThat(got.sigmaY()).isCloseTo(shape.sigmaY(), within(tolerance * shape.sigmaY()));
      assertThat(got.rho()).isCloseTo(shape.rho(), within(tolerance));
      assertThat(found.components().get(c).index())
          .isCloseTo(truth.components().get(c).index(), within(tolerance * 10));
    }
  }

  @Test
  void structureAndFluxesOfAnExactImageAreRecovered() {
    for (double n : new double[] {0.7, 1, 2.5, 4}) {
      SourceModel truth = SourceModel.sersic(120.3, 219.6, new EllipseShape(3, 2.2, 0.3), n);
      double[][] fluxes = {{500, 1000, 1400}};
      FitResult result =
          fit(
              render(BOX, List.of(truth), fluxes),
              SourceModel.sersic(120, 220, new EllipseShape(2, 2, 0.1), 1.2));
      assertThat(result.converged()).isTrue();
      assertThat(result.evaluations()).as("n = %s", n).isLessThanOrEqualTo(15);
      assertSame(result.models().get(0), truth, 1e-4);
      for (int b = 0; b < 3; b++) {
        assertThat(result.flux(0, b)).isCloseTo(fluxes[0][b], within(1e-4 * fluxes[0][b]));
      }
    }
  }

  @Test
  void aPairAtLessThanTheSeeingIsRecovered() {
    double separation = 0.7 * 2.355 * SEEING[1];
    SourceModel one = SourceModel.sersic(118.3, 219.6, new EllipseShape(3, 2.2, 0.3), 1);
    SourceModel two =
        SourceModel.sersic(118.3 + separation, 219.9, new EllipseShape(2, 2.2, -0.2), 2);
    double[][] fluxes = {{500, 1000, 1400}, {1200, 1000, 700}};
    FitResult result =
        fit(
            render(BOX, List.of(one, two), fluxes),
            SourceModel.sersic(118, 220, new EllipseShape(2, 2, 0.1), 1.2),
            SourceModel.sersic(121, 220, new EllipseShape(2, 2, 0.1), 1.2));
    assertSame(result.models().get(0), one, 1e-3);
    assertSame(result.models().get(1), two, 1e-3);
    for (int b = 0; b < 3; b++) {
      assertThat(result.flux(0, b)).isCloseTo(fluxes[0][b], within(1e-3 * fluxes[0][b]));
      assertThat(result.flux(1, b)).isCloseTo(fluxes[1][b], within(1e-3 * fluxes[1][b]));
    }
  }

  /** Two fluxes by hand on the images of the point and of the other object. */
  @Test
  void whatAnObjectIsWorthOverAPointIsSeenOnThePixels() {
    SourceModel one = SourceModel.sersic(118.3, 219.6, new EllipseShape(3, 2.2, 0.3), 1);
    SourceModel two = SourceModel.sersic(123.1, 219.9, new EllipseShape(2, 2.2, -0.2), 2);
    List<BandPixels> bands =
        render(BOX, List.of(one, two), new double[][] {{500, 1000, 1400}, {1200, 1000, 700}});
    FitResult result = fit(bands, one, two);
    double chi2 = 0;
    for (int b = 0; b < 3; b++) {
      List<SourceModel> models = List.of(SourceModel.point(118.3, 219.6), two);
      double[][] image = new double[2][];
      for (int i = 0; i < 2; i++) {
        double[][] alone = new double[2][3];
        alone[i][b] = 1;
        image[i] = render(BOX, models, alone).get(b).data();
      }
      double[] data = bands.get(b).data();
      double pp = dot(image[0], image[0]);
      double po = dot(image[0], image[1]);
      double oo = dot(image[1], image[1]);
      double pd = dot(image[0], data);
      double od = dot(image[1], data);
      double det = pp * oo - po * po;
      double p = (pd * oo - od * po) / det;
      double o = (od * pp - pd * po) / det;
      for (int k = 0; k < data.length; k++) {
        double left = data[k] - p * image[0][k] - o * image[1][k];
        chi2 += left * left;
      }
    }
    assertThat(result.pointChi2()[0]).isCloseTo(chi2, within(1e-4 * chi2));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Truth: where the fit ends when it may take as many steps as it likes. */
  @Test
  void profilesOfFaintStarsEndNearTheirMinimumAfterFewEvaluations() {
    Random random = new Random(5);
    SourceModel star = SourceModel.point(120.2, 219.7);
    SourceModel start = SourceModel.fixed(120.2, 219.7, new EllipseShape(0.9, 0.8, 0.1), 1);
    int stars = 40;
    int evaluations = 0;
    for (int i = 0; i < stars; i++) {
      List<BandPixels> bands = render(BOX, List.of(star), new double[][] {{90, 120, 70}});
      bands.forEach(b -> Arrays.setAll(b.data(), p -> b.data()[p] + random.nextGaussian()));
      FitResult found = structure(bands, start, JointFit.Config.fixedProfile());
      FitResult best = structure(bands, start, new JointFit.Config(5000, 1e-13, 1e-7, 5));
      evaluations += found.evaluations();
      assertThat(found.converged()).isTrue();
      assertThat(found.totalChi2()).isCloseTo(best.totalChi2(), within(0.1));
    }
    assertThat(evaluations).isLessThan(9 * stars);
  }

  private static FitResult structure(List<BandPixels> bands, SourceModel start, JointFit.Config c) {
    List<SourceModel> models = List.of(start);
    return JointFit.structure(bands, models, models, List.of(ShapePrior.NONE), c);
  }
}
