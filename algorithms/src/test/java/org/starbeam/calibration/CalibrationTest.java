package org.starbeam.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.calibration.CertificationIndex.Entry;
import org.starbeam.calibration.FrameCombiner.Input;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

class CalibrationTest {
  @TempDir Path directory;

  @Test
  void combinationMatchesTheVector() {
    JsonNode v = Shared.vector("cpp-combine");
    List<Input> inputs = new ArrayList<>();
    for (int k = 0; k < 7; k++) {
      MaskedImage frame = new MaskedImage(new Box(0, 0, 4, 1));
      for (int x = 0; x < 4; x++) {
        frame.image().data[x] = (float) Shared.number(v.get("inputs").get(k).get(x));
        boolean masked = v.get("mask").get(k).get(x).intValue() != 0;
        frame.mask().data[x] = masked ? MaskPlanes.SAT : 0;
      }
      inputs.add(new Input("e" + k, RowSource.of(frame), 1, List.of()));
    }
    MaskedImage out =
        new FrameCombiner(FrameCombiner.Config.defaults()).combine("test", inputs).image();
    for (int x = 0; x < 4; x++) {
      JsonNode e = v.get("expect").get(x);
      double mean = e.get("meanClip").doubleValue();
      assertThat((double) out.image().data[x]).isCloseTo(mean, within(2e-6 * (1 + mean)));
      double variance = e.get("variance").doubleValue();
      assertThat((double) out.variance().data[x]).isCloseTo(variance, within(1e-5 * variance));
    }
  }

  private static MaskedImage noise(long seed, double level, double sigma) {
    Random random = new Random(seed);
    MaskedImage out = new MaskedImage(new Box(0, 0, 64, 64));
    for (int i = 0; i < out.image().data.length; i++) {
      out.image().data[i] = (float) (level + sigma * random.nextGaussian());
    }
    out.variance().fill((float) (sigma * sigma));
    return out;
  }

  private static final List<Box> AMPLIFIERS =
      List.of(new Box(0, 0, 64, 32), new Box(0, 32, 64, 32));

  @Test
  void blocksAndOrderDoNotMatterAndALeakingInputIsNamed() {
    List<Input> inputs = new ArrayList<>();
    for (int k = 0; k < 10; k++) {
      MaskedImage frame = noise(k, 0, 6);
      if (k == 8) {
        for (int y = 0; y < 64; y++) {
          for (int x = 0; x < 64; x++) {
            frame.image().set(x, y, frame.image().get(x, y) + 400f * y / 64);
          }
        }
      }
      RowSource rows = k % 2 == 0 ? RowSource.of(frame) : ScratchFrame.write(directory, frame);
      inputs.add(Input.of("exposure " + k, frame, rows, 1, AMPLIFIERS));
    }
    FrameCombiner.Config d = FrameCombiner.Config.defaults();
    FrameCombiner.Combined whole = new FrameCombiner(d).combine("bias", inputs);
    assertThat(whole.rejected()).singleElement();
    assertThat(whole.rejected().get(0).name()).isEqualTo("exposure 8");
    assertThat(whole.used()).hasSize(9);
    assertThat(whole.suspect()).isFalse();
    Collections.shuffle(inputs, new Random(3));
    FrameCombiner.Config small =
        new FrameCombiner.Config(3, 3, 3, 5, 0.1, 0.02, 0.3, d.excluded(), 12L * 10 * 64 * 5);
    FrameCombiner.Combined blocks = new FrameCombiner(small).combine("bias", inputs);
    assertThat(blocks.image().image().data).isEqualTo(whole.image().image().data);
    double sd = new ClippedStatistics().of(whole.image().image()).sd();
    assertThat(sd).isCloseTo(6 / Math.sqrt(9), within(0.1));
    double variance = new ClippedStatistics().of(whole.image().variance()).meanClip();
    assertThat(variance).isBetween(3.2, 4.2);
  }

  @Test
  void aCosmicRayInOneOfTwoDarksIsLeftOut() {
    List<Input> inputs = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      MaskedImage frame = noise(k, 3, 6);
      if (k == 0) {
        frame.image().set(10, 10, 5000);
      }
      inputs.add(Input.of("d" + k, frame, RowSource.of(frame), 60, AMPLIFIERS));
    }
    MaskedImage out =
        new FrameCombiner(FrameCombiner.Config.defaults().withMinInputs(2))
            .combine("dark", inputs)
            .image();
    assertThat(out.image().get(10, 10)).isLessThan(1);
    assertThatThrownBy(
            () -> new FrameCombiner(FrameCombiner.Config.defaults()).combine("dark", inputs))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("2 usable inputs of 2");
  }

  @Test
  void flatScalesFollowTheLampAndKeepTheDetectors() {
    double[] response = {0.9, 1.05, 1.02, 1.03};
    double[] lamp = {30000, 24000, 36000, 31000, 29000};
    double[][] levels = new double[4][5];
    double[][] counts = new double[4][5];
    for (int d = 0; d < 4; d++) {
      for (int e = 0; e < 5; e++) {
        levels[d][e] = response[d] * lamp[e];
        counts[d][e] = 1e6;
      }
    }
    levels[2][1] = Double.NaN;
    FlatScaler.Scales scales = FlatScaler.solve(levels, counts);
    for (int e = 0; e < 5; e++) {
      assertThat(scales.exposure()[e]).isCloseTo(lamp[e], within(1e-7 * lamp[e]));
    }
    for (int d = 0; d < 4; d++) {
      assertThat(scales.detector()[d]).isCloseTo(response[d], within(1e-9));
    }
  }

  @Test
  void defectsAreFoundAndBrokenColumnsFilled() {
    Random random = new Random(2);
    ImageF dark = noise(1, 0.05, 0.04).image();
    ImageF flat = noise(2, 1, 0.005).image();
    MaskI truth = new MaskI(dark.box());
    for (int k = 0; k < 40; k++) {
      int x = random.nextInt(64);
      int y = random.nextInt(64);
      dark.set(x, y, (float) (1 + 100 * random.nextDouble()));
      truth.set(x, y, 1);
    }
    for (int y = 32; y < 64; y++) {
      boolean blinks = y % 7 == 3;
      flat.set(20, y, blinks ? 1 : 0.1f);
      truth.set(20, y, 1);
    }
    DefectList found =
        new DefectFinder(DefectFinder.Config.defaults())
            .find(null, dark, List.of(flat), AMPLIFIERS, List.of());
    MaskI mask = new MaskI(dark.box());
    found.boxes().forEach(b -> mask.view(b).fill(1));
    int area = 0;
    for (Box b : found.boxes()) {
      for (int y = b.y0(); y < b.y1(); y++) {
        for (int x = b.x0(); x < b.x1(); x++) {
          mask.set(x, y, 1);
        }
      }
      area += b.area();
    }
    assertThat(found.area()).isEqualTo(area);
    assertThat(mask.data).isEqualTo(truth.data);
    Path file = directory.resolve("defects.fits");
    found.write(file, Map.of());
    assertThat(DefectList.read(file)).isEqualTo(found);
  }

  @Test
  void validityLookUpEqualsASearchThroughAll() {
    Random random = new Random(4);
    List<Entry<Integer>> entries = new ArrayList<>();
    double at = 59000;
    for (int i = 0; i < 300; i++) {
      double end = at + random.nextDouble();
      entries.add(new Entry<>("bias", 3, null, at, end, i));
      at = end + (random.nextBoolean() ? 0 : random.nextDouble());
    }
    Collections.shuffle(entries, random);
    CertificationIndex<Integer> index = new CertificationIndex<>(entries, false);
    for (int k = 0; k < 10_000; k++) {
      double mjd = 58999 + 400 * random.nextDouble();
      Optional<Integer> expected =
          entries.stream()
              .filter(e -> e.begin() <= mjd && mjd < e.end())
              .map(Entry::product)
              .findFirst();
      assertThat(index.find("bias", 3, null, mjd)).isEqualTo(expected);
    }
  }

  @Test
  void overlapsAreRefusedAndAnOpenEndIsClosedByTheSuccessor() {
    double open = CertificationIndex.OPEN_END;
    CertificationIndex<String> index =
        new CertificationIndex<>(
            List.of(
                new Entry<>("flat", 0, "r", 59000, open, "old"),
                new Entry<>("flat", 0, "r", 59100, open, "new")),
            false);
    assertThat(index.get("flat", 0, "r", 59050)).isEqualTo("old");
    assertThat(index.get("flat", 0, "r", 59100)).isEqualTo("new");
    assertThatThrownBy(() -> index.get("flat", 0, "r", 58000))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nearest before: none")
        .hasMessageContaining("59000");
    assertThatThrownBy(
            () ->
                new CertificationIndex<>(
                    List.of(
                        new Entry<>("flat", 0, "r", 59000, 59010, "a"),
                        new Entry<>("flat", 0, "r", 59005, 59020, "b")),
                    false))
        .hasMessageContaining("overlap");
  }
}
