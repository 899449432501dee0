package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.SignificanceMap;
import org.starbeam.detection.SpanDetector;
import org.starbeam.detection.SpanDetector.Polarity;
import org.starbeam.difference.AlardLuptonSolver.Stamp;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.difference.ImageSubtractor.Mode;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.GridPsf;

/** Pairs of star fields with known changes. */
class ImageSubtractorTest {
  private static final int SIZE = 512;
  private static final double SCIENCE_SIGMA = 10;
  private static final double TEMPLATE_SIGMA = 4;

  private record Star(double x, double y, double flux) {}

  /** A field of stars seen twice; in the science image two sources differ. */
  private static final class Field {
    private final List<Star> stars = new ArrayList<>();
    private final Exposure science;
    private final Exposure template;

    Field(double sciencePsf, double templatePsf, long seed, boolean changes) {
      Random random = new Random(seed);
      for (int i = 0; i < 150; i++) {
        double x = 15 + 480 * random.nextDouble();
        double y = 15 + 480 * random.nextDouble();
        if (stars.stream().allMatch(s -> Math.hypot(s.x - x, s.y - y) > 20)) {
          stars.add(new Star(x, y, Math.pow(10, 3 + 1.8 * random.nextDouble())));
        }
      }
      List<Star> now = new ArrayList<>(stars);
      List<Star> then = new ArrayList<>(stars);
      if (changes) {
        now.add(new Star(200.3, 300.7, 4000));
        then.add(new Star(350.6, 120.2, 4000));
      }
      science = exposure(now, sciencePsf, SCIENCE_SIGMA, random);
      template = exposure(then, templatePsf, TEMPLATE_SIGMA, random);
    }

    /** The same stars with a template of strips, each of which has its own PSF. */
    private Field(Field like, double[] strips, boolean told) {
      Random random = new Random(99);
      stars.addAll(like.stars);
      science = like.science;
      List<ImageD> stamps = new ArrayList<>();
      MaskedImage pixels = new MaskedImage(new Box(0, 0, SIZE, SIZE));
      int width = SIZE / strips.length;
      for (int k = 0; k < strips.length; k++) {
        Exposure strip = exposure(stars, strips[k], TEMPLATE_SIGMA, random);
        Box part = new Box(k * width, 0, width, SIZE);
        pixels.image().view(part).copyFrom(strip.pixels().image().view(part));
        pixels.variance().view(part).copyFrom(strip.pixels().variance().view(part));
        ImageD stamp = new ImageD(Box.around(0, 0, 12));
        stamp.copyFrom(strip.psf().kernelImage(0, 0));
        stamps.add(stamp);
      }
      int blocks = SIZE / 8;
      int[] zone = new int[blocks * blocks];
      float[] weight = new float[zone.length];
      Arrays.fill(weight, 1);
      for (int b = 0; b < zone.length; b++) {
        zone[b] = b % blocks * 8 / width;
      }
      TemplatePsf psf =
          new TemplatePsf(pixels.box(), 8, List.of(new TemplatePsf.Layer(zone, weight)), stamps);
      template = new Exposure(pixels, told ? psf : new GaussianPsf(strips[0]));
    }

    private static Exposure exposure(List<Star> stars, double psf, double noise, Random random) {
      GaussianPsf model = new GaussianPsf(psf);
      MaskedImage image = new MaskedImage(new Box(0, 0, SIZE, SIZE));
      for (Star s : stars) {
        ImageD p = model.image(s.x, s.y);
        Box box = p.box().intersect(image.box());
        for (int y = box.y0(); y < box.y1(); y++) {
          for (int x = box.x0(); x < box.x1(); x++) {
            image.image().data[image.image().index(x, y)] += (float) (s.flux * p.get(x, y));
          }
        }
      }
      for (int i = 0; i < SIZE * SIZE; i++) {
        image.image().data[i] += (float) (noise * random.nextGaussian());
        image.variance().data[i] = (float) (noise * noise);
      }
      return new Exposure(image, model);
    }

    List<Stamp> stamps() {
      List<Stamp> out = new ArrayList<>();
      for (int i = 0; i < stars.size(); i++) {
        Star s = stars.get(i);
        out.add(new Stamp(i, (int) Math.rint(s.x), (int) Math.rint(s.y)));
      }
      return out;
    }

    Difference subtract() {
      return new ImageSubtractor(ImageSubtractor.Config.defaults())
          .subtract(science, template, stamps());
    }
  }

  private static double[] forcedPulls(Field field, Difference d) {
    double[] pulls = new double[field.stars.size()];
    for (int i = 0; i < pulls.length; i++) {
      Star s = field.stars.get(i);
      ForcedPhotometry.Result r =
          ForcedPhotometry.measure(d.image(), d.psf().image(s.x, s.y), Math.max(1, d.noiseScale()));
      pulls[i] = r.flux() / r.err();
    }
    return pulls;
  }

  private static double width(double[] values) {
    double[] v = values.clone();
    Arrays.sort(v);
    return (v[(int) (0.84 * v.length)] - v[(int) (0.16 * v.length)]) / 2;
  }

  @Test
  void whitenedDifferenceHasTheNoiseOfItsVariancePlane() {
    Difference d = new Field(2.0, 1.6, 1, false).subtract();
    assertThat(d.mode()).isEqualTo(Mode.CONVOLVE_TEMPLATE);
    double sum = 0;
    double lag = 0;
    int n = 0;
    for (int y = 30; y < 480; y++) {
      for (int x = 30; x < 480; x++) {
        double a = d.image().image().get(x, y) / Math.sqrt(d.image().variance().get(x, y));
        double b = d.image().image().get(x + 1, y) / Math.sqrt(d.image().variance().get(x, y));
        if (Math.abs(a) < 6) {
          sum += a * a;
          lag += a * b;
          n++;
        }
      }
    }
    assertThat(sum / n).isCloseTo(1, within(0.03));
    assertThat(lag / sum).isCloseTo(0, within(0.02));
    assertThat(d.noiseScale()).isCloseTo(1, within(0.03));
    assertThat(d.solution().kernelSum()).isCloseTo(1, within(0.005));
  }

  @Test
  void staticStarsLeavePullsOfUnitWidth() {
    Field field = new Field(2.0, 1.6, 2, false);
    assertThat(width(forcedPulls(field, field.subtract()))).isBetween(0.8, 1.25);
  }

  /**
   * Cells of a coadd have other PSFs because they have other inputs. Stars of S/N above 100 show
   * it: one kernel that changes linearly leaves several times the noise.
   */
  @Test
  void aTemplateWhosePsfJumpsLeavesOnlyNoise() {
    for (double science : new double[] {2.1, 1.5}) {
      Field field = new Field(science, 1.7, 8, false);
      double[] strips = {1.6, 1.85, 1.65, 1.8};
      Field told = new Field(field, strips, true);
      Field untold = new Field(field, strips, false);
      double[] pulls = bright(told, forcedPulls(told, told.subtract()));
      double[] before = bright(untold, forcedPulls(untold, untold.subtract()));
      System.out.printf(
          "ImageSubtractorTest: PSF of %.1f px, jumps of the template's: pulls %.2f, untold %.2f%n",
          science, width(pulls), width(before));
      assertThat(width(pulls)).as("science %s", science).isBetween(0.7, 1.5);
      assertThat(width(before)).as("untold, science %s", science).isGreaterThan(2.5);
    }
  }

  /** Pulls of stars that are brighter than 100 sigma of the sky and not beside a jump. */
  private static double[] bright(Field field, double[] pulls) {
    List<Double> out = new ArrayList<>();
    for (int i = 0; i < pulls.length; i++) {
      Star s = field.stars.get(i);
      double beside = Math.abs((s.x + 64) % 128 - 64);
      if (s.flux > 8000 && beside > 12) {
        out.add(pulls[i]);
      }
    }
    return out.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** The first solution is theirs, so that nearly all stamps look wrong. */
  @Test
  void aFewSpoiledStampsAreRejected() {
    Field field = new Field(2.0, 1.6, 9, false);
    GaussianPsf sharp = new GaussianPsf(1.0);
    for (int k = 0; k < 3; k++) {
      Star s = field.stars.get(10 * k);
      ImageD spot = sharp.image(s.x + 1, s.y);
      Box box = spot.box().intersect(field.science.pixels().box());
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          int at = field.science.pixels().image().index(x, y);
          field.science.pixels().image().data[at] += (float) (4e5 * spot.get(x, y));
        }
      }
    }
    Difference d = field.subtract();
    assertThat(d.solution().rejected()).isGreaterThanOrEqualTo(3);
    assertThat(d.solution().used()).isGreaterThan(10);
    assertThat(d.solution().kernelSum()).isCloseTo(1, within(0.01));
    assertThat(width(forcedPulls(field, d))).isBetween(0.8, 1.3);
  }

  @Test
  void aMovedStarIsOneSourceAndWhatIsNarrowerThanThePsfIsCalledACosmicRay() {
    Field field = new Field(2.0, 1.6, 10, false);
    add(field.science, 250.2, 251.1, 9000, 2.0);
    add(field.template, 246.2, 251.1, 9000, 1.6);
    add(field.science, 120.3, 380.4, 3000, 0.7);
    Difference d = field.subtract();
    List<DiaMeasurer.DiaSource> sources =
        new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(d, field.science);
    assertThat(sources)
        .filteredOn(s -> Math.hypot(s.x() - 248.2, s.y() - 251.1) < 10)
        .hasSize(1)
        .allMatch(s -> !s.source().flag("pixelFlags_cr"));
    assertThat(sources)
        .filteredOn(s -> Math.hypot(s.x() - 120.3, s.y() - 380.4) < 3)
        .hasSize(1)
        .allMatch(s -> s.source().flag("pixelFlags_crCenter"));
  }

  /** Stars beside those of the field; each is far from the others. */
  @Test
  void aStarIsASourceWhenItsFluxOrItsPlaceHasChanged() {
    Field field = new Field(2.0, 1.6, 11, false);
    double[][] then = {{90.4, 250.3}, {250.6, 90.2}, {420.1, 250.7}, {250.2, 420.9}};
    double[][] now = {{90.6, 250.4}, {251.3, 90.7}, {432.1, 250.7}, {250.2, 420.9}};
    double[] brighter = {1, 1, 1, 1.2};
    for (int i = 0; i < then.length; i++) {
      add(field.template, then[i][0], then[i][1], 3e4, 1.6);
      add(field.science, now[i][0], now[i][1], brighter[i] * 3e4, 2.0);
    }
    List<DiaMeasurer.DiaSource> sources =
        new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(field.subtract(), field.science);
    assertThat(near(sources, 90.5, 250.4)).as("moved by 0.22 pixels").isEmpty();
    assertThat(near(sources, 251, 90.5)).as("moved by 0.86 pixels").hasSize(1);
    DiaMeasurer.DiaSource moved = near(sources, 251, 90.5).get(0);
    assertThat(moved.dipole()).isTrue();
    assertThat(moved.x()).isCloseTo(251.3, within(0.15));
    assertThat(moved.y()).isCloseTo(90.7, within(0.15));
    assertThat(near(sources, 426, 250.7)).as("moved by 12 pixels").hasSize(1);
    assertThat(near(sources, 426, 250.7).get(0).x()).isCloseTo(432.1, within(0.1));
    assertThat(near(sources, 426, 250.7).get(0).dipole()).isTrue();
    assertThat(near(sources, 250.2, 420.9)).as("brighter by a fifth").hasSize(1);
    DiaMeasurer.DiaSource variable = near(sources, 250.2, 420.9).get(0);
    assertThat(variable.dipole()).isFalse();
    assertThat(variable.psfFlux()).isCloseTo(6000, within(400.0));
  }

  @Test
  void fluxesOnTheMatchedTemplateScatterByTheirErrors() {
    for (double[] psfs : new double[][] {{2.0, 1.6}, {1.6, 2.0}}) {
      Field field = new Field(psfs[0], psfs[1], 3, false);
      Difference d = field.subtract();
      List<Double> pulls = new ArrayList<>();
      for (int k = 0; k < 900; k++) {
        double x = 30 + 15 * (k % 30) + 0.3;
        double y = 30 + 15 * (k / 30) + 0.6;
        if (field.stars.stream().allMatch(s -> Math.hypot(s.x - x, s.y - y) > 18)) {
          double flux = StarShift.flux(d.matchedTemplate(), d.matchedPsf().image(x, y));
          pulls.add(flux / d.templateFluxErr(x, y));
        }
      }
      assertThat(pulls).hasSizeGreaterThan(150);
      double[] values = pulls.stream().mapToDouble(Double::doubleValue).toArray();
      assertThat(width(values)).as(d.mode().name()).isBetween(0.88, 1.12);
    }
  }

  /** Kaiser's formula, specs/03 section 7.8: n = A nu exp(-nu^2 / 2) / (2^5/2 pi^3/2 sigma^2). */
  @Test
  void whiteNoiseHasAsManyFalsePeaksOfEitherSignAsTheFormulaSays() {
    double threshold = 3.5;
    double sigma = 2;
    int side = 1400;
    int images = 4;
    int[] found = new int[2];
    Random random = new Random(17);
    for (int k = 0; k < images; k++) {
      MaskedImage noise = new MaskedImage(new Box(0, 0, side, side));
      for (int i = 0; i < side * side; i++) {
        noise.image().data[i] = (float) (3 * random.nextGaussian());
        noise.variance().data[i] = 9;
      }
      SpanDetector detector =
          new SpanDetector(SpanDetector.Config.defaults().withThreshold(threshold));
      SignificanceMap map = detector.significance(noise, new GaussianPsf(sigma));
      found[0] += peaks(detector, map, Polarity.POSITIVE);
      found[1] += peaks(detector, map, Polarity.NEGATIVE);
    }
    double expected =
        images
            * side
            * side
            * threshold
            * Math.exp(-threshold * threshold / 2)
            / (Math.pow(2, 2.5) * Math.pow(Math.PI, 1.5) * sigma * sigma);
    for (int n : found) {
      assertThat(n / expected).as("%d peaks, expected %.0f", n, expected).isBetween(0.8, 1.2);
    }
  }

  private static int peaks(SpanDetector detector, SignificanceMap map, Polarity polarity) {
    return detector.detect(map, polarity).footprints().stream()
        .mapToInt(f -> f.peaks().size())
        .sum();
  }

  /** One of ten inputs of the template is missing there, and with it its seeing. */
  @Test
  void whatATemplateLeavesThatLacksInputsIsNoSource() {
    for (boolean told : new boolean[] {true, false}) {
      Field field = new Field(2.0, 1.6, 11, false);
      add(field.template, 250.2, 420.9, 3e4, 1.6);
      add(field.science, 250.2, 420.9, 1.08 * 3e4, 2.0);
      add(field.template, 90.4, 250.3, 3e4, 1.6);
      add(field.science, 90.4, 250.3, 1.4 * 3e4, 2.0);
      if (told) {
        mark(field.template, new Box(230, 400, 40, 40));
        mark(field.template, new Box(70, 230, 40, 40));
      }
      List<DiaMeasurer.DiaSource> sources =
          new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(field.subtract(), field.science);
      assertThat(near(sources, 250.2, 420.9)).as("brighter by 8 %%").hasSize(told ? 0 : 1);
      assertThat(near(sources, 90.4, 250.3)).as("brighter by 40 %%").hasSize(1);
    }
  }

  private static void mark(Exposure template, Box box) {
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        template.pixels().mask().data[template.pixels().mask().index(x, y)] |=
            MaskPlanes.INEXACT_PSF;
      }
    }
  }

  private static List<DiaMeasurer.DiaSource> near(
      List<DiaMeasurer.DiaSource> sources, double x, double y) {
    return sources.stream().filter(s -> Math.hypot(s.x() - x, s.y() - y) < 12).toList();
  }

  private static void add(Exposure to, double x, double y, double flux, double sigma) {
    ImageD p = new GaussianPsf(sigma).image(x, y);
    Box box = p.box().intersect(to.pixels().box());
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        to.pixels().image().data[to.pixels().image().index(u, v)] += (float) (flux * p.get(u, v));
      }
    }
  }

  @Test
  void aTransientAndAFadedSourceAreFoundWithTheirFluxAndNothingElse() {
    Field field = new Field(2.0, 1.6, 3, true);
    Difference d = field.subtract();
    List<DiaMeasurer.DiaSource> sources =
        new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(d, field.science);
    assertThat(sources).hasSize(2);
    DiaMeasurer.DiaSource up = sources.stream().filter(s -> !s.negative()).findFirst().get();
    DiaMeasurer.DiaSource down = sources.stream().filter(s -> s.negative()).findFirst().get();
    assertThat(up.x()).isCloseTo(200.3, within(0.1));
    assertThat(up.y()).isCloseTo(300.7, within(0.1));
    assertThat(up.psfFlux()).isCloseTo(4000, within(3 * up.psfFluxErr()));
    assertThat(down.x()).isCloseTo(350.6, within(0.1));
    assertThat(down.psfFlux()).isCloseTo(-4000, within(3 * down.psfFluxErr()));
    assertThat(up.scienceFlux()).isCloseTo(4000, within(4 * up.scienceFluxErr()));
    assertThat(down.templateFlux()).isCloseTo(4000, within(400.0));
    assertThat(up.psfFluxErr()).isBetween(60.0, 120.0);
    assertThat(up.dipole()).isFalse();
    assertThat(up.fits().reliability()).isGreaterThan(0.9);
    assertThat(up.fits().trail().isMoving()).isFalse();
  }

  @Test
  void theSharperScienceImageIsConvolvedAndKeepsItsFlux() {
    Field field = new Field(1.6, 2.0, 4, true);
    Difference d = field.subtract();
    assertThat(d.mode()).isEqualTo(Mode.CONVOLVE_SCIENCE);
    List<DiaMeasurer.DiaSource> sources =
        new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(d, field.science);
    assertThat(sources).hasSize(2);
    for (DiaMeasurer.DiaSource s : sources) {
      assertThat(Math.abs(s.psfFlux())).isCloseTo(4000, within(3.5 * s.psfFluxErr()));
    }
    assertThat(width(forcedPulls(field, d))).isBetween(0.8, 1.25);
    assertThat(d.noiseScale()).isCloseTo(1, within(0.05));
  }

  /** The template shows stars fainter; its PSF does not say so, and is not asked. */
  @Test
  void fluxesAreInTheScaleOfTheVisitWhicheverImageIsConvolved() {
    for (double[] psfs : new double[][] {{2.0, 1.6}, {1.6, 2.0}}) {
      Field field = new Field(psfs[0], psfs[1], 9, true);
      for (int i = 0; i < SIZE * SIZE; i++) {
        field.template.pixels().image().data[i] *= 0.9f;
        field.template.pixels().variance().data[i] *= 0.81f;
      }
      Difference d =
          new ImageSubtractor(withoutPseudoStamps())
              .subtract(field.science, field.template, field.stamps());
      List<DiaMeasurer.DiaSource> sources =
          new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(d, field.science);
      assertThat(sources).hasSize(2);
      for (DiaMeasurer.DiaSource s : sources) {
        assertThat(Math.abs(s.psfFlux())).isCloseTo(4000, within(3.5 * s.psfFluxErr()));
        double whole = s.negative() ? s.templateFlux() : s.scienceFlux();
        assertThat(whole).isCloseTo(4000, within(3.5 * s.scienceFluxErr()));
      }
    }
  }

  private static ImageSubtractor.Config withoutPseudoStamps() {
    ImageSubtractor.Config d = ImageSubtractor.Config.defaults();
    AlardLuptonSolver.Config k = d.kernel();
    return new ImageSubtractor.Config(
        new AlardLuptonSolver.Config(
            k.degrees(),
            k.spatialOrder(),
            k.backgroundOrder(),
            0,
            k.pseudoStampSnr(),
            k.stampHalfWidth(),
            k.minStamps(),
            k.rounds(),
            k.maxMeanResidual(),
            k.maxResidualScatter(),
            k.modelError(),
            k.maxLeverage(),
            0.2),
        d.mode(),
        d.tile(),
        d.blend(),
        d.psfStep());
  }

  @Test
  void theDifferenceIsLinearAndConstantsDropOut() {
    Field field = new Field(2.0, 1.6, 5, true);
    float[] before = field.subtract().image().image().data;
    for (int i = 0; i < SIZE * SIZE; i++) {
      field.science.pixels().image().data[i] += 25;
    }
    float[] after = field.subtract().image().image().data;
    double worst = 0;
    for (int i = 0; i < before.length; i++) {
      worst = Math.max(worst, Math.abs(after[i] - before[i]));
    }
    assertThat(worst).isLessThan(1.0);
  }

  @Test
  void noStarsAndMissingTemplatePixelsAreSaid() {
    Field field = new Field(2.0, 1.6, 6, false);
    assertThatThrownBy(
            () ->
                new ImageSubtractor(ImageSubtractor.Config.defaults())
                    .subtract(field.science, field.template, List.of()))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("0 stars");
    MaskedImage t = field.template.pixels();
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < 100; x++) {
        t.mask().set(x, y, MaskPlanes.NO_DATA);
        t.image().set(x, y, Float.NaN);
        t.variance().set(x, y, Float.POSITIVE_INFINITY);
      }
    }
    Difference d = field.subtract();
    assertThat(d.image().mask().get(50, 50) & MaskPlanes.NO_DATA_TEMPLATE).isNotZero();
    assertThat(d.image().mask().get(300, 50) & MaskPlanes.NO_DATA).isZero();
    assertThat(d.image().image().get(300, 50)).isFinite();
    ForcedPhotometry.Result gone =
        ForcedPhotometry.measure(d.image(), d.psf().image(50.2, 60.9), 1);
    assertThat(gone.flag()).isTrue();
  }

  @Test
  void psfTableReadsBackToTheSameBits() {
    Difference d = new Field(2.0, 1.6, 7, false).subtract();
    GridPsf psf = (GridPsf) d.psf();
    GridPsf again = GridPsf.fromTable(psf.toTable());
    assertThat(again.image(101.3, 77.8).data).isEqualTo(psf.image(101.3, 77.8).data);
    double[] shape = psf.shape(200, 200);
    assertThat(shape[0]).isCloseTo(4, within(0.4));
  }
}
