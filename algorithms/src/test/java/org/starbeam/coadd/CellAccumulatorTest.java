package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.hash.Hashing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

class CellAccumulatorTest {
  private static final CellAccumulator.Config SMALL = new CellAccumulator.Config(30, 10, 5, 0, 0.5);
  private static final InputStatistics STATISTICS =
      new InputStatistics(59600.25, 30, 0.8, 1.2, 3.5, 3.6, 0.1, 1000, 30, 1, 1);

  private static ImageD delta(int radius) {
    ImageD psf = new ImageD(Box.around(0, 0, radius));
    psf.set(0, 0, 1);
    return psf;
  }

  private static CellChip constant(
      long visit, int weight, float x, float v, int m, CellAccumulator.Config config) {
    int side = config.outer();
    MaskedImage pixels = new MaskedImage(new Box(0, 0, side, side));
    pixels.image().fill(x);
    pixels.variance().fill(v);
    byte[] fraction = new byte[side * side];
    java.util.Arrays.fill(fraction, (byte) m);
    return new CellChip(
        visit, 1, weight, pixels, fraction, 0, side, List.of(), delta(2), STATISTICS, 0);
  }

  private static CellChip random(long visit, int weight, Random random) {
    CellChip chip = constant(visit, weight, 0, 900, 0, SMALL);
    int n = SMALL.outer() * SMALL.outer();
    for (int i = 0; i < n; i++) {
      chip.pixels().image().data[i] = (float) (30 * random.nextGaussian());
      chip.pixels().variance().data[i] = (float) (900 + 10 * random.nextGaussian());
      chip.maskedFraction()[i] = (byte) random.nextInt(256);
      if (random.nextInt(50) == 0) {
        chip.pixels().mask().data[i] = 1 << random.nextInt(23);
      }
    }
    chip.pixels().image().data[random.nextInt(n)] = Float.NaN;
    return chip;
  }

  private static String sha(CellAccumulator cell) {
    CellCoadd coadd = cell.extract();
    var hash = Hashing.sha256().newHasher();
    hash.putBytes(cell.toBytes());
    for (float f : coadd.pixels().image().data) {
      hash.putFloat(f);
    }
    for (float f : coadd.pixels().variance().data) {
      hash.putFloat(f);
    }
    for (int m : coadd.pixels().mask().data) {
      hash.putInt(m);
    }
    for (double p : coadd.psf().data) {
      hash.putDouble(p);
    }
    hash.putBytes(coadd.maskedFraction());
    return hash.hash().toString();
  }

  @Test
  void stateExtractAndRetractionAreThoseOfTheVector() {
    JsonNode vector = Shared.vector("coadd-reprosum");
    CellAccumulator cell = new CellAccumulator(SMALL);
    JsonNode inputs = vector.get("contributions");
    JsonNode single = vector.get("per_contribution");
    List<CellChip> chips = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      JsonNode row = inputs.get(i);
      CellChip chip =
          constant(
              i,
              row.get(0).intValue(),
              (float) row.get(1).doubleValue(),
              (float) row.get(2).doubleValue(),
              row.get(3).intValue(),
              new CellAccumulator.Config(30, 10, 5, 0, 1.0));
      CellAccumulator alone = new CellAccumulator(new CellAccumulator.Config(30, 10, 5, 0, 1.0));
      alone.add(chip);
      assertThat(alone.main().weight).isEqualTo(single.get(i).get(0).longValue());
      assertThat(alone.main().swx[7]).isEqualTo(single.get(i).get(1).longValue());
      assertThat(alone.main().swwv[7]).isEqualTo(single.get(i).get(2).longValue());
      assertThat(alone.main().swm[7]).isEqualTo(single.get(i).get(3).longValue());
      chips.add(chip);
    }
    CellAccumulator all = new CellAccumulator(new CellAccumulator.Config(30, 10, 5, 0, 1.0));
    chips.forEach(all::add);
    JsonNode state = vector.get("state");
    assertThat(all.main().count).isEqualTo(state.get("n").intValue());
    assertThat(all.main().weight).isEqualTo(state.get("SW").longValue());
    assertThat(all.main().swx[0]).isEqualTo(state.get("SWx").longValue());
    assertThat(all.main().swwv[0]).isEqualTo(state.get("SWWv").longValue());
    assertThat(all.main().swm[0]).isEqualTo(state.get("SWm").longValue());
    CellCoadd coadd = all.extract();
    JsonNode extract = vector.get("extract");
    assertThat(coadd.pixels().image().data[0])
        .isEqualTo((float) extract.get("image").doubleValue());
    assertThat(coadd.pixels().variance().data[0])
        .isEqualTo((float) extract.get("variance_nJy2").doubleValue());
    assertThat(Byte.toUnsignedInt(coadd.maskedFraction()[0]))
        .isEqualTo((int) Math.rint(255 * extract.get("maskedFraction").doubleValue()));
    all.retract(chips.get(2));
    JsonNode after = vector.get("after_retracting_index2");
    assertThat(all.main().weight).isEqualTo(after.get("SW").longValue());
    assertThat(all.main().swx[0]).isEqualTo(after.get("SWx").longValue());
    assertThat(all.extract().pixels().image().data[0])
        .isEqualTo((float) after.get("image").doubleValue());
    assertThat(cell.extract().isEmpty()).isTrue();
  }

  @Test
  void aPixelBeyondTheRangeIsClampedAndSaturated() {
    JsonNode clamp = Shared.vector("coadd-reprosum").get("clamp_case");
    CellAccumulator cell = new CellAccumulator(SMALL);
    cell.add(
        constant(
            1, clamp.get("W").intValue(), (float) clamp.get("x").doubleValue(), 900, 0, SMALL));
    assertThat(cell.main().swx[0]).isEqualTo(clamp.get("SWx_contribution").longValue());
    assertThat(cell.extract().pixels().mask().data[0] & MaskPlanes.SAT).isNotZero();
  }

  @Test
  void hundredOrdersAndTreesOfMergesGiveTheSameBytes() {
    Random random = new Random(11);
    List<CellChip> chips = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      chips.add(random(i / 2, 1 + random.nextInt(100000), random));
    }
    String first = null;
    for (int trial = 0; trial < 100; trial++) {
      Collections.shuffle(chips, random);
      List<CellAccumulator> parts = new ArrayList<>();
      int bundles = 1 + random.nextInt(12);
      for (int b = 0; b < bundles; b++) {
        parts.add(new CellAccumulator(SMALL));
      }
      chips.forEach(chip -> parts.get(random.nextInt(bundles)).add(chip));
      while (parts.size() > 1) {
        CellAccumulator from = parts.remove(random.nextInt(parts.size()));
        parts.get(random.nextInt(parts.size())).merge(from);
      }
      String sha = sha(parts.get(0));
      first = first == null ? sha : first;
      assertThat(sha).isEqualTo(first);
    }
  }

  @Test
  void retractingASubsetLeavesTheComplement() {
    Random random = new Random(3);
    CellAccumulator all = new CellAccumulator(SMALL);
    CellAccumulator complement = new CellAccumulator(SMALL);
    List<CellChip> bad = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      CellChip chip = random(i, 65536 - i, random);
      all.add(chip);
      if (i % 3 == 0) {
        bad.add(chip);
      } else {
        complement.add(chip);
      }
    }
    bad.forEach(all::retract);
    assertThat(all.toBytes()).isEqualTo(complement.toBytes());
    assertThatThrownBy(() -> all.retract(bad.get(0))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void stateComesBackFromItsBytes() {
    Random random = new Random(4);
    CellAccumulator cell = new CellAccumulator(SMALL);
    for (int i = 0; i < 5; i++) {
      cell.add(random(i, 4000 + i, random));
    }
    byte[] bytes = cell.toBytes();
    assertThat(CellAccumulator.fromBytes(bytes).toBytes()).isEqualTo(bytes);
  }

  @Test
  void aSingleInputIsItsOwnCoadd() {
    CellChip chip = random(5, 65536, new Random(8));
    CellAccumulator cell = new CellAccumulator(SMALL);
    cell.add(chip);
    CellCoadd coadd = cell.extract();
    for (int i = 0; i < SMALL.outer() * SMALL.outer(); i++) {
      if ((coadd.pixels().mask().data[i] & MaskPlanes.NO_DATA) == 0) {
        assertThat((double) coadd.pixels().image().data[i] - chip.pixels().image().data[i])
            .isBetween(-0.5 / 65536 - 1e-5, 0.5 / 65536 + 1e-5);
      } else {
        assertThat(coadd.pixels().image().data[i]).isZero();
      }
    }
  }

  @Test
  void emptyMaskedAndUnweightedInputsGiveDefinedResults() {
    CellAccumulator cell = new CellAccumulator(SMALL);
    assertThat(cell.add(constant(1, 0, 1, 900, 0, SMALL))).isFalse();
    assertThat(CoaddWeight.of(Double.NaN)).isZero();
    CellChip masked = constant(2, 65536, 1, 900, 0, SMALL);
    masked.pixels().mask().fill(MaskPlanes.SAT);
    CellChip infinite = constant(3, 65536, 1, Float.POSITIVE_INFINITY, 0, SMALL);
    cell.add(masked);
    cell.add(infinite);
    CellCoadd coadd = cell.extract();
    for (int bits : coadd.pixels().mask().data) {
      assertThat(bits & MaskPlanes.NO_DATA).isNotZero();
    }
    assertThat(coadd.pixels().image().data).containsOnly(0);
    CellChip good = constant(4, 65536, 7, 900, 0, SMALL);
    cell.add(good);
    assertThat(cell.extract().pixels().image().data).containsOnly(7);
  }

  @Test
  void aMostlyMaskedInputCountsOnlyWhenThereIsNoOther() {
    CellAccumulator cell = new CellAccumulator(SMALL);
    cell.add(constant(1, 65536, 5, 900, 200, SMALL));
    assertThat(cell.extract().flags()).contains(CellCoadd.Flag.FALLBACK);
    assertThat(cell.extract().pixels().image().data).containsOnly(5);
    cell.add(constant(2, 65536, 3, 900, 0, SMALL));
    assertThat(cell.extract().pixels().image().data).containsOnly(3);
    assertThat(cell.extract().inputs()).hasSize(1);
  }

  @Test
  void theSameInputTwiceIsFlagged() {
    CellAccumulator cell = new CellAccumulator(SMALL);
    cell.add(constant(1, 65536, 5, 900, 0, SMALL));
    cell.add(constant(1, 65536, 5, 900, 0, SMALL));
    assertThat(cell.extract().flags()).contains(CellCoadd.Flag.DUPLICATE_INPUT);
  }

  @Test
  void weightsAreTheIntegersOfTheSpecification() {
    assertThat(CoaddWeight.of(900)).isEqualTo(65536);
    assertThat(CoaddWeight.of(1800)).isEqualTo(32768);
    assertThat(CoaddWeight.of(1e12)).isEqualTo(1);
    assertThat(CoaddWeight.of(1e-3)).isEqualTo(CoaddWeight.MAX);
  }
}
