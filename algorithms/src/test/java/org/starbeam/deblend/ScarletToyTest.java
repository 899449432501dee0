package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.testing.Shared;

/**
 * The toy of {@code objects-scarlet-toy.json}: two sources in three bands. A sum over pixels in
 * doubles is held against the vector, the product in floats against that sum.
 */
class ScarletToyTest {
  private static final Box BOX = new Box(0, 0, 31, 31);
  private static final int[][] CENTRES = {{11, 14}, {19, 16}};

  private JsonNode toy;
  private double[] variance;
  private double[][] kernels;
  private double[][] truth;
  private double[][] data;
  private double[][] weight;

  @BeforeEach
  void read() {
    toy = Shared.vector("objects-scarlet-toy");
    variance = Shared.numbers(toy.get("variance"));
    double[] sigma = Shared.numbers(toy.get("kernel_sigma"));
    kernels = new double[3][];
    for (int b = 0; b < 3; b++) {
      kernels[b] = kernel(sigma[b]);
    }
    truth = new double[][] {profile(11, 14, 2.4, 0.7, 0.5), profile(19, 16, 1.6, 1, 0)};
    double[][] spectra = numbers2(toy.get("truth").get("spectra"));
    data = new double[3][];
    weight = new double[3][];
    for (int b = 0; b < 3; b++) {
      data[b] = convolve(model(truth, spectra, b), kernels[b]);
      weight[b] = new double[961];
      Arrays.fill(weight[b], 1 / variance[b]);
    }
    for (int y = 5; y <= 7; y++) {
      for (int x = 5; x <= 7; x++) {
        weight[1][y * 31 + x] = 0;
      }
    }
  }

  private static double[][] numbers2(JsonNode rows) {
    double[][] out = new double[rows.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = Shared.numbers(rows.get(i));
    }
    return out;
  }

  private static double[] kernel(double sigma) {
    double[] out = new double[225];
    double sum = 0;
    for (int i = 0; i < 225; i++) {
      int x = i % 15 - 7;
      int y = i / 15 - 7;
      out[i] = Math.exp(-0.5 * (x * x + y * y) / (sigma * sigma));
      sum += out[i];
    }
    for (int i = 0; i < 225; i++) {
      out[i] /= sum;
    }
    return out;
  }

  private static double[] profile(int cx, int cy, double sigma, double q, double angle) {
    double[] out = new double[961];
    double most = 0;
    for (int i = 0; i < 961; i++) {
      double dx = i % 31 - cx;
      double dy = i / 31 - cy;
      double a = Math.cos(angle) * dx + Math.sin(angle) * dy;
      double b = -Math.sin(angle) * dx + Math.cos(angle) * dy;
      double v = Math.exp(-0.5 * (a * a + b * b / (q * q)) / (sigma * sigma));
      out[i] = v <= 1e-3 ? 0 : v;
      most = Math.max(most, out[i]);
    }
    for (int i = 0; i < 961; i++) {
      out[i] /= most;
    }
    return out;
  }

  private static double[] model(double[][] morphologies, double[][] spectra, int b) {
    double[] out = new double[961];
    for (int k = 0; k < morphologies.length; k++) {
      for (int i = 0; i < 961; i++) {
        out[i] += spectra[k][b] * morphologies[k][i];
      }
    }
    return out;
  }

  /** Symmetric kernels: convolution and correlation are the same. */
  private static double[] convolve(double[] image, double[] kernel) {
    double[] out = new double[961];
    for (int i = 0; i < 961; i++) {
      for (int k = 0; k < 225; k++) {
        int x = i % 31 - (k % 15 - 7);
        int y = i / 31 - (k / 15 - 7);
        if (x >= 0 && y >= 0 && x < 31 && y < 31) {
          out[i] += kernel[k] * image[y * 31 + x];
        }
      }
    }
    return out;
  }

  private static float[] floats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }

  private BlendScene scene() {
    ImageD[] k = new ImageD[3];
    double[] sigma = new double[3];
    float[][] d = new float[3][];
    float[][] w = new float[3][];
    for (int b = 0; b < 3; b++) {
      k[b] = ImageD.wrap(Box.around(0, 0, 7), kernels[b]);
      sigma[b] = Math.sqrt(variance[b]);
      d[b] = floats(data[b]);
      w[b] = floats(weight[b]);
    }
    return new BlendScene(BOX, d, w, sigma, List.of(k));
  }

  private static List<Component> components(double[][] morphologies, double[][] spectra) {
    Component[] out = new Component[morphologies.length];
    for (int k = 0; k < out.length; k++) {
      out[k] =
          new Component(
              k, CENTRES[k][0], CENTRES[k][1], BOX, floats(morphologies[k]), floats(spectra[k]));
    }
    return List.of(out);
  }

  private List<Component> start() {
    return components(
        new double[][] {profile(11, 14, 2, 1, 0), profile(19, 16, 2, 1, 0)},
        numbers2(toy.get("start").get("spectra")));
  }

  @Test
  void lossAndGradientsAreThoseOfTheVector() {
    for (JsonNode check : toy.get("data_checks")) {
      double[] d = data[check.get("band").intValue()];
      double value =
          check.has("sum")
              ? Arrays.stream(d).sum()
              : d[check.get("yx").get(0).intValue() * 31 + check.get("yx").get(1).intValue()];
      double expected =
          check.has("sum") ? check.get("sum").doubleValue() : check.get("value").doubleValue();
      assertThat(value).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
    }
    JsonNode start = toy.get("start");
    double[][] morphologies = {profile(11, 14, 2, 1, 0), profile(19, 16, 2, 1, 0)};
    double[][] spectra = numbers2(start.get("spectra"));
    double loss = 0;
    double[][] gradient = new double[3][];
    for (int b = 0; b < 3; b++) {
      double[] r = convolve(model(morphologies, spectra, b), kernels[b]);
      for (int i = 0; i < 961; i++) {
        double difference = r[i] - data[b][i];
        loss += 0.5 * weight[b][i] * difference * difference;
        r[i] = weight[b][i] * difference;
      }
      gradient[b] = convolve(r, kernels[b]);
    }
    assertThat(loss).isCloseTo(start.get("loss").doubleValue(), within(1e-9 * 1251));
    List<Component> components = start();
    assertThat(scene().evaluate(components)).isCloseTo(loss, within(2e-6 * loss));
    for (int k = 0; k < 2; k++) {
      for (int b = 0; b < 3; b++) {
        double sum = 0;
        for (int i = 0; i < 961; i++) {
          sum += gradient[b][i] * morphologies[k][i];
        }
        double expected = start.get("grad_spectra").get(k).get(b).doubleValue();
        assertThat(sum).isCloseTo(expected, within(1e-8 * Math.abs(expected)));
        assertThat(components.get(k).spectrumGradient[b])
            .isCloseTo(sum, within(1e-5 * Math.abs(sum)));
      }
      for (int i = 0; i < 961; i++) {
        double sum = 0;
        for (int b = 0; b < 3; b++) {
          sum += spectra[k][b] * gradient[b][i];
        }
        assertThat((double) components.get(k).gradient[i]).isCloseTo(sum, within(5e-4));
        for (JsonNode check : start.get("grad_morph")) {
          if (check.get("source").intValue() == k + 1
              && check.get("yx").get(0).intValue() * 31 + check.get("yx").get(1).intValue() == i) {
            assertThat(sum)
                .isCloseTo(check.get("value").doubleValue(), within(5e-9 * Math.abs(sum)));
          }
        }
      }
    }
    assertThat(scene().evaluate(components(truth, numbers2(toy.get("truth").get("spectra")))))
        .isLessThan(1e-6);
  }

  @Test
  void curvaturesAreThoseOfTheVector() {
    BlendScene scene = scene();
    List<Component> components = start();
    float[] scratch = new float[961];
    for (int k = 0; k < 2; k++) {
      Component c = components.get(k);
      double own = 0;
      for (int b = 0; b < 3; b++) {
        own += c.spectrum[b] * c.spectrum[b] * scene.curvature(b);
        double expected =
            toy.get("start").get("lipschitz_spectrum_diag").get(k).get(b).doubleValue();
        assertThat(FistaStep.spectrumCurvature(scene, c, b, scratch))
            .isCloseTo(expected, within(1e-4 * expected));
      }
      double bound = toy.get("start").get("lipschitz_morph_bound").get(k).doubleValue();
      assertThat(own).isCloseTo(bound, within(0.01 * bound));
      assertThat(FistaStep.morphologyCurvatures(scene, List.of(c))[0]).isEqualTo(own);
      assertThat(own)
          .isGreaterThan(
              toy.get("start").get("lipschitz_morph_power_iteration").get(k).doubleValue());
    }
  }

  @Test
  void spectraOfGivenMorphologiesAreThoseOfTheVector() {
    JsonNode expected = toy.get("spectra_weighted_lsq");
    List<Component> right = components(truth, new double[2][3]);
    SpectrumFit.fit(scene(), right);
    List<Component> wrong = start();
    SpectrumFit.fit(scene(), wrong);
    for (int k = 0; k < 2; k++) {
      for (int b = 0; b < 3; b++) {
        double a = expected.get("true_morphologies").get(k).get(b).doubleValue();
        assertThat((double) right.get(k).spectrum[b]).isCloseTo(a, within(1e-5 * a));
        double c = expected.get("start_morphologies").get(k).get(b).doubleValue();
        assertThat((double) wrong.get(k).spectrum[b]).isCloseTo(c, within(1e-5 * c));
      }
    }
  }

  /**
   * The images of the truth share out the data and a constant. The product leaves out what is less
   * than 2e-6 of the brightest pixel of an image; so does the sum that it is held against.
   */
  @Test
  void redistributedFluxesAreThoseOfTheVector() {
    JsonNode expected = toy.get("redistribution");
    double[][] spectra = numbers2(toy.get("truth").get("spectra"));
    List<ScarletBlend.Source> sources = new ArrayList<>();
    double[][][] images = new double[2][3][];
    for (int k = 0; k < 2; k++) {
      List<ScarletBlend.Part> parts = new ArrayList<>();
      for (int b = 0; b < 3; b++) {
        double[] one = model(new double[][] {truth[k]}, new double[][] {spectra[k]}, b);
        images[k][b] = convolve(one, kernels[b]);
        float[] only = new float[3];
        only[b] = 1;
        parts.add(new ScarletBlend.Part(BOX, only, floats(images[k][b])));
      }
      sources.add(new ScarletBlend.Source(k, CENTRES[k][0], CENTRES[k][1], parts));
    }
    List<DeblendBand> bands = new ArrayList<>();
    for (int b = 0; b < 3; b++) {
      MaskedImage image = new MaskedImage(BOX);
      image.variance().fill((float) variance[b]);
      for (int i = 0; i < 961; i++) {
        image.image().data[i] = (float) (data[b][i] + 0.1);
      }
      bands.add(new DeblendBand("gri".substring(b, b + 1), image, new GaussianPsf(1), variance[b]));
    }
    List<Peak> peaks = List.of(new Peak(11, 14, 20), new Peak(19, 16, 10));
    Redistribution out =
        new Redistribution(
            BlendParent.of(bands, SpanSet.ofBox(BOX), peaks, 0.8),
            List.of(
                new ScarletBlend(
                    DeblendMethod.SCARLET,
                    0,
                    0,
                    BOX,
                    List.of("g", "r", "i"),
                    List.of(),
                    15,
                    15,
                    0,
                    sources,
                    1,
                    0,
                    true)),
            false,
            false);
    for (int b = 0; b < 3; b++) {
      String band = bands.get(b).name();
      double[] whole = {0, 0, 0};
      double[] cut = {0, 0, 0};
      double light = 0;
      double[] floor = {2e-6 * max(images[0][b]), 2e-6 * max(images[1][b])};
      for (int i = 0; i < 961; i++) {
        double value = data[b][i] + 0.1;
        light += value;
        double first = images[0][b][i];
        double second = images[1][b][i];
        share(whole, value, first, second);
        share(cut, value, first > floor[0] ? first : 0, second > floor[1] ? second : 0);
      }
      double support = expected.get("sum_image_on_support").get(b).doubleValue();
      assertThat(whole[2]).isCloseTo(support, within(1e-9 * support));
      for (int k = 0; k < 2; k++) {
        double flux = expected.get("flux_per_source_band").get(k).get(b).doubleValue();
        assertThat(whole[k]).isCloseTo(flux, within(1e-9 * flux));
        assertThat(out.child(k).band(band).flux()).isCloseTo(cut[k], within(1e-6 * flux));
      }
      double children = out.child(0).band(band).flux() + out.child(1).band(band).flux();
      assertThat(children).isCloseTo(cut[2], within(1e-6 * support));
      assertThat(children + out.unassigned(band)).isCloseTo(light, within(1e-6 * light));
    }
  }

  private static double max(double[] values) {
    return Arrays.stream(values).max().orElseThrow();
  }

  /** Adds to the flux of the first, of the second and of both. */
  private static void share(double[] sums, double value, double first, double second) {
    double total = first + second;
    if (total > 0) {
      sums[0] += value * first / total;
      sums[1] += value * second / total;
      sums[2] += value;
    }
  }

  @Test
  void withoutNoiseTheLossFallsToAThousandth() {
    for (BlendStep.Kind kind : BlendStep.Kind.values()) {
      BlendFit.Config config = new BlendFit.Config(kind, 300, 300, 0.5, 1e-4, 0.01);
      List<Component> components = start();
      BlendFit.Result result = new BlendFit(config).run(scene(), components);
      assertThat(result.loss()).isLessThan(1e-3 * result.history()[0]);
      assertThat(scene().loss(components))
          .isCloseTo(result.loss(), within(1e-6 * result.history()[0]));
    }
  }

  @Test
  void gradientsAreTheDifferencesOfTheLoss() {
    Random random = new Random(8);
    BlendScene scene = scene();
    double[][] spectra = {{2, 3, 1}, {1, 4, 2}};
    double[][] morphologies = new double[2][961];
    for (int i = 0; i < 961; i++) {
      morphologies[0][i] = random.nextDouble();
      morphologies[1][i] = random.nextDouble();
    }
    List<Component> components = components(morphologies, spectra);
    scene.evaluate(components);
    for (int trial = 0; trial < 40; trial++) {
      Component c = components.get(trial % 2);
      int i = random.nextInt(961);
      float step = 0.5f;
      float before = c.morphology[i];
      float slope = c.gradient[i];
      c.morphology[i] = before + step;
      double up = scene.loss(components);
      c.morphology[i] = before - step;
      double down = scene.loss(components);
      c.morphology[i] = before;
      // the loss is a quadratic form: differences are exact
      assertThat((up - down) / (2 * step)).isCloseTo(slope, within(2e-3 * Math.abs(slope) + 0.02));
    }
    for (Component c : components) {
      for (int b = 0; b < 3; b++) {
        double slope = c.spectrumGradient[b];
        float before = c.spectrum[b];
        c.spectrum[b] = before + 0.25f;
        double up = scene.loss(components);
        c.spectrum[b] = before - 0.25f;
        double down = scene.loss(components);
        c.spectrum[b] = before;
        assertThat((up - down) / 0.5).isCloseTo(slope, within(2e-3 * Math.abs(slope)));
      }
    }
  }
}
