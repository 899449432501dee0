package org.starbeam.repeatability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.repeatability.BandPosition.Place;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/** Stars that move by a known amount, seen in two bands at different times and at known offsets. */
class BandPositionTest {
  private static final double MAS = Math.toRadians(1 / 3.6e6);
  private static final double START = 60_000;

  /** A star at a tangent point, moved and scattered in mas. */
  private record Truth(SkyPoint at, double motionEast, double motionNorth, double errMas) {
    Place seen(double years, double east, double north, Random random) {
      SkyPoint place =
          new Gnomonic(at)
              .deproject(
                  MAS * (motionEast * years + east + errMas * random.nextGaussian()),
                  MAS * (motionNorth * years + north + errMas * random.nextGaussian()));
      return new Place(START + 365.25 * years, place.raDeg(), place.decDeg(), errMas, errMas);
    }

    BandPosition band(
        String name, int visits, double from, double east, double north, Random random) {
      List<Place> places = new ArrayList<>();
      for (int v = 0; v < visits; v++) {
        places.add(seen(from + v, east, north, random));
      }
      return BandPosition.of(name, places).orElseThrow();
    }
  }

  private static Truth still(double errMas) {
    return new Truth(new SkyPoint(0.0001, -60), 0, 0, errMas);
  }

  @Test
  void theLineHasTheMotionThatWasPutIn() {
    Truth star = new Truth(new SkyPoint(359.9999, 70), 300, -150, 1e-3);
    BandPosition found = star.band("r", 5, 0, 0, 0, new Random(1));
    assertThat(found.visits()).isEqualTo(5);
    assertThat(found.mjd()).isCloseTo(START + 2 * 365.25, within(1e-6));
    assertThat(found.east().slope()).isCloseTo(300, within(0.01));
    assertThat(found.north().slope()).isCloseTo(-150, within(0.01));
    assertThat(found.errMas()).isCloseTo(1e-3 / Math.sqrt(5), within(1e-9));
    assertThat(found.slopeErr()).isCloseTo(1e-3 / Math.sqrt(10), within(1e-9));
  }

  @Test
  void aPreciseVisitCountsMoreThanACoarseOne() {
    Place precise = new Place(START, 10, 0, 1, 1);
    Place coarse = new Place(START, 10 + 10 / 3.6e6, 0, 3, 3);
    BandPosition found = BandPosition.of("r", List.of(precise, coarse)).orElseThrow();
    assertThat((found.mean().raDeg() - 10) * 3.6e6).isCloseTo(1, within(1e-3));
    assertThat(found.errMas()).isCloseTo(1 / Math.sqrt(1 + 1 / 9.0), within(1e-9));
  }

  /** A year between the bands; without the motion the star would be 200 mas off. */
  @Test
  void motionIsNoOffsetBetweenBands() {
    Truth star = new Truth(new SkyPoint(120, 40), 200, 0, 1);
    Random random = new Random(2);
    BandPosition r = star.band("r", 4, 0, 0, 0, random);
    BandPosition g = star.band("g", 4, 1, 0, 0, random);
    double[] offset = BandPosition.offset(List.of(g, r), g, r);
    assertThat(offset[0]).isCloseTo(0, within(3.0));
    assertThat(offset[1]).isCloseTo(0, within(3.0));
  }

  @Test
  void whatOnlyOneBandHasIsAnOffset() {
    Random random = new Random(3);
    BandPosition r = still(0.1).band("r", 4, 0, 0, 0, random);
    BandPosition u = still(0.1).band("u", 4, 0.5, 12, -7, random);
    double[] offset = BandPosition.offset(List.of(r, u), u, r);
    assertThat(offset[0]).isCloseTo(12, within(0.5));
    assertThat(offset[1]).isCloseTo(-7, within(0.5));
  }

  /** A slope that noise makes in three visits of a day would carry a star far in a year. */
  @Test
  void aMotionThatIsNotSignificantIsNotApplied() {
    Random random = new Random(4);
    List<Place> day = new ArrayList<>();
    for (int v = 0; v < 3; v++) {
      day.add(still(5).seen(v / 365.25, 0, 0, random));
    }
    BandPosition r = BandPosition.of("r", day).orElseThrow();
    BandPosition g = BandPosition.of("g", List.of(still(5).seen(1, 0, 0, random))).orElseThrow();
    double[] offset = BandPosition.offset(List.of(g, r), g, r);
    assertThat(Math.hypot(offset[0], offset[1])).isLessThan(25);
  }

  @Test
  void errorsThatAreTooSmallMakeNoMotion() {
    Random random = new Random(5);
    int moving = 0;
    for (int s = 0; s < 300; s++) {
      List<Place> places = new ArrayList<>();
      for (int v = 0; v < 12; v++) {
        Place p = still(10).seen(0.1 * v, 0, 0, random);
        places.add(new Place(p.mjd(), p.raDeg(), p.decDeg(), 2, 2));
      }
      BandPosition r = BandPosition.of("r", places).orElseThrow();
      BandPosition g =
          BandPosition.of("g", List.of(new Place(START + 3000, 0.0001, -60, 2, 2))).orElseThrow();
      moving += Math.abs(BandPosition.offset(List.of(g, r), g, r)[0]) > 30 ? 1 : 0;
    }
    assertThat(moving).isLessThan(5);
  }

  @Test
  void placesWithoutErrorsDoNotCount() {
    Place nan = new Place(START, Double.NaN, 0, 1, 1);
    Place noError = new Place(START, 10, 0, Double.NaN, 1);
    Place zeroError = new Place(START, 10, 0, 0, 1);
    assertThat(BandPosition.of("r", List.of(nan, noError, zeroError))).isEmpty();
    BandPosition one =
        BandPosition.of("r", List.of(nan, new Place(START, 10, 0, 2, 2), zeroError)).orElseThrow();
    assertThat(one.visits()).isEqualTo(1);
    assertThat(one.slopeErr()).isInfinite();
    assertThat(one.east().slope()).isZero();
    assertThat(BandPosition.offset(List.of(one), one, one)).containsExactly(0, 0);
  }

  @Test
  void theRmsIsThatOfTheWorseAxis() {
    Random random = new Random(6);
    List<double[]> offsets = new ArrayList<>();
    for (int s = 0; s < 20_000; s++) {
      offsets.add(new double[] {6 * random.nextGaussian(), 8 + 6 * random.nextGaussian()});
    }
    BandOffsets found = BandOffsets.of(offsets);
    assertThat(found.size()).isEqualTo(20_000);
    assertThat(found.rms()).isCloseTo(10, within(0.15));
    assertThat(found.err()).isCloseTo(0.05, within(0.001));
    // |8 + 6 t| > 20 for t > 2 and t < -4.67; the tenth that is farthest beyond 8 + 1.292 * 6
    assertThat(found.percentBeyond(20)).isCloseTo(2.28, within(0.35));
    assertThat(found.limitOf(10)).isCloseTo(15.7, within(0.25));
  }

  @Test
  void strangersDoNotMakeTheRms() {
    List<double[]> offsets = new ArrayList<>();
    for (int s = -50; s <= 50; s++) {
      offsets.add(new double[] {s / 10.0, 0});
    }
    double without = BandOffsets.of(offsets).rms();
    offsets.add(new double[] {500, 0});
    assertThat(BandOffsets.of(offsets).rms()).isEqualTo(without);
    assertThat(BandOffsets.of(offsets).percentBeyond(20)).isCloseTo(100 / 102.0, within(1e-9));
  }

  @Test
  void anyOrderGivesTheSameBits() {
    Random random = new Random(7);
    List<double[]> offsets = new ArrayList<>();
    for (int s = 0; s < 999; s++) {
      offsets.add(new double[] {random.nextGaussian(), random.nextGaussian()});
    }
    BandOffsets found = BandOffsets.of(offsets);
    Collections.shuffle(offsets, random);
    BandOffsets shuffled = BandOffsets.of(offsets);
    assertThat(shuffled.rms()).isEqualTo(found.rms());
    assertThat(shuffled.limitOf(10)).isEqualTo(found.limitOf(10));
  }

  @Test
  void nothingIsNoNumber() {
    BandOffsets none = BandOffsets.of(List.of(new double[] {Double.NaN, 1}));
    assertThat(none.size()).isZero();
    assertThat(none.rms()).isNaN();
    assertThat(none.percentBeyond(1)).isNaN();
    assertThat(none.limitOf(10)).isNaN();
  }
}
