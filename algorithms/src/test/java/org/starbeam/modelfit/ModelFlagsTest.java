package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.modelfit.ModelFit.Flag;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.warp.NoiseCorrelation;

class ModelFlagsTest {
  private static final Box BOX = new Box(0, 0, 61, 61);
  private static final ModelFitter FITTER = new ModelFitter(ModelFitter.Config.defaults(0.2));

  private static PsfMixture psf(boolean fallback) {
    return new PsfMixture(
        List.of(
            new PsfMixture.Component(0.8, new EllipseShape(1.6, 1.63, 0.01)),
            new PsfMixture.Component(0.2, new EllipseShape(3.2, 3.2, 0))),
        1,
        0,
        fallback);
  }

  private static final class Scene {
    Box limits = BOX;
    double sigma = 1;
    final double[][] data = new double[2][BOX.area()];
    final boolean[] bad = new boolean[BOX.area()];
    final PsfMixture[] psf = {psf(false), psf(false)};

    Scene add(SourceModel model, double... flux) {
      for (int b = 0; b < 2; b++) {
        double[][] plane = new double[1][BOX.area()];
        SourceModel.Component c = model.components().get(0);
        new GaussianRenderer(BOX)
            .add(plane, model.x(), model.y(), c.gaussians(), c.shape(), psf[b]);
        for (int p = 0; p < plane[0].length; p++) {
          data[b][p] += flux[b] * plane[0][p];
        }
      }
      return this;
    }

    Scene noise(long seed) {
      Random random = new Random(seed);
      for (double[] band : data) {
        for (int p = 0; p < band.length; p++) {
          band[p] += sigma * random.nextGaussian();
        }
      }
      return this;
    }

    BandPixels pixels(int band, Box box) {
      double[] values = new double[box.area()];
      double[] weight = new double[values.length];
      double[] variance = new double[values.length];
      int p = 0;
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          int at = y * BOX.width() + x;
          if (!bad[at]) {
            values[p] = data[band][at];
            weight[p] = 1 / (sigma * sigma);
            variance[p] = sigma * sigma;
          }
          p++;
        }
      }
      return new BandPixels(box, values, weight, variance, psf[band], NoiseCorrelation.white());
    }

    Map<Model, ModelFit> fit(ModelTarget target) {
      return FITTER.fit(2, this::pixels, limits, List.of(target)).get(0);
    }
  }

  private static final EllipseShape SHAPE = new EllipseShape(3, 2.4, 0.2);
  private static final EllipseShape SEEN = new EllipseShape(3, 2.6, 0.1);
  private static final SourceModel GALAXY = SourceModel.fixed(30.2, 29.7, SHAPE, 1);

  private static final double[] FLUX = {2000, 3000};
  private static final ModelTarget TARGET = new ModelTarget(30, 30, SEEN, FLUX, 100);

  private static Scene galaxy() {
    return new Scene().add(GALAXY, FLUX).noise(1);
  }

  /** What is seen, and what must be said of it. */
  private record Case(Scene scene, ModelTarget target, Set<Model> models, Set<Flag> flags) {
    Case(Scene scene, ModelTarget target, Set<Model> models, Flag flag) {
      this(scene, target, models, EnumSet.of(flag));
    }
  }

  private static final Set<Model> ALL = EnumSet.allOf(Model.class);
  private static final Set<Model> SHAPES = EnumSet.of(Model.EXPONENTIAL, Model.SERSIC);

  private static Case nothing() {
    Scene scene = galaxy();
    Arrays.fill(scene.bad, true);
    return new Case(
        scene, TARGET, EnumSet.of(Model.POINT, Model.EXPONENTIAL, Model.SERSIC), Flag.NO_DATA);
  }

  private static Case psfOfMoments() {
    Scene scene = galaxy();
    scene.psf[1] = psf(true);
    return new Case(scene, TARGET, ALL, Flag.PSF_FAILED);
  }

  /** The image begins right of the object. */
  private static Case beyondTheBorder() {
    Scene scene = galaxy();
    scene.limits = new Box(33, 0, 28, 61);
    return new Case(scene, TARGET, SHAPES, Flag.NOT_PRIMARY_REGION);
  }

  /** A wide plateau with a hole, below the noise: chi-square hardly changes, but it does. */
  private static Case aHole() {
    Scene scene = new Scene();
    for (double[] band : scene.data) {
      for (int p = 0; p < band.length; p++) {
        double r = Math.hypot(p % 61 - 30.72, (p / 61 - 30) / 0.62) / 15.9;
        double hole = 0.43 * Math.exp(-2 * r * r);
        band[p] = 0.1 * (Math.exp(-0.5 * Math.pow(r, 8)) - hole);
      }
    }
    EllipseShape seen = new EllipseShape(2, 1.7, 0.1);
    ModelTarget target = new ModelTarget(30, 30, seen, new double[] {20, 30}, 5);
    return new Case(scene, target, EnumSet.of(Model.POINT, Model.EXPONENTIAL), Flag.MAX_EVAL);
  }

  private static Case largerThanTheRegion() {
    SourceModel large = SourceModel.fixed(30.2, 29.7, new EllipseShape(30, 30, 0.1), 1);
    Scene scene = new Scene().add(large, 40_000, 50_000).noise(2);
    return new Case(scene, TARGET, SHAPES, Flag.AT_BOUND_SIZE);
  }

  /** A disc with a border is flatter than any profile. */
  private static Case disc() {
    Scene scene = new Scene();
    for (double[] band : scene.data) {
      for (int p = 0; p < band.length; p++) {
        double r = Math.hypot(p % 61 - 30.2, p / 61 - 29.7);
        band[p] = 200 / (1 + Math.exp(4 * (r - 9)));
      }
    }
    ModelTarget target =
        new ModelTarget(30, 30, new EllipseShape(5, 5, 0.01), new double[] {50_000, 50_000}, 1000);
    return new Case(scene.noise(1), target, EnumSet.of(Model.SERSIC), Flag.AT_BOUND_N);
  }

  private static Case needle() {
    SourceModel thin = SourceModel.fixed(30.2, 29.7, new EllipseShape(7, 7, 0.9985), 1);
    double[] flux = {200_000, 300_000};
    ModelTarget target = new ModelTarget(30, 30, new EllipseShape(5, 5, 0.9), flux, 1000);
    return new Case(new Scene().add(thin, flux).noise(1), target, SHAPES, Flag.AT_BOUND_RHO);
  }

  /** The light is 6 pixels from where the object is said to be, one more than a centre may go. */
  private static Case elsewhere() {
    ModelTarget target = new ModelTarget(36.2, 29.7, SEEN, FLUX, 100);
    return new Case(
        galaxy(), target, SHAPES, EnumSet.of(Flag.AT_BOUND_CENTROID, Flag.CENTROID_DRIFT));
  }

  private static Case aside() {
    return new Case(galaxy(), new ModelTarget(32.5, 29, SEEN, FLUX, 100), ALL, Flag.CENTROID_DRIFT);
  }

  /** Its moments are those of a star. */
  private static Case faintAndWide() {
    Scene scene = new Scene();
    scene.sigma = 500;
    double[] flux = {200_000, 300_000};
    scene.add(SourceModel.fixed(30.2, 29.7, new EllipseShape(7, 6, 0.1), 1), flux).noise(3);
    EllipseShape star = new EllipseShape(1.8, 1.8, 0.01);
    return new Case(scene, new ModelTarget(30, 30, star, flux, 12), SHAPES, Flag.SUPER_SPREADER);
  }

  /** A pixel without a value that counts, which no source of pixels may hand over. */
  private static Case notANumber() {
    Scene scene = galaxy();
    scene.data[0][30 * 61 + 30] = Double.NaN;
    scene.data[1][30 * 61 + 30] = Double.NaN;
    return new Case(scene, TARGET, ALL, Flag.FAILED);
  }

  /** A centre at its bound, 5 pixels away, has always drifted too. */
  @Test
  void eachFlagHasItsCaseAndNoOther() {
    List<Case> cases =
        List.of(
            new Case(galaxy(), TARGET, ALL, EnumSet.noneOf(Flag.class)),
            nothing(),
            psfOfMoments(),
            beyondTheBorder(),
            aHole(),
            largerThanTheRegion(),
            disc(),
            needle(),
            elsewhere(),
            aside(),
            faintAndWide(),
            notANumber());
    Set<Flag> raised = EnumSet.noneOf(Flag.class);
    for (Case each : cases) {
      Map<Model, ModelFit> fits = each.scene.fit(each.target);
      for (Model model : each.models) {
        ModelFit fit = fits.get(model);
        assertThat(fit).as("%s of the case of %s", model, each.flags).isNotNull();
        assertThat(fit.flags()).as("%s of the case of %s", model, each.flags).isEqualTo(each.flags);
      }
      raised.addAll(each.flags);
    }
    assertThat(raised).isEqualTo(EnumSet.allOf(Flag.class));
  }

  @Test
  void pixelsThatDoNotCountMayHoldAnything() {
    Scene scene = galaxy();
    Scene holes = galaxy();
    for (int p = 0; p < BOX.area(); p += 37) {
      scene.bad[p] = true;
      holes.bad[p] = true;
      holes.data[0][p] = Double.NaN;
      holes.data[1][p] = 1e9;
    }
    ModelFit expected = scene.fit(TARGET).get(Model.SERSIC);
    ModelFit found = holes.fit(TARGET).get(Model.SERSIC);
    assertThat(found.flags()).isEmpty();
    assertThat(found.fluxes()).containsExactly(expected.fluxes());
    assertThat(found.fluxes()[1]).isCloseTo(3000, within(5 * found.fluxErrs()[1]));
  }

  @Test
  void aMaskedBandHasNoFluxAndTheOthersAreAsWithoutIt() {
    Scene scene = galaxy();
    ModelFitter.PixelSource masked =
        (band, box) -> {
          BandPixels pixels = scene.pixels(band, box);
          if (band == 0) {
            Arrays.fill(pixels.weight(), 0);
          }
          return pixels;
        };
    Map<Model, ModelFit> both = FITTER.fit(2, masked, BOX, List.of(TARGET)).get(0);
    Map<Model, ModelFit> alone =
        FITTER.fit(1, (band, box) -> scene.pixels(1, box), BOX, List.of(TARGET)).get(0);
    assertThat(both.keySet()).isEqualTo(ALL);
    both.forEach(
        (model, fit) -> {
          assertThat(fit.flags()).as("%s", model).isEmpty();
          assertThat(fit.fluxes()[0]).isNaN();
          assertThat(fit.fluxErrs()[0]).isNaN();
          double flux = alone.get(model).fluxes()[0];
          assertThat(fit.fluxes()[1]).isCloseTo(flux, within(1e-6 * flux));
          double error = alone.get(model).fluxErrs()[0];
          assertThat(fit.fluxErrs()[1]).isCloseTo(error, within(1e-6 * error));
        });
  }

  /** One pixel in two bands, with 2 (a point) to 6 parameters of structure and two fluxes. */
  @Test
  void aPixelIsNotEnough() {
    Scene scene = galaxy();
    scene.limits = new Box(30, 30, 1, 1);
    Map<Model, ModelFit> fits = scene.fit(TARGET);
    assertThat(fits.keySet()).containsAll(SHAPES);
    fits.forEach((model, fit) -> assertThat(fit.flags()).containsExactly(Flag.FAILED));
    scene.limits = new Box(28, 28, 5, 5);
    assertThat(scene.fit(TARGET).get(Model.SERSIC).flags()).doesNotContain(Flag.FAILED);
  }
}
