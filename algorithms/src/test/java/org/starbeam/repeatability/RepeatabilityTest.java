package org.starbeam.repeatability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.starbeam.repeatability.AstrometricScatter.Track;
import org.starbeam.testing.Shared;

/** The definitions of the SRD on examples worked out elsewhere, and on stars of known scatter. */
class RepeatabilityTest {
  private static final double RELATIVE = 1e-4;

  private static JsonNode toy;

  @BeforeAll
  static void readTheVector() {
    toy = Shared.vector("metrics-toy");
  }

  private static double[] doubles(JsonNode node) {
    double[] out = new double[node.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = node.get(i).asDouble();
    }
    return out;
  }

  @Test
  void magnitudesOfTheVectorScatterAsItSays() {
    JsonNode expected = toy.path("PA1_PF1");
    List<double[]> stars = new ArrayList<>();
    expected.path("mags").forEach(star -> stars.add(doubles(star)));
    PhotometricScatter found = PhotometricScatter.of(stars, 3);
    assertThat(1000 * found.scatter().value())
        .isCloseTo(expected.path("PA1_mmag").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.deviations().percentBeyond(0.015))
        .isCloseTo(expected.path("PF1_percent_PA2_15").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.deviations().percentBeyond(0.010))
        .isCloseTo(expected.path("PF1_percent_PA2_10").asDouble(), withinPercentage(RELATIVE));
  }

  private static List<Track> tracks() {
    JsonNode visits = toy.path("AM1").path("positions_visit_star_radec");
    List<Track> out = new ArrayList<>();
    for (int star = 0; star < visits.get(0).size(); star++) {
      double[] ra = new double[visits.size()];
      double[] dec = new double[visits.size()];
      for (int v = 0; v < ra.length; v++) {
        ra[v] = visits.get(v).get(star).get(0).asDouble();
        dec[v] = visits.get(v).get(star).get(1).asDouble();
      }
      out.add(new Track(star, LongStream.range(0, ra.length).toArray(), ra, dec));
    }
    return out;
  }

  @Test
  void separationsOfTheVectorScatterAsItSays() {
    JsonNode expected = toy.path("AM1");
    AstrometricScatter found = AstrometricScatter.of(tracks(), 4, 6, 1000);
    assertThat(found.scatter().n()).isEqualTo(expected.path("pairs").size());
    assertThat(found.scatter().value())
        .isCloseTo(expected.path("AM1_mas").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.deviations().percentBeyond(20))
        .isEqualTo(expected.path("AF1_percent_AD_20").asDouble());
    assertThat(found.deviations().percentBeyond(5))
        .isCloseTo(expected.path("AF1_percent_AD_5").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.deviations().limitOf(10))
        .isCloseTo(expected.path("AD1_mas_at_AF_10").asDouble(), withinPercentage(RELATIVE));
  }

  @Test
  void ellipticitiesOfTheVectorAreCorrelatedAsItSays() {
    JsonNode expected = toy.path("TE");
    List<EllipticityCorrelation.Star> stars = new ArrayList<>();
    for (int i = 0; i < expected.path("xy_arcmin").size(); i++) {
      double[] place = doubles(expected.path("xy_arcmin").get(i));
      double[] e = doubles(expected.path("de1_de2").get(i));
      stars.add(new EllipticityCorrelation.Star(place[0], place[1], e[0], e[1]));
    }
    EllipticityCorrelation correlation = new EllipticityCorrelation(0, 1);
    correlation.add(stars);
    EllipticityCorrelation.Result found = correlation.result();
    assertThat(found.pairs()).isEqualTo(expected.path("npairs").asLong());
    assertThat(found.e1()).isCloseTo(expected.path("E1").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.e2()).isCloseTo(expected.path("E2").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.ex()).isCloseTo(expected.path("EX").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.xiPlus())
        .isCloseTo(expected.path("xi_plus").asDouble(), withinPercentage(RELATIVE));
    assertThat(found.largest()).isEqualTo(Math.abs(found.ex()));
  }

  /** The median of sample deviations of ten is 0.963 of the true one. */
  @Test
  void fiveMillimagnitudesAreFoundInThousandsOfStars() {
    Random random = new Random(5);
    List<double[]> stars = new ArrayList<>();
    for (int s = 0; s < 5000; s++) {
      stars.add(random.doubles(10).map(u -> 18 + 0.005 * random.nextGaussian()).toArray());
    }
    assertThat(1000 * PhotometricScatter.of(stars, 3).scatter().value())
        .isCloseTo(5 * Math.sqrt(8.343 / 9), within(0.1));
  }

  /** Stars on both sides of right ascension 0, 5 mas off in each visit. */
  private static List<Track> field(int stars, Random random) {
    List<Track> out = new ArrayList<>();
    for (int s = 0; s < stars; s++) {
      double ra = 359.8 + 0.4 * random.nextDouble();
      double dec = -0.2 + 0.4 * random.nextDouble();
      double[] a = new double[8];
      double[] d = new double[8];
      for (int v = 0; v < 8; v++) {
        a[v] = (ra + 5 / 3.6e6 * random.nextGaussian() + 360) % 360;
        d[v] = dec + 5 / 3.6e6 * random.nextGaussian();
      }
      out.add(new Track(s, LongStream.range(0, 8).toArray(), a, d));
    }
    return out;
  }

  @Test
  void theSeparationOfTwoStarsHasTheErrorsOfBothAlongTheLine() {
    List<Track> field = field(600, new Random(6));
    AstrometricScatter found = AstrometricScatter.of(field, 4, 6, 200_000);
    double medianOfSeven = Math.sqrt(6.346 / 7);
    assertThat(found.scatter().value()).isCloseTo(medianOfSeven * 5 * Math.sqrt(2), within(0.1));
    assertThat(found.deviations().size()).isEqualTo(8 * found.scatter().n());
  }

  @Test
  void aSampleOfPairsDoesNotDependOnTheOrderAndSaysTheSame() {
    List<Track> field = field(400, new Random(7));
    List<Track> shuffled = new ArrayList<>(field);
    Collections.shuffle(shuffled, new Random(8));
    shuffled.sort(Comparator.comparingLong(Track::id));
    AstrometricScatter all = AstrometricScatter.of(field, 4, 6, 1_000_000);
    AstrometricScatter some = AstrometricScatter.of(field, 4, 6, 500);
    assertThat(some.scatter().n()).isBetween(500, 505).isLessThan(all.scatter().n());
    assertThat(AstrometricScatter.of(shuffled, 4, 6, 500).scatter()).isEqualTo(some.scatter());
    assertThat(some.scatter().value())
        .isCloseTo(all.scatter().value(), within(4 * some.scatter().err()));
  }

  @Test
  void nothingSeenIsNoNumber() {
    assertThat(PhotometricScatter.of(List.of(new double[] {18, 18.1}), 3).scatter().n()).isZero();
    assertThat(AstrometricScatter.of(List.of(), 4, 6, 10).scatter().value()).isNaN();
    assertThat(new EllipticityCorrelation(0, 1).result().largest()).isNaN();
    assertThat(new Deviations(new double[0]).percentBeyond(1)).isNaN();
  }
}
