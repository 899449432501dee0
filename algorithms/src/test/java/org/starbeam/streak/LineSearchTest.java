package org.starbeam.streak;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.image.MaskI;
import org.starbeam.streak.Scene.TrueTrail;

/** Both searches alone, on lines over white noise. */
class LineSearchTest {
  private static BinnedMap map(TrueTrail truth) {
    Scene scene = new Scene(400, 300, 5).trail(truth).observed();
    return new BinnedMap(new Residual(scene.image, new MaskI(scene.image.box())), 4, 4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 10, 44, 46, 80, 90, 100, 134, 136, 170})
  void radonTransformFindsFaintLines(double angle) {
    TrueTrail truth = TrueTrail.at(210, 140, angle, 0.7, 2);
    Candidate found = requireNonNull(new FastRadon(128).strongest(map(truth)));
    assertThat(found.strength()).isGreaterThan(8);
    assertThat(found.line().angleTo(truth.line())).isLessThan(2.5);
    double x = found.line().x();
    double y = found.line().y();
    assertThat(Math.abs(truth.line().across(x, y))).isLessThan(4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 10, 44, 46, 80, 90, 100, 134, 136, 170})
  void houghTransformFindsBrightLinesWithinTwoBins(double angle) {
    TrueTrail truth = TrueTrail.at(210, 140, angle, 30, 3);
    List<Candidate> found = new KernelHough(StreakFinder.Hough.defaults()).lines(map(truth));
    assertThat(found).isNotEmpty();
    Line line = found.get(0).line();
    assertThat(line.angleTo(truth.line())).isLessThan(1);
    assertThat(Math.abs(line.across(210, 140))).isLessThan(8);
  }
}
