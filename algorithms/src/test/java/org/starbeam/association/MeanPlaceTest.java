package org.starbeam.association;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.association.MeanPlace.Fix;
import org.starbeam.sky.Angles;

class MeanPlaceTest {
  private static final double MAS = 1 / 3.6e6;

  /** Errors 10 and 20 mas: weights 4 to 1 in ra, equal ones in dec. */
  @Test
  void eachAxisIsWeightedByItsOwnVariance() {
    MeanPlace mean =
        MeanPlace.of(
            List.of(
                new Fix(0, 0, 10 * MAS, 30 * MAS, 0, 60000),
                new Fix(100 * MAS, 50 * MAS, 20 * MAS, 30 * MAS, 0, 60010)));
    assertThat(mean.place().raDeg() / MAS).isCloseTo(20, within(1e-6));
    assertThat(mean.place().decDeg() / MAS).isCloseTo(25, within(1e-6));
    assertThat(mean.raErrDeg() / MAS).isCloseTo(Math.sqrt(80), within(1e-9));
    assertThat(mean.decErrDeg() / MAS).isCloseTo(30 / Math.sqrt(2), within(1e-9));
    assertThat(mean.mjdTai()).isEqualTo(60005);
  }

  @Test
  void ofEqualDetectionsTheCovarianceIsDividedByTheirNumber() {
    Fix fix = new Fix(20, -70, 10 * MAS, 20 * MAS, 90 * MAS * MAS, 60000);
    MeanPlace mean = MeanPlace.of(List.of(fix, fix, fix));
    assertThat(mean.covDeg2() / MAS / MAS).isCloseTo(30, within(1e-9));
  }

  @Test
  void anErrorOfNothingCountsAsFiveMilliarcseconds() {
    Fix sure = new Fix(10, 20, 0, 1e-9, 0, 60000);
    assertThat(MeanPlace.of(List.of(sure)).raErrDeg() / MAS).isCloseTo(5, within(1e-9));
    assertThat(MeanPlace.of(List.of(sure)).decErrDeg() / MAS).isCloseTo(5, within(1e-9));
  }

  @Test
  void detectionsAroundThePoleMeetAtThePole() {
    Fix a = new Fix(0, 90 - 100 * MAS, 10 * MAS, 10 * MAS, 0, 60000);
    Fix b = new Fix(180, 90 - 100 * MAS, 10 * MAS, 10 * MAS, 0, 60000);
    MeanPlace mean = MeanPlace.of(List.of(a, b));
    double off = Angles.separationArcsec(0, 90, mean.place().raDeg(), mean.place().decDeg());
    assertThat(off).isLessThan(1e-6);
  }

  @Test
  void withoutErrorsTheMeanHasNone() {
    Fix a = new Fix(10, 0, Double.NaN, Double.NaN, Double.NaN, 60000);
    Fix b = new Fix(10 + 200 * MAS, 0, Double.NaN, Double.NaN, Double.NaN, 60000);
    MeanPlace mean = MeanPlace.of(List.of(a, b));
    assertThat((mean.place().raDeg() - 10) / MAS).isCloseTo(100, within(1e-4));
    assertThat(mean.raErrDeg()).isNaN();
    Fix known = new Fix(10, 0, 10 * MAS, 10 * MAS, 0, 60000);
    assertThat(MeanPlace.of(List.of(known, b)).place().raDeg()).isCloseTo(10, within(1e-12));
  }
}
