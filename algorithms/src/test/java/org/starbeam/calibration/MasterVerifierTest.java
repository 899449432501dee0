package org.starbeam.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.calibration.MasterVerifier.Exposure;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.camera.Detector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/** Verification: good products pass, products that are bad by twice the limit do not. */
class MasterVerifierTest {
  private static final Box BOX = new Box(0, 0, 128, 128);
  private static final double READ_NOISE = 6;
  private static final int INPUTS = 10;

  private static Amplifier amplifier(String name, Box box) {
    Box data = new Box(0, 0, box.width(), box.height());
    Box none = new Box(0, 0, 0, 0);
    return new Amplifier(
        name,
        name,
        box,
        false,
        false,
        new Amplifier.RawRegions(box.width(), box.height(), data, none, none, none),
        1.6,
        READ_NOISE,
        90_000,
        80_000);
  }

  private static final Detector DETECTOR =
      new Detector(
          0,
          "D0",
          null,
          BOX,
          0,
          0,
          0,
          0,
          0,
          List.of(amplifier("A", new Box(0, 0, 64, 128)), amplifier("B", new Box(64, 0, 64, 128))),
          CrosstalkMatrix.none(2));

  private static final MasterVerifier VERIFIER =
      new MasterVerifier(MasterVerifier.Config.defaults(), DETECTOR);

  /** Exposures with noise of a scatter about a mean, as those are that made their own master. */
  private static List<Exposure> exposures(long seed, double mean, double sigma, double darkTime) {
    Random random = new Random(seed);
    List<Exposure> out = new ArrayList<>();
    for (int e = 0; e < 3; e++) {
      MaskedImage image = new MaskedImage(BOX);
      for (int i = 0; i < image.image().data.length; i++) {
        double noise = sigma * Math.sqrt(1 - 1.0 / INPUTS) * random.nextGaussian();
        image.image().data[i] = (float) (mean + noise);
      }
      out.add(new Exposure(image, darkTime));
    }
    return out;
  }

  private static CalibrationFrame frame(double value) {
    ImageF image = new ImageF(BOX);
    image.fill((float) value);
    return new CalibrationFrame(
        new MaskedImage(image, new MaskI(BOX), new ImageF(BOX)), 0, Map.of());
  }

  private static List<String> failing(List<CalibrationCheck> checks) {
    return VERIFIER.condemning(checks).stream().map(CalibrationCheck::test).distinct().toList();
  }

  @Test
  void goodBiasesPassAndThoseWithALevelOrNoiseOfTwiceTheLimitFail() {
    for (int seed = 0; seed < 100; seed++) {
      assertThat(failing(VERIFIER.bias(exposures(seed, 0, 6, 0), INPUTS, true))).isEmpty();
      assertThat(failing(VERIFIER.bias(exposures(seed, 1.2, 6, 0), INPUTS, true)))
          .containsExactly("MEAN");
      assertThat(failing(VERIFIER.bias(exposures(seed, 0, 6.6, 0), INPUTS, true)))
          .containsExactly("NOISE");
      assertThat(failing(VERIFIER.bias(exposures(seed, 0, 5.4, 0), INPUTS, true)))
          .containsExactly("NOISE");
      assertThat(failing(VERIFIER.bias(exposures(seed, 0, 6.6, 0), INPUTS, false))).isEmpty();
    }
  }

  @Test
  void darksAreJudgedByTheirRateAndTheNoiseOfTheCharge() {
    double sigma = Math.sqrt(36 + 0.1 * 60);
    for (int seed = 0; seed < 100; seed++) {
      List<Exposure> good = exposures(seed, 0, sigma, 60);
      assertThat(failing(VERIFIER.dark(frame(0.1), good, INPUTS, true))).isEmpty();
      assertThat(failing(VERIFIER.dark(frame(0.4), good, INPUTS, true))).contains("RATE_P95");
    }
  }

  @Test
  void flatsAreJudgedByTheirRangeAndStepsBetweenAmplifiers() {
    for (int seed = 0; seed < 100; seed++) {
      List<Exposure> good = exposures(seed, 30_000, Math.sqrt(30_036), 0);
      assertThat(failing(VERIFIER.flat(frame(1), good, INPUTS, true))).isEmpty();
      assertThat(failing(VERIFIER.flat(frame(1), exposures(seed, 30_000, 208, 0), INPUTS, true)))
          .containsExactly("NOISE");
      CalibrationFrame odd = frame(1);
      for (int i = 0; i < 33; i++) {
        odd.image().image().data[i] = 1.8f;
      }
      assertThat(failing(VERIFIER.flat(odd, good, INPUTS, true))).containsExactly("RANGE");
      for (Exposure e : good) {
        for (int i = 0; i < e.image().image().data.length; i++) {
          e.image().image().data[i] *= i % 128 < 64 ? 1 : 1.0143f;
        }
      }
      assertThat(failing(VERIFIER.flat(frame(1), good, INPUTS, true))).containsExactly("SCATTER");
    }
  }

  private static PhotonTransfer curve(double gain, double chi2) {
    List<PhotonTransfer.Amplifier> amplifiers =
        DETECTOR.amplifiers().stream()
            .map(
                a ->
                    new PhotonTransfer.Amplifier(
                        a.name(), gain, 0.01, 6.9, 0.1, 6, 40_000, List.of()))
            .toList();
    return new PhotonTransfer(0, amplifiers, new double[1][1], new double[1][1], chi2, 100);
  }

  @Test
  void aGainFarFromTheNominalOneCondemnsAndOtherOdditiesOnlyWarn() {
    assertThat(failing(VERIFIER.ptc(curve(1.63, 100), DETECTOR))).isEmpty();
    assertThat(failing(VERIFIER.ptc(curve(1.76, 100), DETECTOR))).containsExactly("GAIN");
    List<CalibrationCheck> odd = VERIFIER.ptc(curve(1.6, 300), DETECTOR);
    assertThat(failing(odd)).isEmpty();
    assertThat(odd.stream().filter(c -> Boolean.FALSE.equals(c.passes())))
        .extracting(CalibrationCheck::test)
        .containsExactlyInAnyOrder("NOISE", "NOISE", "CHI2");
  }

  @Test
  void whatCannotBeMeasuredIsNeitherGoodNorBad() {
    List<CalibrationCheck> checks = VERIFIER.bias(List.of(), INPUTS, true);
    assertThat(checks).allSatisfy(c -> assertThat(c.passes()).isNull());
    assertThat(VERIFIER.condemning(checks)).isEmpty();
  }
}
