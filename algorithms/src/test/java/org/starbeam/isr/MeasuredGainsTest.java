package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/** ISR with the gains of a photon transfer curve. */
class MeasuredGainsTest {
  @TempDir Path directory;

  private static final Box BOX = new Box(0, 0, 32, 24);
  private static final double[] TRUE_GAINS = {1.58, 1.63};

  private static Amplifier amplifier(String name, int x0) {
    return new Amplifier(
        name,
        name,
        new Box(x0, 0, 16, 24),
        false,
        false,
        new Amplifier.RawRegions(
            28,
            24,
            new Box(0, 0, 16, 24),
            new Box(0, 0, 0, 0),
            new Box(16, 0, 12, 24),
            new Box(0, 0, 0, 0)),
        1.6,
        6,
        1e5,
        1e5);
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
          List.of(amplifier("A", 0), amplifier("B", 16)),
          CrosstalkMatrix.none(2));

  private static PhotonTransfer curve() {
    List<PhotonTransfer.Amplifier> out =
        List.of(
            new PhotonTransfer.Amplifier("A", TRUE_GAINS[0], 0, 5, 0, 5, 4e4, List.of()),
            new PhotonTransfer.Amplifier("B", TRUE_GAINS[1], 0, 7, 0, 7, 4e4, List.of()));
    return new PhotonTransfer(0, out, new double[0][0], new double[0][0], 0, 0);
  }

  /** A raw frame of an even light, electrons, with a bias pattern, electrons. */
  private static RawExposure raw(double light, boolean withPattern) {
    Random random = new Random(11);
    List<ImageF> images = new java.util.ArrayList<>();
    for (int k = 0; k < 2; k++) {
      ImageF image = new ImageF(28, 24);
      for (int i = 0; i < image.data.length; i++) {
        int x = i % 28;
        double pattern = withPattern && x < 16 ? 20 + x : 0;
        double level = x < 16 ? (light + pattern) / TRUE_GAINS[k] : 0;
        image.data[i] = (float) (1000 + level + 1e-3 * random.nextGaussian());
      }
      images.add(image);
    }
    return new RawExposure(DETECTOR, images);
  }

  /** A master that was made with the nominal gains, as the frame's header says or does not say. */
  private CalibrationFrame master(String name, boolean ofLight, boolean says) {
    ImageF image = new ImageF(BOX);
    for (int i = 0; i < image.data.length; i++) {
      int x = i % 32;
      double ratio = 1.6 / TRUE_GAINS[x / 16];
      image.data[i] = (float) (ratio * (ofLight ? 1 : 20 + x % 16));
    }
    Map<String, Object> cards = new LinkedHashMap<>();
    if (says) {
      cards.put(CalibrationFrame.gainCard("A"), 1.6);
      cards.put(CalibrationFrame.gainCard("B"), 1.6);
    }
    Path file = directory.resolve(name + says + ".fits");
    CalibrationFrame.of(new MaskedImage(image, new MaskI(BOX), new ImageF(BOX)), cards).write(file);
    return CalibrationFrame.read(file);
  }

  private static IsrTask.Config config(IsrTask.Gains gains) {
    IsrTask.Config d = IsrTask.Config.defaults();
    return new IsrTask.Config(
        d.overscan(),
        d.crosstalk(),
        d.deferredCharge(),
        true,
        true,
        true,
        true,
        false,
        false,
        true,
        false,
        0.2,
        1,
        0.2,
        false,
        d.fringe(),
        false,
        d.brighterFatter(),
        true,
        gains);
  }

  private static IsrCalibrations with(
      CalibrationFrame bias, CalibrationFrame flat, PhotonTransfer ptc) {
    return new IsrCalibrations(bias, null, flat, null, null, null, ptc, null);
  }

  @Test
  void mastersOfNominalGainsServeMeasuredOnesWithoutAStep() {
    for (boolean says : new boolean[] {true, false}) {
      IsrTask.Result result =
          new IsrTask(config(IsrTask.Gains.CERTIFIED))
              .run(
                  raw(5000, true),
                  with(master("bias", false, says), master("flat", true, says), curve()),
                  30);
      for (float value : result.image().image().data) {
        assertThat((double) value).isCloseTo(5000, within(0.05));
      }
      assertThat(result.report().cards()).containsEntry("GAINSRC", "ptc");
      assertThat(result.report().amplifiers().get(1).gain()).isEqualTo(TRUE_GAINS[1]);
      assertThat((double) result.image().variance().get(20, 5)).isCloseTo(5049, within(1.0));
    }
  }

  @Test
  void aMasterOfMeasuredGainsSaysSoInItsHeader() {
    ImageF image = new ImageF(BOX);
    image.fill(1);
    Map<String, Object> cards = Map.of(CalibrationFrame.gainCard("A"), TRUE_GAINS[0]);
    Path file = directory.resolve("measured.fits");
    CalibrationFrame.of(new MaskedImage(image, new MaskI(BOX), new ImageF(BOX)), cards).write(file);
    assertThat(CalibrationFrame.read(file).gain("A", 1.6)).isEqualTo(TRUE_GAINS[0]);
    assertThat(CalibrationFrame.read(file).gain("B", 1.6)).isEqualTo(1.6);
  }

  @Test
  void gainsCanBeThoseOfTheCameraFileOrRequired() {
    CalibrationFrame bias = master("bias", false, true);
    CalibrationFrame flat = master("flat", true, true);
    IsrReport report =
        new IsrTask(config(IsrTask.Gains.NOMINAL))
            .run(raw(5000, true), with(bias, flat, curve()), 30)
            .report();
    assertThat(report.cards()).containsEntry("GAINSRC", "camera");
    IsrTask strict = new IsrTask(config(IsrTask.Gains.REQUIRED));
    RawExposure frame = raw(5000, true);
    IsrCalibrations without = new IsrCalibrations(bias, null, flat, null, null, null, null, null);
    assertThatThrownBy(() -> strict.run(frame, without, 30))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("photon transfer");
  }
}
