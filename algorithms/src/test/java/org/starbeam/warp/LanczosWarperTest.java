package org.starbeam.warp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SipPolynomial;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;
import org.starbeam.testing.Shared;

class LanczosWarperTest {
  private static final double[] AFFINE = {1.002, 0.0015, -0.0015, 1.002};
  private static final double[] SHIFT = {0.37, -0.21};

  /** TAN-SIP of a detector turned by 30 degrees with about 2 px of distortion at its corners. */
  static TanSip detectorWcs(SkyPoint center, double half) {
    double s = 0.2 / 3600;
    double c = Math.cos(0.5);
    double q = Math.sin(0.5);
    SipPolynomial sip = SipPolynomial.zero(3);
    sip.a()[2][0] = 4e-6;
    sip.a()[1][1] = -2e-6;
    sip.a()[3][0] = 3e-9;
    sip.a()[1][2] = 3e-9;
    sip.b()[0][2] = 3e-6;
    sip.b()[2][1] = 3e-9;
    return new TanSip(
        center, half, half, new double[] {-s * c, s * q, s * q, s * c}, sip, SipPolynomial.NONE);
  }

  private static MaskedImage gaussian(Box box, double x0, double y0, double sigma, double peak) {
    MaskedImage image = new MaskedImage(box);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double r2 = (x - x0) * (x - x0) + (y - y0) * (y - y0);
        image.image().set(x, y, (float) (peak * Math.exp(-r2 / (2 * sigma * sigma))));
        image.variance().set(x, y, 1);
      }
    }
    return image;
  }

  private static TransformGrid grid(PixelMap map, Box domain) {
    return TransformGrid.of(map, domain, TransformGrid.Config.defaults());
  }

  @Test
  void weightsAreThoseOfTheVector() {
    JsonNode weights = Shared.vector("warp-lanczos").get("weights");
    for (int order : new int[] {3, 5}) {
      for (String d : new String[] {"0.0", "0.3", "0.5"}) {
        double[] expected =
            Shared.numbers(weights.get("lanczos" + order + "_d" + d).get("normalised"));
        double[] got = new LanczosKernel(order, 0).weights(Double.parseDouble(d));
        for (int k = 0; k < got.length; k++) {
          assertThat(got[k]).isCloseTo(expected[k], within(1e-12));
        }
      }
    }
  }

  @Test
  void affineWarpGivesThePixelsAndVariancesOfTheVector() {
    JsonNode affine = Shared.vector("warp-lanczos").get("affine");
    WarpSource source = WarpSource.of(gaussian(new Box(0, 0, 61, 61), 30.2, 29.7, 2, 1000));
    Box box = new Box(0, 0, 56, 56);
    for (int order : new int[] {3, 5}) {
      JsonNode expected = affine.get("lanczos" + order);
      LanczosWarper warper = new LanczosWarper(new LanczosWarper.Config(order, 0));
      Warp warp = warper.warp(source, grid(PixelMap.affine(AFFINE, SHIFT), box), box);
      expected
          .get("pixels_xy")
          .properties()
          .forEach(e -> check(e.getKey(), e.getValue(), warp.pixels().image()::get));
      expected
          .get("variance_xy")
          .properties()
          .forEach(e -> check(e.getKey(), e.getValue(), warp.pixels().variance()::get));
      int good = 0;
      for (int bits : warp.pixels().mask().data) {
        good += (bits & MaskPlanes.NO_DATA) == 0 ? 1 : 0;
      }
      assertThat(good).isEqualTo(expected.get("n_good").intValue());
    }
  }

  private interface Pixel {
    float at(int x, int y);
  }

  private static void check(String xy, JsonNode expected, Pixel pixel) {
    String[] p = xy.split(",");
    float got = pixel.at(Integer.parseInt(p[0]), Integer.parseInt(p[1]));
    double truth = expected.doubleValue();
    double floatRounding =
        6e-7 * Math.abs(truth); // of the source pixels, which the vector has in double
    assertThat((double) got).isCloseTo(truth, within(1e-9 * Math.abs(truth) + floatRounding));
  }

  @Test
  void constantImageStaysConstant() {
    Box box = new Box(0, 0, 200, 200);
    MaskedImage flat = new MaskedImage(box);
    flat.image().fill(123.25f);
    flat.variance().fill(1);
    PixelMap turn = PixelMap.affine(new double[] {0.8, -0.6, 0.6, 0.8}, new double[] {60.3, 10.7});
    Warp warp =
        new LanczosWarper(LanczosWarper.Config.defaults())
            .warp(WarpSource.of(flat), grid(turn, box), new Box(50, 40, 60, 60));
    for (float value : warp.pixels().image().data) {
      assertThat(Math.abs(value / 123.25 - 1)).isLessThanOrEqualTo(2e-7);
    }
  }

  @Test
  void starKeepsItsFluxAndPlaceThroughTanSipToTan() {
    Tract tract = RingsSkyMap.defaults().tract(4612);
    Box box = new Box(0, 0, 1024, 1024);
    Wcs wcs = detectorWcs(tract.wcs().toSky(5000, 6000), 512);
    PixelMap map = PixelMap.between(tract.wcs(), wcs);
    Random random = new Random(5);
    LanczosWarper warper = new LanczosWarper(LanczosWarper.Config.defaults());
    Box domain = new Box(4200, 5200, 1600, 1600);
    TransformGrid grid = grid(map, domain);
    for (int star = 0; star < 10; star++) {
      double x = 60 + 900 * random.nextDouble();
      double y = 60 + 900 * random.nextDouble();
      MaskedImage image = gaussian(box, x, y, 1.8, 1000);
      double truth = 2 * Math.PI * 1.8 * 1.8 * 1000;
      SkyPoint sky = wcs.toSky(x, y);
      double[] p = tract.wcs().toPixel(sky.raDeg(), sky.decDeg());
      Box around = Box.around((int) Math.rint(p[0]), (int) Math.rint(p[1]), 25);
      Warp warp = warper.warp(WarpSource.of(image), grid, around);
      double sum = 0;
      double sx = 0;
      double sy = 0;
      for (int v = around.y0(); v < around.y1(); v++) {
        for (int u = around.x0(); u < around.x1(); u++) {
          double value = warp.pixels().image().get(u, v);
          sum += value;
          sx += value * u;
          sy += value * v;
        }
      }
      assertThat(sum / truth - 1).isCloseTo(0, within(2e-4));
      assertThat(sx / sum - p[0]).isCloseTo(0, within(0.003));
      assertThat(sy / sum - p[1]).isCloseTo(0, within(0.003));
    }
  }

  @Test
  void interpolatedTransformIsWithinTwoMilliPixels() {
    Tract tract = RingsSkyMap.defaults().tract(4612);
    Wcs wcs = detectorWcs(tract.wcs().toSky(5000, 6000), 2048);
    PixelMap map = PixelMap.between(tract.wcs(), wcs);
    TransformGrid grid = grid(map, new Box(2500, 3500, 5000, 5000));
    assertThat(grid.spacing()).isBetween(4, 64);
    Random random = new Random(1);
    double[] exact = new double[2];
    for (int i = 0; i < 5000; i++) {
      int x = 2500 + random.nextInt(5000);
      int y = 3500 + random.nextInt(5000);
      double[] q = grid.at(x, y);
      map.apply(x, y, exact);
      assertThat(Math.hypot(q[0] - exact[0], q[1] - exact[1])).isLessThanOrEqualTo(0.002);
    }
  }

  @Test
  void aPixelDoesNotDependOnTheBoxOrTheCutout() {
    Tract tract = RingsSkyMap.defaults().tract(4612);
    Wcs wcs = detectorWcs(tract.wcs().toSky(5000, 6000), 512);
    MaskedImage image = noise(new Box(0, 0, 1024, 1024), 3);
    for (int x = 400; x < 600; x++) {
      image.mask().set(x, 500, MaskPlanes.CR | MaskPlanes.INTRP);
      image.mask().set(500, x, MaskPlanes.BAD | MaskPlanes.INTRP);
    }
    TransformGrid grid = grid(PixelMap.between(tract.wcs(), wcs), new Box(4200, 5200, 1600, 1600));
    LanczosWarper warper = new LanczosWarper(LanczosWarper.Config.defaults());
    Box large = new Box(4700, 5700, 600, 600);
    Box small = new Box(4917, 5913, 133, 101);
    Warp whole = warper.warp(WarpSource.of(image), grid, large);
    Box cut = grid.sourceBounds(small).grow(warper.margin()).intersect(image.box());
    Warp part = warper.warp(WarpSource.of(image.view(cut).copy()), grid, small);
    assertThat(cut.area()).isLessThan(image.box().area() / 10);
    MaskedImage same = whole.pixels().view(small);
    assertThat(part.pixels().image().data).isEqualTo(same.image().toArray());
    assertThat(part.pixels().variance().data).isEqualTo(same.variance().toArray());
    assertThat(part.pixels().mask().data).isEqualTo(same.mask().toArray());
    for (int y = small.y0(); y < small.y1(); y++) {
      for (int x = small.x0(); x < small.x1(); x++) {
        assertThat(part.maskedFraction()[(y - small.y0()) * small.width() + x - small.x0()])
            .isEqualTo(whole.maskedFraction()[(y - large.y0()) * large.width() + x - large.x0()]);
      }
    }
  }

  @Test
  void nanNeverEntersAndWholeNanIsNoData() {
    Box box = new Box(0, 0, 50, 50);
    MaskedImage image = noise(box, 1);
    image.image().set(25, 25, Float.NaN);
    PixelMap shift = PixelMap.affine(new double[] {1, 0, 0, 1}, new double[] {0.4, 0.3});
    LanczosWarper warper = new LanczosWarper(LanczosWarper.Config.defaults());
    Warp warp = warper.warp(WarpSource.of(image), grid(shift, box), box);
    for (int i = 0; i < box.area(); i++) {
      assertThat(warp.pixels().image().data[i]).isFinite();
      boolean noData = (warp.pixels().mask().data[i] & MaskPlanes.NO_DATA) != 0;
      assertThat(warp.pixels().variance().data[i] == Float.POSITIVE_INFINITY).isEqualTo(noData);
    }
    assertThat(warp.pixels().mask().get(25, 25) & MaskPlanes.NO_DATA).isNotZero();
    image.image().fill(Float.NaN);
    Warp none = warper.warp(WarpSource.of(image), grid(shift, box), box);
    assertThat(none.pixels().image().data).containsOnly(0);
    for (int bits : none.pixels().mask().data) {
      assertThat(bits & MaskPlanes.NO_DATA).isNotZero();
    }
  }

  @Test
  void noiseWarpedToSmallerPixelsIsCorrelatedAsTheTableSays() {
    Box box = new Box(0, 0, 700, 700);
    double step = 0.6;
    PixelMap map = PixelMap.affine(new double[] {step, 0, 0, step}, new double[] {30.21, 30.37});
    Box destination = new Box(0, 0, 1000, 1000);
    Warp warp =
        new LanczosWarper(LanczosWarper.Config.defaults())
            .warp(WarpSource.of(noise(box, 9)), grid(map, box), destination);
    NoiseCorrelation table = NoiseCorrelation.lanczos(3, step);
    double zero = meanProduct(warp, 0);
    for (int lag = 1; lag <= 5; lag++) {
      assertThat(meanProduct(warp, lag) / zero)
          .as("lag %d", lag)
          .isCloseTo(table.rho(lag, 0), within(0.02));
    }
  }

  private static double meanProduct(Warp warp, int lag) {
    double sum = 0;
    for (int y = 20; y < 980; y++) {
      for (int x = 20; x < 970; x++) {
        sum += (double) warp.pixels().image().get(x, y) * warp.pixels().image().get(x + lag, y);
      }
    }
    return sum;
  }

  @Test
  void noiseCorrelationIsTheOneOfTheVectorAndOfWarpedNoise() {
    JsonNode expected = Shared.vector("warp-lanczos").get("noise_uniform_offsets");
    for (int order : new int[] {3, 5}) {
      JsonNode e = expected.get("lanczos" + order);
      double[] cov = Shared.numbers(e.get("cov1d_lag0.."));
      double[] got = NoiseCorrelation.axisCovariance(order, 1);
      for (int lag = 0; lag <= 5; lag++) {
        assertThat(got[lag]).isCloseTo(cov[lag], within(3e-6));
      }
      assertThat(got[0] * got[0])
          .isCloseTo(e.get("mean_pixel_variance_2d").doubleValue(), within(1e-4));
      double[] flat = new double[200 * 200];
      java.util.Arrays.fill(flat, 1);
      assertThat(NoiseCorrelation.lanczos(3).factor(flat, 0, 200, 200, 200))
          .isCloseTo(1.25296, within(0.01));
    }
    Box box = new Box(0, 0, 700, 700);
    PixelMap turn =
        PixelMap.affine(
            new double[] {0.99875, -0.04998, 0.04998, 0.99875}, new double[] {40.3, 5.7});
    Box destination = new Box(40, 40, 600, 600);
    Warp warp =
        new LanczosWarper(LanczosWarper.Config.defaults())
            .warp(WarpSource.of(noise(box, 9)), grid(turn, box), destination);
    double zero = 0;
    double one = 0;
    for (int y = 40; y < 640; y++) {
      for (int x = 40; x < 639; x++) {
        zero += Math.pow(warp.pixels().image().get(x, y), 2);
        one += warp.pixels().image().get(x, y) * warp.pixels().image().get(x + 1, y);
      }
    }
    assertThat(one / zero).isCloseTo(0.112, within(0.005));
  }

  @Test
  void repairedDefectsAreUsedAndCountedLargeOnesAreRejected() {
    MaskedImage image = noise(new Box(0, 0, 80, 80), 2);
    for (int y = 0; y < 80; y++) {
      image.mask().set(20, y, MaskPlanes.BAD | MaskPlanes.INTRP);
      for (int x = 40; x < 48; x++) {
        image.mask().set(x, y, MaskPlanes.BAD | MaskPlanes.INTRP);
      }
    }
    image.mask().set(60, 40, MaskPlanes.SAT | MaskPlanes.INTRP | MaskPlanes.BAD);
    WarpSource source = WarpSource.of(image);
    assertThat(source.pixels().mask().get(20, 30) & MaskPlanes.REJECTED).isZero();
    assertThat(source.pixels().mask().get(43, 30) & MaskPlanes.REJECTED).isNotZero();
    assertThat(source.pixels().mask().get(60, 40) & MaskPlanes.REJECTED).isNotZero();
    PixelMap shift = PixelMap.affine(new double[] {1, 0, 0, 1}, new double[] {0.25, 0});
    Warp warp =
        new LanczosWarper(LanczosWarper.Config.defaults())
            .warp(source, grid(shift, image.box()), new Box(10, 10, 60, 60));
    assertThat(Byte.toUnsignedInt(warp.maskedFraction()[20 * 60 + 10])).isEqualTo(191);
    assertThat(Byte.toUnsignedInt(warp.maskedFraction()[20 * 60 + 9])).isEqualTo(64);
    assertThat(warp.pixels().mask().get(20, 30) & MaskPlanes.BAD).isNotZero();
  }

  @Test
  void warpedPsfIsTheImageOfAWarpedStar() {
    PixelMap map = PixelMap.affine(AFFINE, SHIFT);
    GaussianPsf psf = new GaussianPsf(1.9);
    ImageD stamp =
        new LanczosWarper(LanczosWarper.Config.defaults()).warpPsf(psf, map, 100, 120, 25);
    double sum = 0;
    double xx = 0;
    for (int y = -25; y <= 25; y++) {
      for (int x = -25; x <= 25; x++) {
        sum += stamp.get(x, y);
        xx += stamp.get(x, y) * x * x;
      }
    }
    assertThat(sum).isCloseTo(1, within(1e-12));
    assertThat(stamp.get(1, 0)).isCloseTo(stamp.get(-1, 0), within(2e-4));
    assertThat(xx).isCloseTo(1.9 * 1.9 / 1.002 / 1.002, within(0.01));
  }

  @Test
  void transformErrorIsLoweredByHalvingTheGridDownToExactEvaluation() {
    PixelMap bent =
        (x, y, out) -> {
          out[0] = x + 30 * Math.sin(x / 10);
          out[1] = y;
        };
    assertThat(grid(bent, new Box(0, 0, 100, 100)).spacing()).isEqualTo(1);
  }

  static MaskedImage noise(Box box, long seed) {
    Random random = new Random(seed);
    MaskedImage image = new MaskedImage(box);
    for (int i = 0; i < box.area(); i++) {
      image.image().data[i] = (float) random.nextGaussian();
      image.variance().data[i] = 1;
    }
    return image;
  }
}
