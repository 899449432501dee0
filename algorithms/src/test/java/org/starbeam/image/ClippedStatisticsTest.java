package org.starbeam.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

class ClippedStatisticsTest {
  @Test
  void agreesWithNumpyOnEveryCaseOfTheVector() {
    for (JsonNode c : Shared.vector("isr-clipped-stats").get("cases")) {
      double[] values = Shared.numbers(c.get("values"));
      if (!c.get("mask").isNull()) {
        int andMask = c.get("andMask").asInt();
        for (int i = 0; i < values.length; i++) {
          values[i] = (c.get("mask").get(i).asInt() & andMask) == 0 ? values[i] : Double.NaN;
        }
      }
      var config =
          new ClippedStatistics.Config(
              c.get("kappa").asDouble(), c.get("iterations").asInt(), false);
      ClippedStatistics.Result r = new ClippedStatistics(config).of(values);
      JsonNode e = c.get("expect");
      String name = c.get("name").asText();
      assertThat(r.n()).as(name).isEqualTo(e.get("n").asInt());
      assertThat(r.nUsed()).as(name).isEqualTo(e.path("nClipUsed").asInt(r.nUsed()));
      check(name + " mean", r.mean(), e.get("mean"));
      check(name + " median", r.median(), e.get("median"));
      check(name + " q1", r.q1(), e.get("q1"));
      check(name + " q3", r.q3(), e.get("q3"));
      check(name + " sd", r.sd(), e.get("stdev"));
      check(name + " meanClip", r.meanClip(), e.get("meanClip"));
      check(name + " sdClip", r.sdClip(), e.get("stdevClip"));
    }
  }

  private static void check(String what, double value, JsonNode expected) {
    double e = expected == null ? Double.NaN : Shared.number(expected);
    if (Double.isNaN(e)) {
      assertThat(value).as(what).isNaN();
    } else {
      assertThat(value).as(what).isCloseTo(e, within(1e-10 * Math.max(1, Math.abs(e)) + 5e-10));
    }
  }

  @Test
  void truncationRatioIsThatOfTheVector() {
    for (JsonNode c : Shared.vector("isr-clipped-stats").get("truncationRatioGaussian")) {
      double ratio =
          ClippedStatistics.truncationRatio(c.get("kappa").asDouble(), c.get("iterations").asInt());
      assertThat(ratio).isCloseTo(c.get("ratio").asDouble(), within(1e-10));
    }
  }

  @Test
  void floatsBySelectionAndByRadixAgreeWithSorting() {
    SplittableRandom random = new SplittableRandom(1);
    for (int n : new int[] {1, 2, 3, 10, 101, 8191, 8192, 50_001}) {
      float[] v = new float[n];
      for (int i = 0; i < n; i++) {
        v[i] = (float) (random.nextGaussian() * 1000) * (random.nextInt(3) == 0 ? 0 : 1);
      }
      float[] sorted = v.clone();
      Arrays.sort(sorted);
      var r = new ClippedStatistics().of(v);
      assertThat(r.median()).isEqualTo(quantile(sorted, 0.5));
      assertThat(r.q1()).isEqualTo(quantile(sorted, 0.25));
      assertThat(r.q3()).isEqualTo(quantile(sorted, 0.75));
    }
  }

  @Test
  void scatterOfAGaussianSampleIsItsDeviationWhateverIsNotFinite() {
    SplittableRandom random = new SplittableRandom(11);
    double[] values = new double[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 100 == 0 ? Double.NaN : 5 + 3 * random.nextGaussian();
    }
    assertThat(ClippedStatistics.scatter(values)).isCloseTo(3, within(0.1));
    assertThat(ClippedStatistics.scatter(new double[] {1, Double.NaN})).isNaN();
  }

  @Test
  void quantilesLieOnTheLineBetweenNeighbours() {
    double[] sorted = {1, 2, 4, 8};
    assertThat(ClippedStatistics.quantile(sorted, 0.25)).isEqualTo(1.75);
    assertThat(ClippedStatistics.quantile(sorted, 0.5)).isEqualTo(3);
    assertThat(ClippedStatistics.quantile(sorted, 1)).isEqualTo(8);
    assertThat(ClippedStatistics.quantile(new double[] {7}, 0.75)).isEqualTo(7);
  }

  private static double quantile(float[] sorted, double q) {
    double at = q * (sorted.length - 1);
    int i = (int) at;
    double high = sorted[Math.min(i + 1, sorted.length - 1)];
    return sorted[i] + (at - i) * (high - sorted[i]);
  }

  @Test
  void unbiasedNoiseOfAMillionGaussianValuesIsRightWithinItsError() {
    SplittableRandom random = new SplittableRandom(7);
    float[] v = new float[1_000_000];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) (1000 + 8 * random.nextGaussian());
    }
    var r = new ClippedStatistics(ClippedStatistics.Config.noise()).of(v);
    assertThat(r.sdClip()).isCloseTo(8, within(8 * 3 / Math.sqrt(2e6)));
  }

  @Test
  void orderOfTheValuesDoesNotMatter() {
    SplittableRandom random = new SplittableRandom(9);
    float[] v = new float[20_000];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) (50_000 + 300 * random.nextGaussian());
    }
    float[] reversed = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      reversed[i] = v[v.length - 1 - i];
    }
    var a = new ClippedStatistics().of(v);
    var b = new ClippedStatistics().of(reversed);
    assertThat((float) a.meanClip()).isEqualTo((float) b.meanClip());
    assertThat((float) a.sdClip()).isEqualTo((float) b.sdClip());
  }

  @Test
  void maskedAndNonFinitePixelsAreLeftOut() {
    ImageF image = new ImageF(4, 1);
    MaskI mask = new MaskI(4, 1);
    image.data[0] = 1;
    image.data[1] = Float.NaN;
    image.data[2] = 3;
    image.data[3] = 1000;
    mask.data[2] = MaskPlanes.INTRP;
    mask.data[3] = MaskPlanes.SAT;
    var r = new ClippedStatistics().of(image, mask, MaskPlanes.SAT);
    assertThat(r.n()).isEqualTo(2);
    assertThat(r.mean()).isEqualTo(2);
    assertThat(r.orMask()).isEqualTo(MaskPlanes.INTRP);
    assertThat(new ClippedStatistics().of(new float[] {Float.NaN}).isEmpty()).isTrue();
  }
}
