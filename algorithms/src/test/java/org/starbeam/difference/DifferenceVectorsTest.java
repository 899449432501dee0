package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;
import org.starbeam.warp.NoiseCorrelation;

/** Kernel, decorrelation and forced flux against exact values made elsewhere. */
class DifferenceVectorsTest {
  private static KernelBasis basis() {
    return new KernelBasis(7, new double[] {0.9, 1.8}, new int[] {2, 1});
  }

  @Test
  void basisFunctionsAreThoseOfTheVector() {
    JsonNode v = Shared.vector("diffim-alkernel");
    KernelBasis basis = basis();
    assertThat(basis.count()).isEqualTo(v.get("nBasis").asInt());
    double[] sums = Shared.numbers(v.get("basis_sums"));
    for (int i = 0; i < basis.count(); i++) {
      assertThat(Arrays.stream(basis.function(i).data).sum()).isCloseTo(sums[i], within(1e-12));
    }
    assertThat(basis.function(0).get(0, 0))
        .isCloseTo(v.get("basis0_center").asDouble(), within(1e-11));
    double[] row = Shared.numbers(v.get("basis3_row_center"));
    for (int k = 0; k < 5; k++) {
      assertThat(basis.function(3).get(k - 2, 0)).isCloseTo(row[k], within(1e-9));
    }
  }

  private static double[] template() {
    double[][] stars = {
      {20000, 30, 30},
      {8000, 14.3, 40.6},
      {12000, 45.2, 17.9},
      {5000, 22.7, 15.1},
      {9000, 44.4, 46.3}
    };
    double[] out = new double[61 * 61];
    for (int i = 0; i < out.length; i++) {
      out[i] = 10;
      for (double[] s : stars) {
        double dx = i % 61 - s[1];
        double dy = i / 61 - s[2];
        out[i] +=
            s[0] / (2 * Math.PI * 1.6 * 1.6) * Math.exp(-(dx * dx + dy * dy) / (2 * 1.6 * 1.6));
      }
    }
    return out;
  }

  @Test
  void convolutionAndNormalMatrixAreThoseOfTheVector() {
    JsonNode v = Shared.vector("diffim-alkernel");
    double[] truth = Shared.numbers(v.get("true_coefficients"));
    double[][] c = basis().convolveAll(template(), 61, 61);
    double[] diag = Shared.numbers(v.get("normal_matrix_diag"));
    for (int i = 0; i < c.length; i++) {
      double sum = Arrays.stream(c[i]).map(x -> x * x).sum();
      assertThat(sum / diag[i]).isCloseTo(1, within(1e-8));
    }
    v.get("science_xy")
        .fields()
        .forEachRemaining(
            e -> {
              String[] xy = e.getKey().split(",");
              int at = (Integer.parseInt(xy[1]) - 7) * 47 + Integer.parseInt(xy[0]) - 7;
              double sum = 3;
              for (int i = 0; i < truth.length; i++) {
                sum += truth[i] * c[i][at];
              }
              assertThat(sum).isCloseTo(e.getValue().asDouble(), within(1e-7));
            });
  }

  @Test
  void normalEquationsReturnTheTrueCoefficients() {
    JsonNode v = Shared.vector("diffim-alkernel");
    double[] expected = Shared.numbers(v.get("exact").get("solution"));
    double[][] c = Arrays.copyOf(basis().convolveAll(template(), 61, 61), 10);
    c[9] = new double[47 * 47];
    Arrays.fill(c[9], 1);
    double[] matrix = new double[100];
    double[] right = new double[10];
    for (int p = 0; p < 47 * 47; p++) {
      double science = 0;
      for (int i = 0; i < 10; i++) {
        science += expected[i] * c[i][p];
      }
      for (int i = 0; i < 10; i++) {
        right[i] += c[i][p] * science;
        for (int j = 0; j < 10; j++) {
          matrix[10 * i + j] += c[i][p] * c[j][p];
        }
      }
    }
    NormalEquations.Solution solution = NormalEquations.solve(matrix, right);
    for (int i = 0; i < 10; i++) {
      assertThat(solution.values()[i]).isCloseTo(expected[i], within(1e-9));
    }
    assertThat(solution.condition())
        .isCloseTo(v.get("condition_number_after_diag_scaling").asDouble(), within(0.01));
    assertThat(SymmetricElimination.firstUnknown(matrix, right))
        .isCloseTo(v.get("kernel_sum_true").asDouble(), within(1e-9));
  }

  @Test
  void theSolverFindsTheKernelOfTheVectorInFloatImages() {
    JsonNode v = Shared.vector("diffim-alkernel");
    double[] truth = Shared.numbers(v.get("true_coefficients"));
    double[] t = template();
    ImageF template = new ImageF(61, 61);
    for (int i = 0; i < t.length; i++) {
      template.data[i] = (float) t[i];
    }
    double[][] c = basis().convolveAll(t, 61, 61);
    ImageF science = new ImageF(61, 61);
    for (int p = 0; p < 47 * 47; p++) {
      double sum = 3;
      for (int i = 0; i < truth.length; i++) {
        sum += truth[i] * c[i][p];
      }
      science.set(7 + p % 47, 7 + p / 47, (float) sum);
    }
    ImageF variance = new ImageF(61, 61);
    variance.fill(1);
    AlardLuptonSolver.Config config =
        new AlardLuptonSolver.Config(
            List.of(2, 1), 0, 0, 0, 50, 23, 1, 0, 0.25, 1.5, 0.01, 0.005, 0.1);
    AlardLuptonSolver.Solution solution =
        new AlardLuptonSolver(config)
            .solve(
                new AlardLuptonSolver.Pair(science, template, variance, null),
                basis(),
                List.of(new AlardLuptonSolver.Stamp(1, 30, 30)),
                List.of(),
                4);
    assertThat(solution.kernelSum()).isCloseTo(0.98, within(1e-6));
    double[] found = solution.kernel().coefficientsAt(30, 30);
    for (int i = 0; i < truth.length; i++) {
      assertThat(found[i]).isCloseTo(truth[i], within(1e-5));
    }
    assertThat(solution.background(30, 30)).isCloseTo(3, within(1e-3));
    ImageF matched = solution.kernel().convolve(template);
    assertThat(matched.get(31, 29) + 3.0)
        .isCloseTo(v.get("science_xy").get("31,29").asDouble(), within(2e-3));
  }

  private static ImageD smoothing() {
    ImageD kernel = new ImageD(Box.around(0, 0, 7));
    double sum = 0;
    for (int y = -7; y <= 7; y++) {
      for (int x = -7; x <= 7; x++) {
        double value = Math.exp(-(x * x + y * y) / (2 * 1.5 * 1.5));
        kernel.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < kernel.data.length; i++) {
      kernel.data[i] *= 1.02 / sum;
    }
    return kernel;
  }

  @Test
  void decorrelationFilterIsThatOfTheVector() {
    JsonNode v = Shared.vector("diffim-decorrelation");
    ImageD kernel = smoothing();
    Decorrelator.Filter filter =
        Decorrelator.filter(
            kernel, v.get("varScience").asDouble(), v.get("varTemplate").asDouble());
    assertThat(filter.w1()).isCloseTo(v.get("w1").asDouble(), within(1e-9));
    assertThat(filter.w2()).isCloseTo(v.get("w2").asDouble(), within(1e-9));
    v.get("psi_xy")
        .fields()
        .forEachRemaining(
            e -> {
              String[] xy = e.getKey().split(",");
              assertThat(filter.psi().get(Integer.parseInt(xy[0]), Integer.parseInt(xy[1])))
                  .isCloseTo(e.getValue().asDouble(), within(1e-9));
            });
  }

  /** The template's noise has the mean autocorrelation of one Lanczos-3 warp. */
  @Test
  void colouredNoiseHasTheLevelOfTheVectorAfterItsFilter() {
    JsonNode v = Shared.vector("diffim-decorrelation");
    ImageD kernel = smoothing();
    NoiseCorrelation lanczos = NoiseCorrelation.lanczos(3);
    ImageD covariance = new ImageD(Box.around(0, 0, NoiseCorrelation.MAX_LAG));
    for (int y = -NoiseCorrelation.MAX_LAG; y <= NoiseCorrelation.MAX_LAG; y++) {
      for (int x = -NoiseCorrelation.MAX_LAG; x <= NoiseCorrelation.MAX_LAG; x++) {
        covariance.set(x, y, lanczos.rho(x, y));
      }
    }
    double vs = v.get("varScience").asDouble();
    double vt = v.get("varTemplate").asDouble();
    Decorrelator.Filter filter =
        Decorrelator.filter(kernel, new Decorrelator.Noise(vs, vt, 0, null, covariance, null));
    assertThat(filter.w1() * vs + filter.w2() * vt)
        .isCloseTo(v.get("coloured_template").get("var_after_coloured").asDouble(), within(0.02));
  }

  @Test
  void forcedFluxIsThatOfTheVector() {
    JsonNode v = Shared.vector("forced-psf-flux");
    ImageD psf = new ImageD(21, 21);
    double sum = 0;
    for (int i = 0; i < 441; i++) {
      double dx = i % 21 - 10.3;
      double dy = i / 21 - 9.8;
      psf.data[i] = Math.exp(-(dx * dx + dy * dy) / 8);
      sum += psf.data[i];
    }
    MaskedImage image = new MaskedImage(new Box(0, 0, 21, 21));
    for (int i = 0; i < 441; i++) {
      psf.data[i] /= sum;
      int x = i % 21;
      int y = i / 21;
      image.image().data[i] =
          (float)
              (1500 * psf.data[i] + 0.02 * (x - 10) + 0.5 * Math.sin(0.9 * x + 0.4 * y * y / 10.0));
      image.variance().data[i] = (float) (25 + 0.05 * 1500 * psf.data[i]);
    }
    ForcedPhotometry.Result all = ForcedPhotometry.measure(image, psf, 1);
    assertThat(all.flux()).isCloseTo(v.get("all_good").get(0).asDouble(), within(2e-5));
    assertThat(all.err()).isCloseTo(v.get("all_good").get(1).asDouble(), within(1e-6));
    MaskI mask = image.mask();
    v.get("masked_pixels_xy")
        .forEach(p -> mask.set(p.get(0).asInt(), p.get(1).asInt(), MaskPlanes.BAD));
    ForcedPhotometry.Result some = ForcedPhotometry.measure(image, psf, 1);
    assertThat(some.flux()).isCloseTo(v.get("with_mask").get(0).asDouble(), within(2e-5));
    assertThat(some.err()).isCloseTo(v.get("with_mask").get(1).asDouble(), within(1e-6));
    assertThat(some.maskedFraction())
        .isCloseTo(v.get("fraction_psf_masked").asDouble(), within(1e-9));
    assertThat(some.flag()).isFalse();
  }
}
