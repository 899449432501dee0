package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Galaxies of true Sersic profiles, 0.3 to 2 arcsec in pixels of 0.2 arcsec, through a Moffat PSF
 * of 0.8 arcsec, at S/N 1000 without noise, in the region that the measurement takes.
 */
class CModelTest {
  private static final int HALF = 60;
  private static final Box BOX = Box.around(0, 0, HALF);
  private static final double SNR = 1000;
  private static final double[] RADII =
      Boolean.getBoolean("starbeam.full")
          ? new double[] {1.5, 2, 3, 4.5, 6, 8, 10}
          : new double[] {1.5, 3, 6, 10};

  private final CModel composite = new CModel(0.2, HALF);

  /** A telescope. */
  private static final class View {
    final SersicImages images;
    final PsfMixture mixture;

    View(double beta) {
      images = new SersicImages(HALF, 4, beta);
      mixture = PsfMixtureFitter.fit(images.psfStamp(22));
    }

    Scene galaxy(double x, double y, EllipseShape shape, double n) {
      return scene(x, y, images.render(x, y, shape, n));
    }

    Scene scene(double x, double y, double[] data) {
      AdaptiveMoments.Result m = new AdaptiveMoments().measure(ImageD.wrap(BOX, data), x, y, 2);
      double sigma = Math.sqrt(Arrays.stream(data).map(d -> d * d).sum()) / SNR;
      return new Scene(this, x, y, data, EllipseShape.ofMoments(m.xx(), m.xy(), m.yy()), sigma);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // pixels; never compared
  private record Scene(
      View view, double x, double y, double[] data, EllipseShape seen, double sigma) {
    CModel.Result fit(CModel composite) {
      CModel.Result found = composite.fit(pixels(1, 0, new Random(0)), x, y, seen);
      assertThat(found).isNotNull();
      return found;
    }

    CModel.PixelSource pixels(double flux, double noise, Random random) {
      return box -> pixels(box.intersect(BOX), flux, noise, random);
    }

    BandPixels pixels(Box box, double flux, double noise, Random random) {
      double[] values = new double[box.area()];
      double[] weight = new double[values.length];
      double[] variance = new double[values.length];
      Arrays.fill(weight, 1 / (sigma * sigma));
      Arrays.fill(variance, sigma * sigma);
      int p = 0;
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          values[p++] =
              flux * data[(v + HALF) * (2 * HALF + 1) + u + HALF] + noise * random.nextGaussian();
        }
      }
      return new BandPixels(box, values, weight, variance, view.mixture, NoiseCorrelation.white());
    }
  }

  /**
   * With the profile of the atmosphere the limits are those asked. Wings of beta = 3, of which
   * three Gaussians leave 1.4 percent, look like a bulge around a large disk: there the flux of
   * disks above 0.6 arcsec is up to 1.2 percent too high.
   */
  @ParameterizedTest
  @CsvSource({
    "4.765, 1, 0.005, 0, 0.02",
    "4.765, 4, 0.02, 0.95, 1",
    "3, 1, 0.0125, 0, 0.02",
    "3, 4, 0.02, 0.95, 1"
  })
  void pureProfilesKeepTheirFluxAndAreTold(
      double beta, double n, double limit, double least, double most) {
    View view = new View(beta);
    Random random = new Random(5);
    for (double radius : RADII) {
      double q = 0.5 + 0.4 * random.nextDouble();
      EllipseShape shape =
          new EllipseShape(
              radius / Math.sqrt(q), radius * Math.sqrt(q), 0.4 * (random.nextDouble() - 0.5));
      Scene scene = view.galaxy(random.nextDouble() - 0.5, random.nextDouble() - 0.5, shape, n);
      CModel.Result found = scene.fit(composite);
      assertThat(found.flux()).as("flux at %s", radius).isCloseTo(1, within(limit));
      assertThat(found.fracDev()).as("fracDev at %s", radius).isBetween(least, most);
      EllipseShape fitted = found.structure().model().components().get(n == 1 ? 0 : 1).shape();
      assertThat(fitted).isNotNull();
      assertThat(fitted.meanRadius()).isCloseTo(shape.meanRadius(), within(0.01 * radius));
      assertThat(fitted.axisRatio()).isCloseTo(shape.axisRatio(), within(0.02));
    }
  }

  @Test
  void aStarHasItsPsfFlux() {
    for (double beta : new double[] {3, 4.765}) {
      View view = new View(beta);
      Scene scene = view.scene(0, 0, view.images.psf().toArray());
      CModel.Result found = scene.fit(composite);
      double psfFlux = psfFlux(view, scene);
      assertThat(found.flux()).as("beta %s", beta).isCloseTo(psfFlux, within(0.001 * psfFlux));
    }
  }

  private static double psfFlux(View view, Scene scene) {
    ImageD psf = view.images.psfStamp(22);
    double cross = 0;
    double square = 0;
    for (int y = -22; y <= 22; y++) {
      for (int x = -22; x <= 22; x++) {
        double p = psf.get(x, y);
        cross += p * scene.data[(y + HALF) * (2 * HALF + 1) + x + HALF];
        square += p * p;
      }
    }
    return cross / square;
  }

  /** The structure of another band: only the flux is new. */
  @Test
  void theForcedFluxIsLinear() {
    View view = new View(4.765);
    Scene scene = view.galaxy(0.2, -0.3, new EllipseShape(3, 2.4, 0.2), 1);
    CModel.Structure structure = scene.fit(composite).structure();
    double unit = composite.forced(scene.pixels(1, 0, new Random(0)), structure).flux();
    for (double flux : new double[] {3, 0.1, 0, -0.1, -3}) {
      CModel.Result r = composite.forced(scene.pixels(flux, 0, new Random(0)), structure);
      assertThat(r.flux()).isCloseTo(flux * unit, within(0.01 * Math.abs(flux) + 1e-12));
      assertThat(r.structure()).isSameAs(structure);
    }
  }

  /** Where there is no light only the noise is in the error. */
  @Test
  void theForcedFluxOfSkyScattersByItsError() {
    View view = new View(4.765);
    Scene scene = view.galaxy(0.2, -0.3, new EllipseShape(3, 2.4, 0.2), 1);
    CModel.Structure structure = scene.fit(composite).structure();
    Random random = new Random(4);
    Sample pulls = new Sample();
    for (int k = 0; k < 400; k++) {
      CModel.Result r = composite.forced(scene.pixels(0, scene.sigma, random), structure);
      pulls.add(r.flux() / r.fluxErr());
    }
    System.out.printf("CModelTest: sky, pulls %s%n", pulls);
    assertThat(pulls.spread()).isBetween(0.9, 1.1);
    assertThat(pulls.surely()).isLessThan(0.2);
  }

  /**
   * The noise that the error is made of is the scatter of fluxes over 300 skies, in the band that
   * the ellipses are from and in one of worse seeing: of a galaxy in which both profiles have
   * light. With the profile as a fixed aperture it were two to three times less.
   */
  @Test
  void theNoiseOfTheFluxIsItsScatter() {
    View[] views = {new View(4.765), new View(3)};
    EllipseShape shape = new EllipseShape(3, 2.4, 0.2);
    Scene[] scenes = {views[0].galaxy(0.2, -0.3, shape, 2), views[1].galaxy(0.2, -0.3, shape, 2)};
    Random random = new Random(7);
    double noise = SNR / 150;
    Sample[] fluxes = {new Sample(), new Sample()};
    double[] errors = new double[2];
    int trials = 300;
    for (int k = 0; k < trials; k++) {
      CModel.PixelSource own = scenes[0].pixels(1, noise * scenes[0].sigma, random);
      CModel.Structure structure =
          composite.fit(own, scenes[0].x, scenes[0].y, scenes[0].seen).structure();
      CompositePlanes other =
          new CompositePlanes(
              structure.region.trim(
                  scenes[1]
                      .pixels(1, noise * scenes[1].sigma, random)
                      .pixels(structure.region.box())),
              structure.model);
      for (int b = 0; b < 2; b++) {
        CompositePlanes planes =
            b == 0 ? new CompositePlanes(structure.noise.pixels(), structure.model) : other;
        CompositeFlux flux = new CompositeFlux(planes);
        fluxes[b].add(flux.flux());
        errors[b] += noise * Math.sqrt(flux.noise(structure.noise)) / trials;
      }
    }
    for (int b = 0; b < 2; b++) {
      double ratio = fluxes[b].spread() / errors[b];
      System.out.printf("CModelTest: scatter over noise in band %d: %.2f%n", b, ratio);
      assertThat(ratio).isBetween(0.85, 1.15);
    }
  }

  /**
   * A galaxy of another profile is off by no more than 1.5 errors, whatever its S/N; that of an
   * exponential is not made larger than 2 percent for it.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 1.5, 2, 3})
  void otherProfilesAreOffByTheirError(double n) {
    View view = new View(4.765);
    for (double radius : new double[] {1.7, 3, 6, 8}) {
      EllipseShape shape = new EllipseShape(radius / 0.8, radius * 0.8, 0.1);
      CModel.Result found = view.galaxy(0.2, -0.3, shape, n).fit(composite);
      double off = (found.flux() - 1) / found.fluxErr();
      System.out.printf(
          "CModelTest: n %.1f radius %.1f, off by %+.3f, %.2f errors%n",
          n, radius, found.flux() - 1, off);
      assertThat(Math.abs(off)).as("at %s", radius).isLessThan(1.5);
      assertThat(n != 1 || found.fluxErr() < 0.02).as("error at %s", radius).isTrue();
    }
  }

  @Test
  void tooFewPixelsGiveNothing() {
    View view = new View(4.765);
    Scene scene = view.galaxy(0, 0, new EllipseShape(3, 2.4, 0.2), 1);
    CModel.PixelSource most =
        box -> {
          BandPixels pixels = scene.pixels(box, 1, 0, new Random(0));
          Arrays.fill(pixels.weight(), 19, pixels.weight().length, 0);
          return pixels;
        };
    assertThat(composite.fit(most, 0, 0, scene.seen)).isNull();
    CModel.PixelSource dot = box -> scene.pixels(new Box(0, 0, 1, 1), 1, 0, new Random(0));
    assertThat(composite.fit(dot, 0, 0, scene.seen)).isNull();
  }
}
