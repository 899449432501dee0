package org.starbeam.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

/** Photon transfer: truth is the shared vector, or flats drawn here with known gain and noise. */
class PhotonTransferTest {
  private static double[][] matrix(JsonNode node) {
    double[][] out = new double[node.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = new double[node.get(i).size()];
      for (int j = 0; j < out[i].length; j++) {
        out[i][j] = Shared.number(node.get(i).get(j));
      }
    }
    return out;
  }

  private static void assertCovariances(JsonNode v, PtcModel model, JsonNode expected) {
    double[][] noise = matrix(v.get("noise"));
    double gain = v.get("gain").doubleValue();
    for (int p = 0; p < v.get("mu").size(); p++) {
      double[][] cov = matrix(expected.get(p));
      for (int i = 0; i < cov.length; i++) {
        for (int j = 0; j < cov.length; j++) {
          double mu = v.get("mu").get(p).doubleValue();
          assertThat(model.covariance(i, j, mu, gain, noise[i][j]))
              .isCloseTo(cov[i][j], within(1e-9 * Math.abs(cov[i][j])));
        }
      }
    }
  }

  @Test
  void theModelOfTheCovariancesIsThatOfTheVector() {
    JsonNode v = Shared.vector("cpp-ptc-model");
    double[][] a = matrix(v.get("a"));
    assertCovariances(v, PtcModel.of(a, matrix(v.get("c"))), v.get("cov"));
    assertCovariances(v, PtcModel.of(a), v.get("cov_bzero"));
  }

  @Test
  void theExponentialFormIsThatOfTheVector() {
    JsonNode v = Shared.vector("cpp-ptc-model");
    JsonNode e = v.get("expApprox");
    for (int p = 0; p < v.get("mu").size(); p++) {
      double expected = e.get("variance").get(p).doubleValue();
      assertThat(
              PtcModel.exponential(
                  v.get("mu").get(p).doubleValue(),
                  e.get("gain").doubleValue(),
                  e.get("a00").doubleValue(),
                  e.get("noise").doubleValue()))
          .isCloseTo(expected, within(1e-9 * expected));
    }
  }

  /** Pairs whose variances scatter about the model of the vector as those of n pixels do. */
  private static List<FlatPair> pairs(Random random, double gain, double noise, int n) {
    JsonNode v = Shared.vector("cpp-ptc-model");
    double[][] a = matrix(v.get("a"));
    PtcModel model = PtcModel.of(a);
    List<FlatPair> out = new ArrayList<>();
    for (int level = 0; level < 40; level++) {
      double mean = 200 * Math.pow(300, level / 39.0);
      double[][] cov = new double[4][4];
      double variance = model.covariance(0, 0, mean, gain, noise * noise);
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          double share = i + j == 0 ? 2 : i > 0 && j > 0 ? 0.5 : 1;
          cov[i][j] =
              model.covariance(i, j, mean, gain, i + j == 0 ? noise * noise : 0)
                  + variance * Math.sqrt(share / n) * random.nextGaussian();
        }
      }
      out.add(new FlatPair(mean, mean, cov, n));
    }
    return out;
  }

  @Test
  void recoversGainsAreaChangesAndNoiseWithinTheirErrors() {
    Random random = new Random(14);
    double[] gains = {1.5, 1.6, 1.62, 1.7};
    List<List<FlatPair>> pairs = new ArrayList<>();
    for (double gain : gains) {
      pairs.add(pairs(random, gain, 6, 130_000));
    }
    PtcFitter.Result r = new PtcFitter(PtcFitter.Config.defaults()).fit(pairs);
    double[][] a = matrix(Shared.vector("cpp-ptc-model").get("a"));
    double limit = 3 * 2.5 / Math.sqrt(130_000.0 * 40);
    for (int k = 0; k < gains.length; k++) {
      PtcFitter.Amplifier found = r.amplifiers().get(k);
      assertThat(found.gain() / gains[k] - 1).isCloseTo(0, within(limit));
      assertThat(found.gain()).isCloseTo(gains[k], within(4 * found.gainError()));
      assertThat(found.gainError() / gains[k]).isBetween(limit / 10, limit / 3);
      assertThat(found.noise()).isCloseTo(6, within(0.12));
    }
    assertThat(r.a()[0][0]).isCloseTo(a[0][0], within(0.03 * -a[0][0]));
    assertThat(r.a()[0][1]).isCloseTo(a[0][1], within(0.05 * a[0][1]));
    assertThat(r.a()[1][0]).isCloseTo(a[1][0], within(0.05 * a[1][0]));
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        assertThat(r.a()[i][j]).isCloseTo(a[i][j], within(4.5 * r.aError()[i][j]));
      }
    }
    assertThat(r.chi2() / r.degrees()).isBetween(0.7, 1.3);
  }

  @Test
  void pairsBeyondTheTurnoffAndOutliersAreLeftOut() {
    List<FlatPair> pairs = new ArrayList<>(pairs(new Random(3), 1.6, 6, 130_000));
    FlatPair odd = pairs.get(20);
    pairs.set(20, with(odd, 1.1 * odd.variance()));
    FlatPair top = pairs.get(39);
    pairs.set(39, with(top, 0.3 * top.variance()));
    PtcFitter.Amplifier found =
        new PtcFitter(PtcFitter.Config.defaults()).fit(List.of(pairs)).amplifiers().get(0);
    assertThat(found.used()[20]).isFalse();
    assertThat(found.used()[39]).isFalse();
    assertThat(found.turnoff()).isEqualTo(pairs.get(38).mean());
    assertThat(found.gain()).isCloseTo(1.6, within(4 * found.gainError()));
  }

  private static FlatPair with(FlatPair pair, double variance) {
    double[][] covariance = pair.covariance().clone();
    covariance[0] = covariance[0].clone();
    covariance[0][0] = variance;
    return new FlatPair(pair.mean1(), pair.mean2(), covariance, pair.pixels());
  }

  @Test
  void anAmplifierWithoutPairsIsNotMeasuredAndTheOthersAre() {
    PtcFitter fitter = new PtcFitter(PtcFitter.Config.defaults());
    List<FlatPair> good = pairs(new Random(5), 1.6, 6, 130_000);
    PtcFitter.Result r = fitter.fit(List.of(good.subList(0, 3), good));
    assertThat(r.amplifiers().get(0).gain()).isNaN();
    assertThat(r.amplifiers().get(1).gain()).isCloseTo(1.6, within(0.01));
    List<List<FlatPair>> few = List.of(good.subList(0, 3));
    assertThatThrownBy(() -> fitter.fit(few))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("flat pairs");
  }

  private static final Box AMPLIFIER = new Box(0, 0, 256, 512);

  /** A flat of a lamp over pixels of unequal response, with Gaussian noise of the photons. */
  private static MaskedImage flat(Random random, float[] response, double level, double readNoise) {
    MaskedImage out = new MaskedImage(AMPLIFIER);
    for (int i = 0; i < response.length; i++) {
      double e = level * response[i];
      out.image().data[i] =
          (float) (e + Math.sqrt(e + readNoise * readNoise) * random.nextGaussian());
    }
    return out;
  }

  private static float[] response(Random random) {
    float[] out = new float[AMPLIFIER.area()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (1 + 0.02 * random.nextGaussian() - 1e-4 * (i % 256));
    }
    return out;
  }

  private static FlatPair measure(MaskedImage first, MaskedImage second, int lags) {
    return FlatPair.measure(
        first, second, AMPLIFIER, MaskPlanes.BAD, 1.6, 0, new FlatPair.Config(lags, 20, 5.5, 3));
  }

  @Test
  void structureOfTheFlatDropsOutAndAPairUnequalByTwoPercentGivesTheSameGain() {
    Random random = new Random(8);
    float[] response = response(random);
    MaskedImage first = flat(random, response, 20_000, 6);
    FlatPair even = measure(first, flat(random, response, 20_000, 6), 2);
    FlatPair faulty = measure(first, flat(random, response, 20_400, 6), 2);
    double error = Math.sqrt(2.0 / even.pixels());
    for (FlatPair pair : List.of(even, faulty)) {
      double expected = pair.mean() / 1.6 + 36 / 1.6 / 1.6;
      assertThat(pair.variance() / expected).isCloseTo(1, within(4 * error));
      assertThat(pair.covariance()[0][1]).isCloseTo(0, within(4 * expected * error));
    }
    assertThat(faulty.mean2() / faulty.mean1()).isCloseTo(1.02, within(1e-4));
  }

  @Test
  void covariancesAreThoseOfTheNoiseAlsoAroundMaskedPixels() {
    Random random = new Random(9);
    MaskedImage first = new MaskedImage(AMPLIFIER);
    MaskedImage second = new MaskedImage(AMPLIFIER);
    for (MaskedImage frame : List.of(first, second)) {
      float[] white = new float[AMPLIFIER.area()];
      for (int i = 0; i < white.length; i++) {
        white[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < white.length; i++) {
        float left = i % 256 == 0 ? 0 : white[i - 1];
        float below = i < 256 ? 0 : white[i - 256];
        frame.image().data[i] = 16_000 + 160 * (white[i] + 0.3f * left - 0.2f * below);
      }
    }
    for (int i = 0; i < 30_000; i++) {
      int at = random.nextInt(AMPLIFIER.area());
      first.mask().data[at] = MaskPlanes.BAD;
      first.image().data[at] = i % 2 == 0 ? Float.NaN : 3e5f;
    }
    second.image().data[256 * 100 + 100] = 5e5f;
    FlatPair pair = measure(first, second, 3);
    double unit = 100.0 * 100;
    assertThat(pair.covariance()[0][0] / unit).isCloseTo(1.13, within(0.025));
    assertThat(pair.covariance()[1][0] / unit).isCloseTo(0.3, within(0.02));
    assertThat(pair.covariance()[0][1] / unit).isCloseTo(-0.2, within(0.02));
    assertThat(pair.covariance()[1][1] / unit).isCloseTo(-0.03, within(0.015));
    assertThat(pair.covariance()[2][0] / unit).isCloseTo(0, within(0.02));
  }

  @Test
  void nonLinearityIsRecoveredAndASaturatedLevelIsLeftOut() {
    Random random = new Random(2);
    List<LinearityFitter.Level> levels = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      double s = 400 * Math.pow(140, i / 11.0);
      double m = Math.min(52_000, s * (1 - 0.01 * s / 5e4));
      double light = 2e-4 * s * (1 + 2e-4 * random.nextGaussian());
      levels.add(new LinearityFitter.Level(m, light, 2));
    }
    LinearityFitter.Fit fit = new LinearityFitter(LinearityFitter.Config.defaults()).fit(levels);
    assertThat(fit.levels()).isEqualTo(11);
    assertThat(fit.maxSignal()).isLessThan(52_000);
    for (double s : new double[] {1000, 10_000, 30_000}) {
      double m = s * (1 - 0.01 * s / 5e4);
      assertThat((m + fit.coefficients()[0] * m * m) / s).isCloseTo(1, within(5e-4));
    }
    assertThat(fit.response()).isCloseTo(5000, within(5000 * 5e-4));
    assertThat(new LinearityFitter(LinearityFitter.Config.defaults()).fit(levels.subList(0, 4)))
        .extracting(LinearityFitter.Fit::levels)
        .isEqualTo(0);
  }
}
