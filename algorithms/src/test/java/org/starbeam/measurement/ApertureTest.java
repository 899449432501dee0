package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

class ApertureTest {

  @Test
  void sincWeightsAreTheBandLimitedAperture() {
    JsonNode weights = Shared.vector("char-sinc-aperture").get("weights");
    for (String name : new String[] {"R3", "R6"}) {
      JsonNode w = weights.get(name);
      ImageD table = SincAperture.of(w.get("radius").asDouble()).weights(100, 50);
      for (int i = 0; i < 10; i++) {
        assertThat(table.get(100 + i, 50))
            .isCloseTo(w.get("w_dx0to9_dy0").get(i).asDouble(), within(2e-7));
        assertThat(table.get(100 - i, 50 + i))
            .isCloseTo(w.get("w_diag_0to9").get(i).asDouble(), within(2e-7));
      }
    }
  }

  @Test
  void fluxOfASampledGaussianIsTheAnalyticOneAtAnySubpixelPosition() {
    for (JsonNode c : Shared.vector("char-sinc-aperture").get("fluxes")) {
      double cx = c.get("cx").asDouble();
      double cy = c.get("cy").asDouble();
      double radius = c.get("radius").asDouble();
      double s2 = c.get("sigma").asDouble() * c.get("sigma").asDouble();
      ImageD image = AdaptiveMomentsTest.gaussian(91, 45 + cx, 45 + cy, s2, s2, 0, 1);
      double flux = sum(SincAperture.of(radius).weights(45 + cx, 45 + cy), image);
      String expected = radius <= 12 ? "sinc" : "exact_area";
      assertThat(flux)
          .as("R %s at %s, %s", radius, cx, cy)
          .isCloseTo(c.get(expected).asDouble(), within(radius <= 12 ? 5e-6 : 2e-4));
      if (radius <= 12) {
        assertThat(flux).isCloseTo(c.get("analytic").asDouble(), within(2e-5));
      }
    }
  }

  @Test
  void circleOverlapsSumToTheArea() {
    for (double radius : new double[] {0.3, 0.5, 1, 12.7, 25}) {
      ImageD w = new ImageD(Box.around(0, 0, 27));
      double sum = 0;
      for (int y = -27; y <= 27; y++) {
        for (int x = -27; x <= 27; x++) {
          sum += CircleOverlap.area(x - 0.37, y + 0.21, radius);
        }
      }
      assertThat(sum).isCloseTo(Math.PI * radius * radius, within(1e-9));
      assertThat(w.width()).isEqualTo(55);
    }
  }

  @Test
  void compensatedGaussianAgreesWithTheVector() {
    for (JsonNode c : Shared.vector("char-compensated-flux").get("compensated_gaussian")) {
      double s2 = Math.pow(c.get("psf_sigma").asDouble(), 2);
      ImageD image = AdaptiveMomentsTest.gaussian(121, 60.3, 59.8, s2, s2, 0, 1e4);
      double gx = c.get("grad").get(0).asDouble();
      double gy = c.get("grad").get(1).asDouble();
      for (int y = 0; y < 121; y++) {
        for (int x = 0; x < 121; x++) {
          image.set(
              x, y, image.get(x, y) + c.get("bkg").asDouble() + gx * (x - 60) + gy * (y - 60));
        }
      }
      ImageD w =
          CompensatedFlux.gaussian(c.get("width").asDouble(), c.get("t").asDouble())
              .weights(60.3, 59.8);
      double expected = c.get("flux_zero_sum").asDouble();
      assertThat(w.width()).isEqualTo(2 * c.get("half").asInt() + 1);
      assertThat(sum(w, image)).isCloseTo(expected, within(1e-9 * expected));
      double squares = 0;
      for (double v : w.data) {
        squares += v * v;
      }
      assertThat(10 * Math.sqrt(squares)).isCloseTo(c.get("err_zero_sum").asDouble(), within(1e-7));
    }
  }

  @Test
  void compensatedTophatHasTheResponseOfTheVector() {
    for (JsonNode c : Shared.vector("char-compensated-flux").get("compensated_tophat")) {
      ImageD image = profile(c);
      CompensatedFlux flux =
          CompensatedFlux.tophat(
              c.get("radius").asDouble(), c.get("inner").asDouble(), c.get("outer").asDouble());
      ImageD w = flux.weights(60.3, 59.8);
      // a Moffat profile sampled at points is aliased, by 5e-3 of its amplitude at k = pi
      double tolerance = c.get("profile").asText().equals("gaussian") ? 2e-5 : 5e-4;
      double response = sum(w, image);
      assertThat(response).isCloseTo(c.get("response").asDouble(), within(tolerance));
      for (int i = 0; i < image.data.length; i++) {
        image.data[i] = 1e4 * image.data[i] + 1e6;
      }
      assertThat(sum(w, image) / 1e4).isCloseTo(response, within(1e-6));
      double squares = 0;
      double sum = 0;
      for (double v : w.data) {
        squares += v * v;
        sum += v;
      }
      double expected = c.get("var_per_unit_pixel_variance").asDouble();
      // the vector counts whole pixels; edge weights make the sum of squares a little smaller
      assertThat(squares).isBetween(0.95 * expected, expected);
      assertThat(sum).isCloseTo(0, within(1e-10));
    }
  }

  @Test
  void anApertureThatReachesIntoPixelsWithoutDataIsFlagged() {
    MaskedImage image = new MaskedImage(new Box(0, 0, 60, 60));
    image.image().fill(1);
    image.variance().fill(1);
    for (int y = 0; y < 60; y++) {
      image.mask().set(20, y, MaskPlanes.NO_DATA);
    }
    SincAperture aperture = SincAperture.of(6);
    assertThat(aperture.measure(image, 26.5, 30).noData()).isFalse();
    assertThat(aperture.measure(image, 25.5, 30).noData()).isTrue();
  }

  @Test
  void aPartialApertureIsNotReported() {
    MaskedImage image = new MaskedImage(new Box(0, 0, 60, 60));
    image.image().fill(1);
    image.variance().fill(1);
    image.mask().set(30, 30, MaskPlanes.SAT);
    SincAperture aperture = SincAperture.of(6);
    assertThat(aperture.measure(image, 4, 30).truncated()).isTrue();
    assertThat(aperture.measure(image, 4, 30).flux()).isNaN();
    SincAperture.Result near = aperture.measure(image, 12, 30);
    assertThat(near.coefficientsTruncated()).isTrue();
    assertThat(near.flux()).isCloseTo(near.area(), within(1e-6));
    SincAperture.Result inside = aperture.measure(image, 30.2, 30.4);
    assertThat(inside.coefficientsTruncated()).isFalse();
    assertThat(inside.badPixels()).isEqualTo(1);
    assertThat(inside.area()).isCloseTo(Math.PI * 36, within(0.2));
  }

  @Test
  void maskInsideAPhotometricAnnulusIsReported() {
    MaskedImage image = new MaskedImage(new Box(0, 0, 80, 80));
    image.variance().fill(1);
    image.mask().set(45, 40, MaskPlanes.SAT);
    CompensatedFlux.Result r = CompensatedFlux.calibration().measure(image, 40, 40);
    assertThat(r.maskBits()).isEqualTo(MaskPlanes.SAT);
    assertThat(r.badFraction()).isBetween(1e-4, 2e-3);
    assertThat(r.flux()).isZero();
    MaskedImage shared = new MaskedImage(image.image(), new MaskI(image.box()), image.variance());
    assertThat(CompensatedFlux.calibration().measure(shared, 10, 40).truncated()).isTrue();
  }

  private static double sum(ImageD w, ImageD image) {
    double sum = 0;
    Box box = w.box().intersect(image.box());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        sum += w.get(x, y) * image.get(x, y);
      }
    }
    return sum;
  }

  private static ImageD profile(JsonNode c) {
    if (c.get("profile").asText().equals("gaussian")) {
      double s2 = Math.pow(c.get("par").asDouble(), 2);
      return AdaptiveMomentsTest.gaussian(121, 60.3, 59.8, s2, s2, 0, 1);
    }
    double alpha = c.get("par").get(0).asDouble();
    double beta = c.get("par").get(1).asDouble();
    ImageD out = new ImageD(121, 121);
    for (int y = 0; y < 121; y++) {
      for (int x = 0; x < 121; x++) {
        double r2 = (x - 60.3) * (x - 60.3) + (y - 59.8) * (y - 59.8);
        out.set(
            x, y, (beta - 1) / (Math.PI * alpha * alpha) * Math.pow(1 + r2 / alpha / alpha, -beta));
      }
    }
    return out;
  }
}
