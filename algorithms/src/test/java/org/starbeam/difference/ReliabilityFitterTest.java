package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.difference.ReliabilityFitter.Sample;
import org.starbeam.difference.ReliabilityModel.Feature;
import org.starbeam.failure.AlgorithmException;

/** Labels drawn from a known logistic law, and the model that comes with the release. */
class ReliabilityFitterTest {
  private static final ReliabilityFitter FITTER =
      new ReliabilityFitter(new ReliabilityFitter.Config(1e-6, 50, 1e-12));

  /** ln odds = 0.5 + sum of w_i f_i with w = 1.5, -1, 0, 1.5, -1, 0 ... */
  private static double truth(Feature feature) {
    return new double[] {1.5, -1, 0}[feature.ordinal() % 3];
  }

  private static List<Sample> samples(int n) {
    Random random = new Random(8);
    List<Sample> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Map<Feature, Double> f = new EnumMap<>(Feature.class);
      double t = 0.5;
      for (Feature feature : Feature.values()) {
        double value = 0.3 * random.nextGaussian() + 2;
        f.put(feature, value);
        t += truth(feature) * (value - 2);
      }
      out.add(new Sample(f, random.nextDouble() < 1 / (1 + Math.exp(-t))));
    }
    return out;
  }

  @Test
  void findsTheLawThatMadeTheLabels() {
    ReliabilityModel model = FITTER.fit("test", samples(40000));
    Map<Feature, Double> middle = new EnumMap<>(Feature.class);
    for (Feature feature : Feature.values()) {
      middle.put(feature, 2.0);
    }
    assertThat(logOdds(model, middle)).isCloseTo(0.5, within(0.06));
    for (Feature feature : Feature.values()) {
      Map<Feature, Double> more = new EnumMap<>(middle);
      more.put(feature, 3.0);
      assertThat(logOdds(model, more) - logOdds(model, middle))
          .as("four errors of the weight of %s", feature)
          .isCloseTo(truth(feature), within(0.17));
    }
  }

  private static double logOdds(ReliabilityModel model, Map<Feature, Double> features) {
    double p = model.score(features);
    return Math.log(p / (1 - p));
  }

  @Test
  void theOrderOfTheSourcesDoesNotMatter() {
    List<Sample> samples = samples(2000);
    List<Sample> shuffled = new ArrayList<>(samples);
    Collections.shuffle(shuffled, new Random(2));
    assertThat(FITTER.fit("a", shuffled).lines()).isEqualTo(FITTER.fit("a", samples).lines());
  }

  @Test
  void oneKindAloneIsRefused() {
    List<Sample> real = samples(200).stream().filter(Sample::real).toList();
    assertThatThrownBy(() -> FITTER.fit("a", real))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("real of");
  }

  @Test
  void theModelOfTheReleaseIsWhatItsFileSaysAndIsSafeFromMissingValues() {
    ReliabilityModel model = ReliabilityModel.standard();
    assertThat(ReliabilityModel.parse(model.lines()).lines()).isEqualTo(model.lines());
    assertThat(model.version()).startsWith("baseline-");
    assertThat(model.parts(Map.of())).hasSize(Feature.values().length).containsValue(0.0);
    assertThat(model.score(Map.of(Feature.SNR, Double.NaN))).isEqualTo(model.score(Map.of()));
    for (double value : new double[] {-1e6, 0, 1e6}) {
      Map<Feature, Double> all = new EnumMap<>(Feature.class);
      for (Feature feature : Feature.values()) {
        all.put(feature, value);
      }
      assertThat(model.score(all)).isBetween(0.0, 1.0);
    }
  }
}
