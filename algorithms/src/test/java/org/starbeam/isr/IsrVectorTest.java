package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.testing.Shared;

class IsrVectorTest {
  private static ImageF image(JsonNode rows) {
    ImageF out = new ImageF(rows.get(0).size(), rows.size());
    for (int y = 0; y < out.height(); y++) {
      for (int x = 0; x < out.width(); x++) {
        out.set(x, y, (float) Shared.number(rows.get(y).get(x)));
      }
    }
    return out;
  }

  private static double[][] matrix(JsonNode rows) {
    double[][] out = new double[rows.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = Shared.numbers(rows.get(i));
    }
    return out;
  }

  private static OverscanModel overscan(OverscanModel.Fit fit, JsonNode v) {
    return new OverscanModel(
        new OverscanModel.Config(
            fit,
            v.get("leadingToSkip").intValue(),
            v.get("trailingToSkip").intValue(),
            v.get("maxDeviation").doubleValue(),
            31,
            OverscanModel.Parallel.NONE,
            0,
            0));
  }

  @Test
  void overscanMatchesTheVector() {
    JsonNode v = Shared.vector("isr-overscan");
    ImageF pixels = image(v.get("pixels"));
    MaskI mask = new MaskI(pixels.box());
    for (int y = 0; y < pixels.height(); y++) {
      for (int x = 0; x < pixels.width(); x++) {
        mask.set(x, y, v.get("mask").get(y).get(x).intValue() == 0 ? 0 : MaskPlanes.BAD);
      }
    }
    Box box = pixels.box();
    compare(
        overscan(OverscanModel.Fit.MEDIAN_PER_ROW, v).serial(pixels, box, mask).rows(),
        Shared.numbers(v.get("medianPerRowFilled")));
    OverscanModel.Level mean =
        overscan(OverscanModel.Fit.MEANCLIP_PER_ROW, v).serial(pixels, box, mask);
    compare(mean.rows(), Shared.numbers(v.get("clippedMeanPerRowFilled")));
    assertThat(mean.badRows()).isEqualTo(1);
    assertThat(overscan(OverscanModel.Fit.MEDIAN, v).serial(pixels, box, mask).rows()[0])
        .isCloseTo(v.get("constantMedian").doubleValue(), within(1e-3));
    assertThat(overscan(OverscanModel.Fit.MEANCLIP, v).serial(pixels, box, mask).rows()[0])
        .isCloseTo(v.get("constantMeanClip").get("meanClip").doubleValue(), within(1e-3));
  }

  private static void compare(double[] found, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-6 * Math.abs(expected[i])));
    }
  }

  @Test
  void driftAndJitterOfTheOverscanAreFollowedBetterThanByPlainRowMeans() {
    Random random = new Random(5);
    int height = 2000;
    double readNoise = 5;
    for (double jitter : new double[] {0, 0.2, 0.4}) {
      ImageF raw = new ImageF(64, height);
      double[] truth = new double[height];
      for (int y = 0; y < height; y++) {
        truth[y] =
            1000
                + 5.0 * y / height
                + 3 * Math.sin(2 * Math.PI * y / 500)
                + jitter * readNoise * random.nextGaussian();
        for (int x = 0; x < 64; x++) {
          raw.set(x, y, (float) (truth[y] + readNoise * random.nextGaussian()));
        }
      }
      double shrunk = residual(raw, truth, OverscanModel.Fit.ROW_SHRINK);
      double plain = residual(raw, truth, OverscanModel.Fit.MEANCLIP_PER_ROW);
      assertThat(shrunk).isLessThan(plain);
      double white = readNoise / Math.sqrt(58);
      double tau = jitter * readNoise;
      double optimum = jitter == 0 ? 0 : tau * white / Math.hypot(tau, white);
      assertThat(shrunk).isLessThan(1.06 * optimum + 0.05 * readNoise);
    }
  }

  private static double residual(ImageF raw, double[] truth, OverscanModel.Fit fit) {
    OverscanModel.Config d = OverscanModel.Config.defaults();
    OverscanModel model =
        new OverscanModel(
            new OverscanModel.Config(fit, 3, 3, 1000, d.window(), d.parallel(), 3, 3));
    double[] rows = model.serial(raw, raw.box(), null).rows();
    double sum = 0;
    for (int y = 0; y < truth.length; y++) {
      sum += (rows[y] - truth[y]) * (rows[y] - truth[y]);
    }
    return Math.sqrt(sum / truth.length);
  }

  @Test
  void crosstalkMatchesTheVector() {
    JsonNode v = Shared.vector("isr-crosstalk");
    List<ImageF> images = new ArrayList<>();
    List<MaskI> masks = new ArrayList<>();
    for (JsonNode name : v.get("ampNames")) {
      images.add(image(v.get("input").get(name.textValue())));
      masks.add(new MaskI(images.get(0).box()));
    }
    CrosstalkMatrix matrix =
        CrosstalkMatrix.ofSources(matrix(v.get("linear")), matrix(v.get("quadratic")));
    new CrosstalkCorrector(CrosstalkCorrector.Config.defaults())
        .correct(images, masks, matrix, new double[] {5, 5, 5});
    for (int i = 0; i < images.size(); i++) {
      ImageF expected = image(v.get("output").get(v.get("ampNames").get(i).textValue()));
      for (int k = 0; k < expected.data.length; k++) {
        float e = expected.data[k];
        assertThat(images.get(i).data[k]).isCloseTo(e, within(2e-6f * (1 + Math.abs(e))));
      }
    }
    assertThat(masks.get(0).get(2, 1) & MaskPlanes.CROSSTALK).isNotZero();
    assertThat(masks.get(1).get(2, 1) & MaskPlanes.CROSSTALK).isZero();
  }

  private static Detector chainDetector(JsonNode v) {
    List<Amplifier> amplifiers = new ArrayList<>();
    double[] gains = new double[2];
    for (int i = 0; i < 2; i++) {
      String name = "A" + i;
      gains[i] =
          v.get("gain_electron_per_adu") == null
              ? v.get("gain").get(name).doubleValue()
              : v.get("gain_electron_per_adu").get(name).doubleValue();
      double sat = v.get("saturation_adu").get(name).doubleValue() * gains[i];
      amplifiers.add(
          new Amplifier(
              name,
              name,
              new Box(6 * i, 0, 6, 5),
              i == 1,
              false,
              new Amplifier.RawRegions(
                  11,
                  7,
                  new Box(1, 0, 6, 5),
                  new Box(0, 0, 1, 5),
                  new Box(7, 0, 4, 5),
                  new Box(1, 5, 6, 2)),
              gains[i],
              v.get("readNoise_electron").get(name).doubleValue(),
              sat,
              sat));
    }
    double[][] electrons = matrix(v.get("crosstalk_source_target"));
    double[][] adu = new double[2][2];
    for (int s = 0; s < 2; s++) {
      for (int t = 0; t < 2; t++) {
        adu[s][t] = electrons[s][t] * gains[s] / gains[t];
      }
    }
    return new Detector(
        0,
        "chain",
        null,
        new Box(0, 0, 12, 5),
        0,
        0,
        5.5,
        2,
        0,
        amplifiers,
        CrosstalkMatrix.ofSources(adu, new double[2][2]));
  }

  private static IsrTask.Config chainConfig() {
    OverscanModel.Config overscan =
        new OverscanModel.Config(
            OverscanModel.Fit.MEAN_PER_ROW,
            0,
            0,
            1000,
            31,
            OverscanModel.Parallel.MEAN_PER_COLUMN,
            0,
            0);
    IsrTask.Config d = IsrTask.Config.defaults();
    return new IsrTask.Config(
        overscan,
        d.crosstalk(),
        d.deferredCharge(),
        true,
        true,
        true,
        true,
        true,
        true,
        true,
        false,
        0.2,
        1,
        0.2,
        false,
        d.fringe(),
        true,
        d.brighterFatter(),
        true,
        d.gains());
  }

  private static IsrCalibrations chainCalibrations(JsonNode v) {
    ImageF dark = new ImageF(12, 5);
    dark.fill((float) v.get("darkRate").doubleValue());
    JsonNode box = v.get("defects").get(0);
    return new IsrCalibrations(
        CalibrationFrame.of(image(v.get("bias_electron")), v.get("biasVariance").doubleValue()),
        CalibrationFrame.of(dark, v.get("darkRateVariance").doubleValue()),
        CalibrationFrame.of(image(v.get("flat")), v.get("flatVariance").doubleValue()),
        List.of(
            new Box(
                box.get("x0").intValue(),
                box.get("y0").intValue(),
                box.get("width").intValue(),
                box.get("height").intValue())),
        new Linearizer(
            List.of(
                Shared.numbers(v.get("linearity_c2_adu").get("A0")),
                Shared.numbers(v.get("linearity_c2_adu").get("A1")))),
        null,
        null,
        null);
  }

  @Test
  void wholeChainMatchesTheVector() {
    JsonNode v = Shared.vector("isr-chain");
    RawExposure raw =
        new RawExposure(
            chainDetector(v),
            List.of(image(v.get("raw_adu").get("A0")), image(v.get("raw_adu").get("A1"))));
    IsrTask.Result result =
        new IsrTask(chainConfig()).run(raw, chainCalibrations(v), v.get("darkTime").doubleValue());
    ImageF expected = image(v.get("image"));
    ImageF variance = image(v.get("variance"));
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 12; x++) {
        float e = expected.get(x, y);
        assertThat(result.image().image().get(x, y)).isCloseTo(e, within(2e-6f * Math.abs(e)));
        float s = variance.get(x, y);
        assertThat(result.image().variance().get(x, y)).isCloseTo(s, within(2e-6f * s));
        int planes = MaskPlanes.BAD | MaskPlanes.SAT;
        assertThat(result.image().mask().get(x, y) & planes)
            .isEqualTo(v.get("mask").get(y).get(x).intValue());
      }
    }
    assertThat(result.report().steps())
        .containsEntry("LINEARITY", IsrReport.Status.APPLIED)
        .containsEntry("CTI", IsrReport.Status.SKIPPED);
  }

  @Test
  void aMissingAmplifierBecomesNoDataAndTheOthersGoOn() {
    JsonNode v = Shared.vector("isr-chain");
    RawExposure raw =
        new RawExposure(chainDetector(v), Arrays.asList(image(v.get("raw_adu").get("A0")), null));
    IsrTask.Result result = new IsrTask(chainConfig()).run(raw, chainCalibrations(v), 30);
    assertThat(result.image().mask().get(11, 0)).isEqualTo(MaskPlanes.NO_DATA | MaskPlanes.BAD);
    assertThat(result.image().variance().get(11, 0)).isInfinite();
    assertThat(result.image().image().get(0, 0)).isGreaterThan(100);
    assertThat(result.report().warnings()).anyMatch(w -> w.contains("A1"));
  }

  @Test
  void aMissingBiasIsNamed() {
    JsonNode v = Shared.vector("isr-chain");
    RawExposure raw =
        new RawExposure(
            chainDetector(v),
            List.of(image(v.get("raw_adu").get("A0")), image(v.get("raw_adu").get("A1"))));
    assertThatThrownBy(() -> new IsrTask(chainConfig()).run(raw, IsrCalibrations.none(), 30))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("bias")
        .hasMessageContaining("chain");
  }

  @Test
  void splittingUndoesAssembling() {
    Amplifier a = chainDetector(Shared.vector("isr-chain")).amplifiers().get(1);
    ImageF raw = new ImageF(11, 7);
    for (int i = 0; i < raw.data.length; i++) {
      raw.data[i] = i;
    }
    ImageF detector = new ImageF(12, 5);
    AmpAssembler.assemble(a, raw, detector);
    ImageF back = new ImageF(11, 7);
    AmpAssembler.split(a, detector, back);
    assertThat(back.view(a.raw().data()).toArray()).isEqualTo(raw.view(a.raw().data()).toArray());
  }

  @Test
  void broadBleedsAreWidened() {
    MaskI mask = new MaskI(40, 2);
    for (int x = 10; x < 20; x++) {
      mask.set(x, 0, MaskPlanes.SAT);
    }
    mask.set(5, 1, MaskPlanes.SAT);
    assertThat(SaturationMasker.widen(mask)).isEqualTo(8);
    assertThat(mask.get(6, 0)).isEqualTo(MaskPlanes.SAT);
    assertThat(mask.get(23, 0)).isEqualTo(MaskPlanes.SAT);
    assertThat(mask.get(24, 0)).isZero();
    assertThat(mask.get(6, 1)).isZero();
  }
}
