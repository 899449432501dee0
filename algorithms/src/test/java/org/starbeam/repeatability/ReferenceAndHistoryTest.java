package org.starbeam.repeatability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.photometry.LimitingMagnitude;
import org.starbeam.testing.Shared;

/** Zero points over the sky, shapes of PSFs, depth and histories, beside what was put in. */
class ReferenceAndHistoryTest {
  private static final double NAN = Double.NaN;

  @Test
  void zeroPointsThatDifferFromPixelToPixelAreFound() {
    Random random = new Random(1);
    int pixels = 400;
    int stars = 100;
    long[] pixel = new long[pixels * stars];
    double[] offset = new double[pixel.length];
    for (int p = 0; p < pixels; p++) {
      double zeroPoint = 0.2 + 0.010 * random.nextGaussian();
      for (int s = 0; s < stars; s++) {
        pixel[p * stars + s] = p;
        offset[p * stars + s] = zeroPoint + 0.003 * random.nextGaussian();
      }
    }
    ZeroPointMap found = ZeroPointMap.of(pixel, offset, 10);
    assertThat(found.pixels()).isEqualTo(pixels);
    assertThat(1000 * found.rms()).isCloseTo(10, within(4 * 1000 * found.err()));
    assertThat(1000 * found.err()).isCloseTo(10 / Math.sqrt(800), within(0.05));
    assertThat(1000 * found.deviations().limitOf(10)).isCloseTo(16.45, within(2.0));
    assertThat(found.deviations().percentBeyond(0.015)).isCloseTo(13.36, within(5.0));
  }

  @Test
  void anOffsetOfTheWholeSkyIsNotAPatternOnIt() {
    ZeroPointMap found =
        ZeroPointMap.of(
            new long[] {1, 1, 2, 2, 3, 3}, new double[] {0.4, 0.6, 0.5, 0.5, 0.3, 0.7}, 2);
    assertThat(found.rms()).isCloseTo(0, within(1e-12));
  }

  @Test
  void pixelsOfFewStarsAndStarsWithoutNumbersDoNotCount() {
    long[] pixel = {1, 1, 2, 2, 2, 3, 3};
    double[] offset = {0.01, 0.03, 0.05, 0.07, NAN, 9, NAN};
    ZeroPointMap found = ZeroPointMap.of(pixel, offset, 2);
    assertThat(found.pixels()).isEqualTo(2);
    assertThat(found.rms()).isCloseTo(0.04 / Math.sqrt(2), within(1e-12));
    assertThat(found.deviations().limitOf(10)).isCloseTo(0.02, within(1e-12));
    ZeroPointMap none = ZeroPointMap.of(new long[0], new double[0], 2);
    assertThat(none.pixels()).isZero();
    assertThat(none.rms()).isNaN();
    assertThat(none.deviations().percentBeyond(1)).isNaN();
  }

  @Test
  void theOrderOfStarsDoesNotChangeABit() {
    Random random = new Random(2);
    int n = 1000;
    long[] pixel = random.longs(n, 0, 20).toArray();
    double[] offset = random.doubles(n).toArray();
    long[] otherPixel = new long[n];
    double[] otherOffset = new double[n];
    for (int i = 0; i < n; i++) {
      int j = (int) (37L * i % n);
      otherPixel[j] = pixel[i];
      otherOffset[j] = offset[i];
    }
    ZeroPointMap found = ZeroPointMap.of(pixel, offset, 1);
    ZeroPointMap other = ZeroPointMap.of(otherPixel, otherOffset, 1);
    assertThat(other.rms()).isEqualTo(found.rms());
    assertThat(other.deviations().limitOf(10)).isEqualTo(found.deviations().limitOf(10));
  }

  @Test
  void theDistortionOfAnEllipseIsThatOfItsAxes() {
    double a = 2.2;
    double b = 1.8;
    double angle = 0.7;
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    double xx = a * a * cos * cos + b * b * sin * sin;
    double yy = a * a * sin * sin + b * b * cos * cos;
    double xy = (a * a - b * b) * cos * sin;
    assertThat(PsfEllipticity.distortion(xx, yy, xy))
        .isCloseTo((a * a - b * b) / (a * a + b * b), within(1e-12));
    assertThat(PsfEllipticity.distortion(0, 0, 0)).isNaN();
    assertThat(PsfEllipticity.distortion(NAN, 1, 0)).isNaN();
  }

  @Test
  void everyVisitCountsOnceWhateverItsDetectors() {
    PsfEllipticity found =
        PsfEllipticity.of(
            List.of(
                new double[] {0.01, 0.02, 0.03, NAN},
                new double[] {0.04},
                new double[] {0.08, 0.10},
                new double[] {NAN}));
    assertThat(found.median().n()).isEqualTo(3);
    assertThat(found.median().value()).isEqualTo(0.04);
    assertThat(found.single().size()).isEqualTo(6);
    assertThat(found.single().percentBeyond(0.07)).isCloseTo(100 / 3.0, within(1e-9));
    assertThat(PsfEllipticity.of(List.of()).median().value()).isNaN();
  }

  @Test
  void theNoiseOfPhotonsIsTakenOff() {
    Random random = new Random(3);
    List<double[]> mags = new ArrayList<>();
    List<double[]> errs = new ArrayList<>();
    for (int s = 0; s < 4000; s++) {
      double[] mag = new double[40];
      double[] err = new double[40];
      for (int v = 0; v < mag.length; v++) {
        err[v] = v % 2 == 0 ? 0.003 : 0.005;
        mag[v] = 20 + 0.004 * random.nextGaussian() + err[v] * random.nextGaussian();
      }
      mags.add(mag);
      errs.add(err);
    }
    assertThat(1000 * IntrinsicScatter.of(mags, errs, 3).value()).isCloseTo(4, within(0.1));
    double[] none = {NAN, NAN, NAN};
    assertThat(IntrinsicScatter.of(List.of(new double[] {1, 2, 3}), List.of(none), 3).n()).isZero();
    double[] large = {5, 5, 5};
    assertThat(IntrinsicScatter.of(List.of(new double[] {1, 2, 3}), List.of(large), 3).value())
        .isZero();
  }

  @Test
  void starsThatScatterMoreThanTheOthersAreCounted() {
    List<double[]> stars = new ArrayList<>();
    for (int s = 0; s < 10; s++) {
      double d = s < 2 ? 0.050 : 0.004;
      stars.add(new double[] {18 - d, 18, 18 + d});
    }
    PhotometricScatter found = PhotometricScatter.of(stars, 3);
    assertThat(found.scatter().value()).isCloseTo(0.004, within(1e-9));
    assertThat(found.excess().percentBeyond(0.015)).isEqualTo(20);
    assertThat(found.excess().percentBeyond(0.047)).isZero();
  }

  /** Fields of equal correlation; the error of three is that of one over sqrt 3, times 1.2533. */
  @Test
  void correlationsOfFieldsAreTheirMedian() {
    EllipticityCorrelation.Result small = new EllipticityCorrelation.Result(9, 1e-5, 0, 0, 3e-6);
    EllipticityCorrelation.Result large = new EllipticityCorrelation.Result(8, 0, -4e-5, 0, 3e-6);
    EllipticityCorrelation.Result none = new EllipticityCorrelation(0, 1).result();
    EllipticityCorrelation.OfFields found =
        EllipticityCorrelation.OfFields.of(List.of(small, large, none, small));
    assertThat(found.value()).isEqualTo(1e-5);
    assertThat(found.pairs()).isEqualTo(26);
    assertThat(found.err()).isCloseTo(1.2533 * 3e-6 / Math.sqrt(3), within(1e-12));
    assertThat(EllipticityCorrelation.OfFields.of(List.of(none)).value()).isNaN();
  }

  @Test
  void aStarWithoutShapeIsInNoPair() {
    EllipticityCorrelation correlation = new EllipticityCorrelation(0, 1);
    correlation.add(
        List.of(
            new EllipticityCorrelation.Star(0, 0, 0.01, 0),
            new EllipticityCorrelation.Star(0.1, 0, NAN, 0),
            new EllipticityCorrelation.Star(0.2, 0, 0.02, 0)));
    assertThat(correlation.result().pairs()).isEqualTo(1);
    assertThat(correlation.result().e1()).isCloseTo(2e-4, within(1e-15));
  }

  @Test
  void theDepthOfTheVector() {
    JsonNode depth = Shared.vector("metrics-toy").path("depth");
    assertThat(
            LimitingMagnitude.of(
                depth.path("ZP_mag_for_1_electron").asDouble(),
                depth.path("skyNoise_electron").asDouble(),
                depth.path("psfArea_pixel").asDouble()))
        .isCloseTo(depth.path("m5").asDouble(), withinPercentage(1e-4));
    assertThat(LimitingMagnitude.of(30, NAN, 10)).isNaN();
  }

  @Test
  void theChangeOfTheVector() {
    JsonNode expected = Shared.vector("metrics-toy").path("regression");
    double[] history = Shared.numbers(expected.path("history"));
    double value = expected.path("new").asDouble();
    double floor = expected.path("floor_rel").asDouble();
    SeriesChange found = SeriesChange.of(history, value, floor, 0);
    assertThat(found.z()).isCloseTo(expected.path("z").asDouble(), withinPercentage(1e-4));
    double[] sorted = history.clone();
    Arrays.sort(sorted);
    assertThat(SeriesChange.of(sorted, value, floor, 0)).isEqualTo(found);
  }

  @Test
  void aSeriesThatNeverChangedHasTheFloorAsItsScatter() {
    double[] five = {5, 5, 5, 5};
    assertThat(SeriesChange.of(five, 5.3, 0.02, 0).z()).isCloseTo(3, within(1e-9));
    assertThat(SeriesChange.of(five, 5.3, 0.02, 0.6).z()).isCloseTo(0.5, within(1e-9));
    assertThat(SeriesChange.of(new double[] {5, NAN, 5, 5}, 5.3, 0.02, 0).z()).isNaN();
    double[] long13 = new double[13];
    Arrays.fill(long13, 5);
    long13[12] = 1e9;
    assertThat(SeriesChange.of(long13, 5, 0.02, 0).z()).isZero();
  }
}
