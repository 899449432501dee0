package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.calibration.DeferredChargeFitter;
import org.starbeam.calibration.OverscanTail;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.testing.Shared;

/** Charge that a serial register defers: put back, and measured in the overscans of flats. */
class DeferredChargeTest {
  private static final DeferredChargeCorrector.Config NO_TRAIL =
      new DeferredChargeCorrector.Config(1);

  private static ImageF row(JsonNode values) {
    ImageF out = new ImageF(values.size(), 1);
    for (int x = 0; x < values.size(); x++) {
      out.data[x] = (float) values.get(x).doubleValue();
    }
    return out;
  }

  private static void assertRow(ImageF found, JsonNode expected, int from, int to, double limit) {
    for (int x = from; x < to; x++) {
      double e = expected.get(x).doubleValue();
      assertThat((double) found.data[x]).isCloseTo(e, within(limit + 1e-6 * Math.abs(e)));
    }
  }

  /**
   * The vector's form forgets traps filled more than 6 pixels ago, here by the source at column 8.
   */
  @Test
  void localOffsetAndTrapsMatchTheVector() {
    JsonNode v = Shared.vector("isr-cti");
    JsonNode local = v.get("localOffset");
    JsonNode trap = v.get("trap");
    double scale = local.get("driftScale").doubleValue();
    double decay = local.get("decayTime").doubleValue();
    DeferredCharge.Amplifier offset =
        new DeferredCharge.Amplifier("A", 0, 0, scale, decay, 0, 1, 1, 0, 0, 0);
    ImageF first = row(v.get("row"));
    new DeferredChargeCorrector(NO_TRAIL, offset).correct(first, first.box());
    int width = first.width();
    assertRow(first, v.get("afterLocalOffset"), 0, width, 1e-4);

    DeferredCharge.Amplifier traps =
        new DeferredCharge.Amplifier(
            "A",
            trap.get("globalCti").doubleValue(),
            0,
            scale,
            decay,
            trap.get("size").doubleValue(),
            1,
            trap.get("emissionTime").doubleValue(),
            0,
            0,
            0);
    double k = trap.get("k").doubleValue();
    double half = trap.get("f0").doubleValue();
    double size = trap.get("size").doubleValue();
    ImageF both = row(v.get("row"));
    new DeferredChargeCorrector(NO_TRAIL, traps, s -> size / (1 + Math.exp(-k * (s - half))))
        .correct(both, both.box());
    assertRow(both, v.get("afterTrap"), 0, 15, 1e-4);
    double forgotten = size * Math.exp(-6 / traps.emissionPixels());
    assertRow(both, v.get("afterTrap"), 15, width, forgotten);
  }

  private static final int DATA = 256;
  private static final int OVERSCAN = 32;
  private static final DeferredCharge.Amplifier TRUTH =
      new DeferredCharge.Amplifier("A", 2e-6, 0, 3e-4, 1.2, 50, 9000, 1.5, 0, 0, 0);

  /**
   * Reads a register pixel by pixel: in each transfer a share b stays behind, then the trap takes
   * what it holds in equilibrium or gives up 1 - r of its surplus, then the electronics add the
   * local offset. All from the equations of Snyder et al. 2021, none from the code under test.
   */
  private static double[] read(double[] charge, DeferredCharge.Amplifier a) {
    int n = charge.length;
    double[] out = new double[n];
    double r = Math.exp(-1 / a.emissionPixels());
    double late = 0;
    double trap = 0;
    double drift = 0;
    for (int x = 0; x < n; x++) {
      double lost = charge[x] * -Math.expm1((x + 1) * Math.log1p(-a.globalCti()));
      double q = charge[x] - lost + late;
      late = lost;
      double equilibrium = a.trapSize() * -Math.expm1(-Math.max(0, q) / a.trapFill());
      double left = trap * r;
      double captured = Math.max(0, equilibrium - left);
      q += trap - left - captured;
      trap = left + captured;
      drift = Math.max(Math.max(0, q), drift * Math.exp(-1 / a.decayPixels()));
      out[x] = q + a.driftScale() * drift;
    }
    return out;
  }

  private static ImageF flat(double level, int height, double readNoise, Random random) {
    ImageF out = new ImageF(DATA + OVERSCAN, height);
    double[] charge = new double[DATA + OVERSCAN];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < DATA; x++) {
        charge[x] = readNoise == 0 ? level : level + Math.sqrt(level) * random.nextGaussian();
      }
      double[] read = read(charge, TRUTH);
      for (int x = 0; x < read.length; x++) {
        out.set(x, y, (float) (read[x] + 1000 + readNoise * random.nextGaussian()));
      }
    }
    return out;
  }

  private static DeferredCharge.Amplifier measured() {
    Random random = new Random(11);
    List<OverscanTail> tails = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      double level = 300 * Math.pow(300, i / 23.0);
      ImageF raw = flat(level, 2000, 5, random);
      tails.add(
          OverscanTail.measure(
              raw, new Box(0, 0, DATA, 2000), new Box(DATA, 0, OVERSCAN, 2000), 1));
    }
    return new DeferredChargeFitter(DeferredChargeFitter.Config.defaults()).fit("A", tails, 150e3);
  }

  @Test
  void whatTheRegisterDefersIsMeasuredInTheOverscansOfFlats() {
    DeferredCharge.Amplifier found = measured();
    assertThat(found.globalCti()).isCloseTo(TRUTH.globalCti(), within(2e-7));
    assertThat(found.driftScale()).isCloseTo(TRUTH.driftScale(), within(0.05 * 3e-4));
    assertThat(found.decayPixels()).isCloseTo(TRUTH.decayPixels(), within(0.1 * 1.2));
    assertThat(found.trapSize()).isCloseTo(TRUTH.trapSize(), within(0.1 * 50));
    assertThat(found.chi2() / found.degrees()).isBetween(0.5, 1.5);
  }

  @Test
  void starsKeepTheirPlaceAndFlux() {
    for (double peak : new double[] {1000, 10_000, 60_000}) {
      double[] charge = new double[DATA];
      for (int x = 0; x < DATA; x++) {
        double d = (x - 200.3) / 1.7;
        charge[x] = 500 + peak * Math.exp(-d * d / 2);
      }
      double[] read = read(charge, TRUTH);
      ImageF row = new ImageF(DATA, 1);
      for (int x = 0; x < DATA; x++) {
        row.data[x] = (float) read[x];
      }
      double[] before = moments(row);
      new DeferredChargeCorrector(DeferredChargeCorrector.Config.defaults(), TRUTH)
          .correct(row, row.box());
      double[] after = moments(row);
      double flux = peak * 1.7 * Math.sqrt(2 * Math.PI);
      assertThat(Math.abs(after[1] - 200.3)).isLessThan(1e-3);
      assertThat(Math.abs(after[1] - 200.3)).isLessThan(Math.abs(before[1] - 200.3) / 5);
      assertThat(after[0] / flux).isCloseTo(1, within(1e-4));
    }
  }

  /** Sum above the sky and centroid within 12 pixels of the star. */
  private static double[] moments(ImageF row) {
    double sum = 0;
    double x1 = 0;
    for (int x = 188; x <= 212; x++) {
      sum += row.data[x] - 500;
      x1 += x * (row.data[x] - 500);
    }
    return new double[] {sum, x1 / sum};
  }

  @Test
  void notANumberLeavesNoTrail() {
    ImageF row = new ImageF(20, 1);
    row.data[5] = Float.NaN;
    row.data[12] = 100;
    new DeferredChargeCorrector(DeferredChargeCorrector.Config.defaults(), TRUTH)
        .correct(row, row.box());
    assertThat(row.data[5]).isNaN();
    assertThat(row.data[6]).isZero();
    assertThat(row.data[12]).isBetween(99.5f, 102f);
  }

  @Test
  void aRegisterWithFewFlatsOrANarrowOverscanIsNotCorrected() {
    DeferredCharge.Amplifier none =
        new DeferredChargeFitter(DeferredChargeFitter.Config.defaults())
            .fit("A", List.of(), 100_000);
    assertThat(new DeferredChargeCorrector(DeferredChargeCorrector.Config.defaults(), none))
        .matches(c -> !c.isNeeded());
    ImageF raw = new ImageF(30, 5);
    assertThat(OverscanTail.measure(raw, new Box(0, 0, 20, 5), new Box(20, 0, 10, 5), 1)).isNull();
  }
}
