package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

class AdaptiveMomentsTest {
  private final AdaptiveMoments moments = new AdaptiveMoments();

  @Test
  void agreesWithConvergedFixedPointOfTheVector() {
    for (JsonNode c : Shared.vector("char-adaptive-moments").get("cases")) {
      JsonNode start = c.get("start");
      AdaptiveMoments.Result r =
          moments.measure(
              render(c.get("image")),
              start.get("x").asDouble(),
              start.get("y").asDouble(),
              start.get("sigma").asDouble());
      JsonNode e = c.get("expect");
      String name = c.get("name").asText();
      assertThat(r.status()).as(name).isEqualTo(AdaptiveMoments.Status.OK);
      double t = e.get("T").asDouble();
      assertThat(r.x()).as(name).isCloseTo(e.get("x").asDouble(), within(1e-6));
      assertThat(r.y()).as(name).isCloseTo(e.get("y").asDouble(), within(1e-6));
      assertThat(r.xx()).as(name).isCloseTo(e.get("Mxx").asDouble(), within(1e-6 * t));
      assertThat(r.yy()).as(name).isCloseTo(e.get("Myy").asDouble(), within(1e-6 * t));
      assertThat(r.xy()).as(name).isCloseTo(e.get("Mxy").asDouble(), within(1e-6 * t));
      assertThat(r.flux()).as(name).isCloseTo(e.get("flux").asDouble(), within(2e-3));
      assertThat(r.rho4()).as(name).isCloseTo(e.get("rho4").asDouble(), within(1e-5));
      assertThat(r.e1()).as(name).isCloseTo(e.get("e1").asDouble(), within(1e-6));
      assertThat(r.sigma()).as(name).isCloseTo(e.get("sigma").asDouble(), within(2e-6));
    }
  }

  @Test
  void saysWhyThereAreNoMoments() {
    ImageD zeros = new ImageD(41, 41);
    assertThat(moments.measure(zeros, 20, 20, 1.5).status())
        .isEqualTo(AdaptiveMoments.Status.NO_FLUX);
    ImageD nothing = new ImageD(41, 41);
    Arrays.fill(nothing.data, Double.NaN);
    assertThat(moments.measure(nothing, 20, 20, 1.5).status())
        .isEqualTo(AdaptiveMoments.Status.NO_PIXELS);
    ImageD negative = gaussian(41, 20, 20, 2.25, 2.25, 0, -1000);
    assertThat(moments.measure(negative, 20, 20, 1.5).isOk()).isFalse();
    AdaptiveMoments forNegative =
        new AdaptiveMoments(AdaptiveMoments.Config.defaults().forNegative());
    assertThat(forNegative.measure(negative, 20, 20, 1.5).xx()).isCloseTo(2.25, within(1e-6));
  }

  @Test
  void deadColumnDoesNotBiasTheMoments() {
    MaskedImage image = masked(gaussian(41, 20.3, 19.8, 4, 3, 0.5, 1e4), 1);
    for (int y = 0; y < 41; y++) {
      image.image().set(22, y, -1e6f);
      image.mask().set(22, y, MaskPlanes.BAD);
    }
    AdaptiveMoments.Result r = moments.measure(image, 20, 20, 1.5);
    assertThat(r.isOk()).isTrue();
    assertThat(r.xx()).isCloseTo(4, within(1e-4));
    assertThat(r.x()).isCloseTo(20.3, within(1e-4));
    assertThat(r.missing()).isBetween(0.02, 0.2);
  }

  @Test
  void sourceOnTheEdgeIsFlagged() {
    MaskedImage image = masked(gaussian(41, 0, 20, 4, 4, 0, 1e4), 1);
    assertThat(moments.measure(image, 0, 20, 2).status())
        .isEqualTo(AdaptiveMoments.Status.NOT_CONTAINED);
  }

  @Test
  void pullsOfNoisyStarsHaveUnitWidth() {
    Random random = new Random(5);
    double snr = 100;
    double sigma = 2;
    double sky = 400;
    double flux = snr * Math.sqrt(4 * Math.PI * sigma * sigma * sky);
    int n = 1000;
    double[][] pulls = new double[3][n];
    for (int s = 0; s < n; s++) {
      double x = 20 + random.nextDouble() - 0.5;
      double y = 20 + random.nextDouble() - 0.5;
      ImageD truth = gaussian(41, x, y, 4, 4, 0, flux);
      MaskedImage image = masked(truth, sky);
      for (int i = 0; i < truth.data.length; i++) {
        image.image().data[i] += (float) (Math.sqrt(sky) * random.nextGaussian());
      }
      AdaptiveMoments.Result r = moments.measure(image, 20, 20, 1.5);
      pulls[0][s] = (r.xx() - 4) / r.xxErr();
      pulls[1][s] = r.xy() / r.xyErr();
      pulls[2][s] =
          (r.trace() - 8)
              / Math.sqrt(r.xxErr() * r.xxErr() + r.yyErr() * r.yyErr() + 2 * r.xxYyCov());
    }
    for (double[] p : pulls) {
      double mean = Arrays.stream(p).average().orElseThrow();
      double var = Arrays.stream(p).map(v -> (v - mean) * (v - mean)).sum() / (n - 1);
      assertThat(Math.sqrt(var)).isBetween(0.95, 1.05);
      assertThat(Math.abs(mean)).isLessThan(0.1);
    }
  }

  @Test
  void errorsOfABackgroundLimitedGaussianAreTheKnownLimits() {
    double snr = 100;
    double flux = snr * Math.sqrt(4 * Math.PI * 4 * 400);
    AdaptiveMoments.Result r =
        moments.measure(masked(gaussian(61, 30, 30, 4, 4, 0, flux), 400), 30, 30, 1.5);
    assertThat(r.xxErr()).isCloseTo(Math.sqrt(8) * 4 / snr, within(1e-5));
    assertThat(r.xyErr()).isCloseTo(2 * 4 / snr, within(1e-5));
  }

  @Test
  void transposedImageHasTransposedMoments() {
    ImageD image = gaussian(41, 20.4, 19.2, 4, 3, 0.5, 1);
    ImageD other = gaussian(41, 19.2, 20.4, 3, 4, 0.5, 1);
    AdaptiveMoments.Result a = moments.measure(image, 20, 19, 1.5);
    AdaptiveMoments.Result b = moments.measure(other, 19, 20, 1.5);
    assertThat(a.xx()).isCloseTo(b.yy(), within(1e-11));
    assertThat(a.xy()).isCloseTo(b.xy(), within(1e-11));
    assertThat(a.x()).isCloseTo(b.y(), within(1e-11));
  }

  private static MaskedImage masked(ImageD image, double variance) {
    MaskedImage out = new MaskedImage(image.box());
    for (int i = 0; i < image.data.length; i++) {
      out.image().data[i] = (float) image.data[i];
    }
    out.variance().fill((float) variance);
    return new MaskedImage(out.image(), new MaskI(image.box()), out.variance());
  }

  static ImageD gaussian(
      int n, double x0, double y0, double xx, double yy, double xy, double flux) {
    ImageD out = new ImageD(new Box(0, 0, n, n));
    double det = xx * yy - xy * xy;
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        double dx = x - x0;
        double dy = y - y0;
        double r2 = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det;
        out.set(x, y, flux / (2 * Math.PI * Math.sqrt(det)) * Math.exp(-0.5 * r2));
      }
    }
    return out;
  }

  private static ImageD render(JsonNode image) {
    if (image.get("type").asText().equals("sum")) {
      ImageD sum = null;
      for (JsonNode part : image.get("of")) {
        ImageD one = render(part);
        if (sum == null) {
          sum = one;
        } else {
          for (int i = 0; i < sum.data.length; i++) {
            sum.data[i] += one.data[i];
          }
        }
      }
      return java.util.Objects.requireNonNull(sum);
    }
    int n = image.get("n").asInt();
    double x0 = image.get("x").asDouble();
    double y0 = image.get("y").asDouble();
    double flux = image.get("flux").asDouble();
    if (image.get("type").asText().equals("gaussian")) {
      return gaussian(
          n,
          x0,
          y0,
          image.get("xx").asDouble(),
          image.get("yy").asDouble(),
          image.get("xy").asDouble(),
          flux);
    }
    double alpha = image.get("alpha").asDouble();
    double beta = image.get("beta").asDouble();
    double sxx = image.get("sxx").asDouble();
    double sxy = image.get("sxy").asDouble();
    double syy = image.get("syy").asDouble();
    double det = sxx * syy - sxy * sxy;
    ImageD out = new ImageD(n, n);
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        double dx = x - x0;
        double dy = y - y0;
        double r2 = (syy * dx * dx - 2 * sxy * dx * dy + sxx * dy * dy) / det;
        out.set(
            x,
            y,
            flux
                * (beta - 1)
                / (Math.PI * alpha * alpha)
                * Math.pow(1 + r2 / (alpha * alpha), -beta));
      }
    }
    return out;
  }
}
