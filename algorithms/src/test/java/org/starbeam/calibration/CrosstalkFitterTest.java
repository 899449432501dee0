package org.starbeam.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Amplifier.RawRegions;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/** Crosstalk of made-up star fields whose matrix is known. */
class CrosstalkFitterTest {
  private static final int SIZE = 256;
  private static final int AMPLIFIERS = 4;
  private static final double GAIN = 1.6;

  private static List<Amplifier> amplifiers() {
    List<Amplifier> out = new ArrayList<>();
    Box none = new Box(0, 0, 0, 0);
    for (int i = 0; i < AMPLIFIERS; i++) {
      RawRegions raw = new RawRegions(SIZE, SIZE, new Box(0, 0, SIZE, SIZE), none, none, none);
      Box box = new Box(i * SIZE, 0, SIZE, SIZE);
      out.add(new Amplifier("C0" + i, "C0" + i, box, false, false, raw, GAIN, 5, 100_000, 100_000));
    }
    return out;
  }

  /** Some of the pairs couple by up to 5e-4, the others not at all. */
  private static double[][] truth(Random random) {
    double[][] out = new double[AMPLIFIERS][AMPLIFIERS];
    for (int s = 0; s < AMPLIFIERS; s++) {
      for (int t = 0; t < AMPLIFIERS; t++) {
        out[s][t] = Math.abs(s - t) == 1 ? 1e-4 + 4e-4 * random.nextDouble() : 0;
      }
    }
    return out;
  }

  /** Sky of 600 ADU with twenty bright stars and as many faint ones for each amplifier. */
  private static List<ImageF> field(Random random, double[][] c) {
    List<ImageF> light = new ArrayList<>();
    for (int a = 0; a < AMPLIFIERS; a++) {
      ImageF image = new ImageF(SIZE, SIZE);
      image.fill(600);
      for (int star = 0; star < 40; star++) {
        double peak = star < 20 ? 55_000 * random.nextDouble() : 300 * random.nextDouble();
        add(image, SIZE * random.nextDouble(), SIZE * random.nextDouble(), peak);
      }
      light.add(image);
    }
    List<ImageF> out = new ArrayList<>();
    for (int t = 0; t < AMPLIFIERS; t++) {
      ImageF image = light.get(t).copy();
      for (int i = 0; i < image.data.length; i++) {
        double ghost = 0;
        for (int s = 0; s < AMPLIFIERS; s++) {
          ghost += c[s][t] * light.get(s).data[i];
        }
        double noise = Math.sqrt(light.get(t).data[i] / GAIN + 9);
        image.data[i] += (float) (ghost + noise * random.nextGaussian());
      }
      out.add(image);
    }
    return out;
  }

  private static void add(ImageF image, double cx, double cy, double peak) {
    for (int y = (int) Math.max(0, cy - 12); y < Math.min(SIZE, cy + 12); y++) {
      for (int x = (int) Math.max(0, cx - 12); x < Math.min(SIZE, cx + 12); x++) {
        double r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
        image.set(x, y, image.get(x, y) + (float) (peak * Math.exp(-r2 / (2 * 1.7 * 1.7))));
      }
    }
  }

  @Test
  void thirtyStarFieldsGiveTheMatrixWithinItsErrors() {
    Random random = new Random(21);
    double[][] c = truth(random);
    CrosstalkFitter fitter =
        new CrosstalkFitter(CrosstalkFitter.Config.defaults(), 3, amplifiers());
    for (int i = 0; i < 30; i++) {
      fitter.add(new ArrayList<>(field(random, c)));
    }
    MeasuredCrosstalk found = fitter.result();
    int pairs = 0;
    double squares = 0;
    for (int s = 0; s < AMPLIFIERS; s++) {
      for (int t = 0; t < AMPLIFIERS; t++) {
        if (s != t) {
          double error = found.errors()[s][t];
          assertThat(error).isBetween(4e-6, 3e-5);
          double pull = (found.coefficients()[s][t] - c[s][t]) / error;
          assertThat(Math.abs(pull)).isLessThan(4);
          squares += pull * pull;
          pairs++;
          double used = found.matrix().linear(s, t);
          assertThat(used).isCloseTo(c[s][t], within(3 * error));
        }
      }
    }
    assertThat(Math.sqrt(squares / pairs)).isBetween(0.5, 1.5);
  }

  @Test
  void fieldsWithoutBrightStarsGiveNoMatrix() {
    CrosstalkFitter fitter =
        new CrosstalkFitter(CrosstalkFitter.Config.defaults(), 3, amplifiers());
    ImageF sky = new ImageF(SIZE, SIZE);
    sky.fill(600);
    List<ImageF> images = new ArrayList<>();
    images.add(sky);
    images.add(null);
    images.add(sky);
    images.add(sky);
    fitter.add(images);
    assertThat(fitter.result().coefficients()[0][2]).isNaN();
    assertThat(fitter.result().matrix().isZero()).isTrue();
  }
}
