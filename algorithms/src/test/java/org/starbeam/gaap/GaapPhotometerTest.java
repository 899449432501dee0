package org.starbeam.gaap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.testing.SkyScene;
import org.starbeam.testing.SkyScene.Profile;
import org.starbeam.testing.StampPsf;
import org.starbeam.warp.NoiseCorrelation;

/** Acceptance of specs/04 section 8 that is not in the vector. Pixels of 0.2 arcsec. */
class GaapPhotometerTest {
  private static final GaapPhotometer PHOTOMETER =
      new GaapPhotometer(GaapPhotometer.Config.defaults());
  private static final Aperture OPTIMAL = new Aperture(20, 15, 3);

  /** A PSF known on a stamp of 51 x 51 pixels, as coadds have it. */
  private record Seeing(ImageD stamp, double[] spectrum, double[] moments) {
    static Seeing moffat(double fwhm, double beta) {
      return of(SkyScene.moffat(fwhm, beta));
    }

    static Seeing of(Profile profile) {
      ImageD stamp = SkyScene.stamp(SkyScene.sampled(profile, 5), 25);
      ImageD whole = new ImageD(new Box(-SkyScene.N / 2, -SkyScene.N / 2, SkyScene.N, SkyScene.N));
      whole.copyFrom(stamp);
      AdaptiveMoments.Result m = new AdaptiveMoments().measure(stamp, 0, 0, 2);
      return new Seeing(stamp, SkyScene.spectrum(whole), new double[] {m.xx(), m.yy(), m.xy()});
    }

    CellDuals duals(NoiseCorrelation noise) {
      return PHOTOMETER.band(noise).cell(new StampPsf(stamp, moments), 0, 0);
    }

    ImageD see(ImageD profile, double dx, double dy) {
      return SkyScene.convolved(SkyScene.spectrum(profile), spectrum, dx, dy);
    }
  }

  private static ImageD point() {
    ImageD out = new ImageD(new Box(-SkyScene.N / 2, -SkyScene.N / 2, SkyScene.N, SkyScene.N));
    out.set(0, 0, 1);
    return out;
  }

  private static GaapFluxes measure(MaskedImage image, double x, double y, CellDuals duals) {
    return measure(image, x, y, duals, duals.matched());
  }

  private static GaapFluxes measure(
      MaskedImage image, double x, double y, CellDuals duals, Aperture matched) {
    LightModel own = LightModel.gaussian(x, y, duals.shape());
    return PHOTOMETER.measure(image, x, y, duals, OPTIMAL, matched, LightModel.NONE, own);
  }

  private static List<GaapFlux> all(GaapFluxes fluxes) {
    List<GaapFlux> out = new java.util.ArrayList<>(fluxes.circular());
    out.add(fluxes.optimal());
    out.add(fluxes.psf());
    return out;
  }

  @Test
  void aStarHasItsWholeFluxInEveryAperture() {
    Seeing seeing = Seeing.moffat(4, 3);
    CellDuals duals = seeing.duals(NoiseCorrelation.white());
    for (double[] at : new double[][] {{0, 0}, {0.5, -0.5}, {-0.31, 0.17}}) {
      MaskedImage image = SkyScene.masked(seeing.see(point(), at[0], at[1]), 1000);
      for (GaapFlux f : all(measure(image, at[0], at[1], duals))) {
        assertThat(f.flux()).isCloseTo(1000, within(0.1));
      }
    }
  }

  @Test
  void theFluxOfAGalaxyDoesNotDependOnWhereInThePixelItIs() {
    Seeing seeing = Seeing.moffat(4, 3);
    CellDuals duals = seeing.duals(NoiseCorrelation.white());
    ImageD galaxy = SkyScene.sampled(SkyScene.exponential(3, 0.7), 7);
    double[] least = new double[6];
    double[] most = new double[6];
    java.util.Arrays.fill(least, Double.POSITIVE_INFINITY);
    for (int k = 0; k < 100; k++) {
      double dx = k % 10 / 10.0 - 0.45;
      double dy = k / 10 / 10.0 - 0.45;
      MaskedImage image = SkyScene.masked(seeing.see(galaxy, dx, dy), 1000);
      List<GaapFlux> found = all(measure(image, dx, dy, duals));
      for (int a = 0; a < 6; a++) {
        least[a] = Math.min(least[a], found.get(a).flux());
        most[a] = Math.max(most[a], found.get(a).flux());
      }
    }
    for (int a = 0; a < 6; a++) {
      assertThat(most[a] / least[a] - 1).as("aperture %d", a).isLessThan(1e-4);
    }
  }

  @Test
  void theColourOfAGalaxyIsTheSameInGoodAndBadSeeing() {
    ImageD galaxy = SkyScene.sampled(SkyScene.exponential(3, 0.6), 7);
    Seeing fine = Seeing.moffat(3.5, 3);
    Seeing coarse = Seeing.moffat(6, 4.765);
    CellDuals fineDuals = fine.duals(NoiseCorrelation.white());
    CellDuals coarseDuals = coarse.duals(NoiseCorrelation.white());
    Aperture widest = fineDuals.matched().wider(coarseDuals.matched());
    assertThat(widest).isEqualTo(coarseDuals.matched());
    MaskedImage sharp = SkyScene.masked(fine.see(galaxy, 0.2, 0.3), 1000);
    MaskedImage blurred = SkyScene.masked(coarse.see(galaxy, 0.2, 0.3), 1000);
    List<GaapFlux> good = all(measure(sharp, 0.2, 0.3, fineDuals, widest));
    List<GaapFlux> bad = all(measure(blurred, 0.2, 0.3, coarseDuals, widest));
    for (int a = 0; a < 6; a++) {
      double colour = -2.5 * Math.log10(good.get(a).flux() / bad.get(a).flux());
      assertThat(colour).as("aperture %d", a).isCloseTo(0, within(0.001));
    }
    assertThat(good.get(0).flux())
        .isCloseTo(1000 * SkyScene.truth(galaxy, Aperture.circular(3.5)), within(0.5));
  }

  @Test
  void twoStepsByWayOfAGaussianPsfGiveTheSame() {
    Seeing seeing = Seeing.moffat(4, 3);
    ImageD seen = seeing.see(SkyScene.sampled(SkyScene.exponential(3, 0.6), 7), 0, 0);
    List<GaapFlux> found =
        all(measure(SkyScene.masked(seen, 1), 0, 0, seeing.duals(NoiseCorrelation.white())));
    double trace = 0.5 * (seeing.moments[0] + seeing.moments[1]);
    double p2 = 1.15 * 1.15 * trace;
    double[] spectrum = SkyScene.spectrum(seen);
    for (int row = 0; row < SkyScene.N; row++) {
      for (int column = 0; column < SkyScene.N; column++) {
        int i = 2 * (row * SkyScene.N + column);
        double kx = SkyScene.frequency(column);
        double ky = SkyScene.frequency(row);
        double gaussian = Math.exp(-0.5 * p2 * (kx * kx + ky * ky));
        double pr = seeing.spectrum[i];
        double pi = seeing.spectrum[i + 1];
        double power = pr * pr + pi * pi;
        double re = spectrum[i];
        double im = spectrum[i + 1];
        boolean tiny = gaussian < 1e-9;
        spectrum[i] = tiny ? 0 : gaussian * (re * pr + im * pi) / power;
        spectrum[i + 1] = tiny ? 0 : gaussian * (im * pr - re * pi) / power;
      }
    }
    ImageD made = SkyScene.image(spectrum);
    double[] sigmas = {3.5, 5, 7.5, 12.5};
    for (int a = 0; a < sigmas.length; a++) {
      double w2 = sigmas[a] * sigmas[a];
      double sum = SkyScene.truth(made, Aperture.circular(Math.sqrt(w2 - p2)));
      double twoSteps = w2 / (w2 - p2) * sum;
      assertThat(found.get(a).flux() / twoSteps).isCloseTo(1, within(1e-4));
    }
  }

  @Test
  void fluxIsLinearInThePixels() {
    Seeing seeing = Seeing.moffat(4, 3);
    CellDuals duals = seeing.duals(NoiseCorrelation.white());
    Random random = new Random(3);
    Box box = Box.around(0, 0, 70);
    MaskedImage one = new MaskedImage(box);
    MaskedImage two = new MaskedImage(box);
    MaskedImage sum = new MaskedImage(box);
    for (MaskedImage image : List.of(one, two, sum)) {
      image.variance().fill(1);
    }
    for (int i = 0; i < box.area(); i++) {
      one.image().data[i] = random.nextInt(1000);
      two.image().data[i] = random.nextInt(1000);
      sum.image().data[i] = 4 * one.image().data[i] + two.image().data[i];
    }
    List<GaapFlux> a = all(measure(one, 0.3, -0.2, duals));
    List<GaapFlux> b = all(measure(two, 0.3, -0.2, duals));
    List<GaapFlux> c = all(measure(sum, 0.3, -0.2, duals));
    for (int i = 0; i < a.size(); i++) {
      double together = 4 * a.get(i).flux() + b.get(i).flux();
      assertThat(c.get(i).flux() / together).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void errorsAreThoseOfWhiteNoise() {
    pullsAreOne(new double[] {1}, 4200);
  }

  @Test
  void errorsAreThoseOfCorrelatedNoise() {
    pullsAreOne(new double[] {0.25, 0.7, 0.25}, 4200);
  }

  /** Widths of F / sigma on blank sky whose noise is smoothed along both axes by a kernel. */
  private static void pullsAreOne(double[] kernel, int count) {
    NoiseCorrelation noise = NoiseCorrelation.measured(autocovariance(kernel));
    double variance = autocovariance(kernel)[60];
    CellDuals duals = Seeing.moffat(4, 3).duals(noise);
    int apart = 29;
    int perSide = 8;
    Random random = new Random(11);
    double[] sum = new double[6];
    int n = 0;
    while (n < count) {
      MaskedImage image =
          noiseImage(kernel, new Box(0, 0, apart * (perSide + 4), apart * (perSide + 4)), random);
      image.variance().fill((float) variance);
      for (int k = 0; k < perSide * perSide; k++) {
        double x = apart * (k % perSide + 2.5) + random.nextDouble();
        double y = apart * (k / perSide + 2.5) + random.nextDouble();
        List<GaapFlux> fluxes = all(measure(image, x, y, duals));
        for (int a = 0; a < 6; a++) {
          double pull = fluxes.get(a).flux() / fluxes.get(a).err();
          sum[a] += pull * pull;
        }
        n++;
      }
    }
    for (int a : new int[] {0, 1, 4, 5}) {
      assertThat(Math.sqrt(sum[a] / n)).as("aperture %d", a).isBetween(0.97, 1.03);
    }
  }

  private static double[] autocovariance(double[] kernel) {
    double[] axis = new double[6];
    for (int lag = 0; lag < Math.min(6, kernel.length); lag++) {
      for (int i = 0; i + lag < kernel.length; i++) {
        axis[lag] += kernel[i] * kernel[i + lag];
      }
    }
    double[] out = new double[121];
    for (int y = -5; y <= 5; y++) {
      for (int x = -5; x <= 5; x++) {
        out[(y + 5) * 11 + x + 5] = axis[Math.abs(x)] * axis[Math.abs(y)];
      }
    }
    return out;
  }

  private static MaskedImage noiseImage(double[] kernel, Box box, Random random) {
    int w = box.width();
    double[] white = new double[box.area()];
    for (int i = 0; i < white.length; i++) {
      white[i] = random.nextGaussian();
    }
    MaskedImage image = new MaskedImage(box);
    int half = kernel.length / 2;
    for (int y = half; y < w - half; y++) {
      for (int x = half; x < w - half; x++) {
        double sum = 0;
        for (int j = -half; j <= half; j++) {
          for (int i = -half; i <= half; i++) {
            sum += kernel[half + j] * kernel[half + i] * white[(y + j) * w + x + i];
          }
        }
        image.image().data[y * w + x] = (float) sum;
      }
    }
    return image;
  }

  @Test
  void theFactorOfCorrelatedNoiseIsThatOfTheSumOverPixelsAndExactlyOneForWhiteNoise() {
    Seeing seeing = Seeing.moffat(4, 3);
    NoiseCorrelation lanczos = NoiseCorrelation.lanczos(3, 0.8);
    CellDuals duals = seeing.duals(lanczos);
    for (double sigma : new double[] {3.5, 5, 7.5}) {
      DualWeight u = duals.centred(Aperture.circular(sigma), (int) (4 * sigma) + 5, 128);
      double direct = Math.sqrt(lanczos.factor(u.pixels()));
      assertThat(u.errorFactor()).isCloseTo(direct, within(1e-3));
      assertThat(u.errorFactor()).isGreaterThan(1.05);
      DualWeight white =
          seeing
              .duals(NoiseCorrelation.white())
              .centred(Aperture.circular(sigma), (int) (4 * sigma) + 5, 128);
      assertThat(white.errorFactor()).isEqualTo(1);
    }
  }

  @Test
  void maskedPixelsAreReplacedByTheModelAndTooManyOfThemEndInNoFlux() {
    Seeing seeing = Seeing.moffat(4, 3);
    CellDuals duals = seeing.duals(NoiseCorrelation.white());
    ImageD star = seeing.see(point(), 0, 0);
    GaapFluxes few = withMask(star, image -> mask(image, -1, 1, 2), duals);
    for (GaapFlux f : few.circular()) {
      assertThat(f.flux()).isCloseTo(1000, within(25.0));
      assertThat(f.interpolated()).isTrue();
      assertThat(f.edge()).isFalse();
    }
    GaapFluxes many = withMask(star, image -> mask(image, -5, -5, 9), duals);
    assertThat(many.circular().get(0).isFailed()).isTrue();
    assertThat(many.circular().get(0).interpolated()).isTrue();
    GaapFluxes none = withMask(star, image -> {}, duals);
    assertThat(none.any(GaapFlux::interpolated)).isFalse();
    assertThat(none.any(GaapFlux::edge)).isFalse();
    assertThat(none.any(GaapFlux::bigPsf)).isFalse();
    assertThat(none.any(GaapFlux::gaussian)).isFalse();
  }

  private static GaapFluxes withMask(ImageD star, Consumer<MaskedImage> masking, CellDuals duals) {
    MaskedImage image = SkyScene.masked(star, 1000);
    masking.accept(image);
    return measure(image, 0, 0, duals);
  }

  private static void mask(MaskedImage image, int x0, int y0, int side) {
    for (int y = y0; y < y0 + side; y++) {
      for (int x = x0; x < x0 + side; x++) {
        image.mask().set(x, y, MaskPlanes.INTRP);
        image.image().set(x, y, Float.NaN);
      }
    }
  }

  @Test
  void anApertureThatReachesBeyondTheImageIsFlagged() {
    Seeing seeing = Seeing.moffat(4, 3);
    MaskedImage part =
        SkyScene.masked(seeing.see(point(), 0, 0), 1000).view(new Box(-8, -60, 68, 120));
    GaapFluxes found = measure(part, 0, 0, seeing.duals(NoiseCorrelation.white()));
    assertThat(found.circular().get(0).edge()).isTrue();
    assertThat(found.circular().get(0).flux()).isCloseTo(1000, within(20.0));
    assertThat(found.circular().get(3).isFailed()).isTrue();
  }

  @Test
  void aPsfWithZerosStandsAsAGaussianAndIsFlagged() {
    Seeing trailed =
        Seeing.of(
            (x, y) -> {
              double edge = Math.abs(Math.abs(x) - 4);
              double box = Math.abs(x) < 3.5 ? 1 : edge < 0.5 ? 0.5 : 0;
              return box * Math.exp(-0.5 * y * y / 4);
            });
    CellDuals duals = trailed.duals(NoiseCorrelation.white());
    GaapFluxes found = measure(SkyScene.masked(trailed.see(point(), 0, 0), 1000), 0, 0, duals);
    GaapFlux smallest = found.circular().get(0);
    assertThat(smallest.gaussian()).isTrue();
    assertThat(smallest.flux()).isCloseTo(1000, within(0.1));
  }

  @Test
  void neighboursAreSubtracted() {
    Seeing seeing = Seeing.moffat(4, 3);
    CellDuals duals = seeing.duals(NoiseCorrelation.white());
    ImageD star = seeing.see(point(), 0, 0);
    ImageD other = seeing.see(point(), 6, 2);
    MaskedImage image = SkyScene.masked(star, 1000);
    for (int i = 0; i < other.data.length; i++) {
      image.image().data[i] += (float) (3000 * other.data[i]);
    }
    GaapFluxes found =
        PHOTOMETER.measure(
            image,
            0,
            0,
            duals,
            OPTIMAL,
            duals.matched(),
            (x, y) -> 3000 * other.get(x, y),
            LightModel.gaussian(0, 0, duals.shape()));
    for (GaapFlux f : all(found)) {
      assertThat(f.flux()).isCloseTo(1000, within(0.1));
    }
  }

  @Test
  void theOptimalApertureIsBoundedWithoutTurning() {
    Aperture wide = PHOTOMETER.optimal(new Aperture(400, 100, 80), new Aperture(4, 4, 0));
    assertThat(wide.largest()).isCloseTo(225, within(1e-9));
    double before = Math.atan2(2 * 80, 400 - 100);
    assertThat(Math.atan2(2 * wide.xy(), wide.xx() - wide.yy())).isCloseTo(before, within(1e-9));
    assertThat(wide.smallest()).isLessThan(225);
    assertThat(FourierGrid.holding(129)).isEqualTo(256);
  }
}
