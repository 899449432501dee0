package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.testing.BlendSky;

class ScarletDeblenderTest {
  private static final double[] PSF = {1.9, 1.7, 1.6};
  private final ScarletDeblender deblender =
      new ScarletDeblender(ScarletDeblender.Config.defaults());

  private static Peak peak(BlendSky.Source s) {
    return new Peak((int) Math.rint(s.x()), (int) Math.rint(s.y()), (float) s.flux()[1]);
  }

  private static double total(ImageF image) {
    double sum = 0;
    for (float v : image.data) {
      sum += v;
    }
    return sum;
  }

  /** Flux of a point source at a place by matched filter. */
  private static double psfFlux(ImageF image, double sigma, double x, double y) {
    ImageD p = new GaussianPsf(sigma).image(x, y);
    Box box = p.box().intersect(image.box());
    double top = 0;
    double bottom = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        top += p.get(u, v) * image.get(u, v);
      }
    }
    for (double each : p.data) {
      bottom += each * each;
    }
    return top / bottom;
  }

  private static double median(List<Double> values) {
    double[] v = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return v[v.length / 2];
  }

  @Test
  void twoStarsAtOneAndAHalfSeeingKeepFluxAndColour() {
    List<Double> errors = new ArrayList<>();
    List<Double> colours = new ArrayList<>();
    for (int trial = 0; trial < 24; trial++) {
      Random random = new Random(trial);
      BlendSky sky = new BlendSky(new Box(100, 200, 60, 60), 1, PSF);
      double d = 1.5 * sky.fwhm(1) / 2;
      double angle = random.nextDouble() * Math.PI;
      double x = 130 + random.nextDouble() - 0.5;
      double y = 230 + random.nextDouble() - 0.5;
      double[] flux = {sky.starFlux(200, 0), sky.starFlux(200, 1), sky.starFlux(200, 2)};
      BlendSky.Source a =
          new BlendSky.Source(x + d * Math.cos(angle), y + d * Math.sin(angle), 0, 1, 0, flux);
      BlendSky.Source b =
          new BlendSky.Source(x - d * Math.cos(angle), y - d * Math.sin(angle), 0, 1, 0, flux);
      sky.add(a).add(b).expose(trial);
      Redistribution out =
          deblender.deblend(sky.bands(), sky.footprint(1, 3), List.of(peak(a), peak(b)));
      BlendSky.Source[] both = {a, b};
      for (int k = 0; k < 2; k++) {
        double[] measured = new double[3];
        for (int band = 0; band < 3; band++) {
          measured[band] =
              psfFlux(
                  out.child(k).bands().get(band).subtracted(), PSF[band], both[k].x(), both[k].y());
          errors.add(measured[band] / flux[band] - 1);
        }
        colours.add(-2.5 * Math.log10(measured[0] / measured[2] / (flux[0] / flux[2])));
      }
    }
    assertThat(median(magnitudes(errors))).isLessThan(0.006);
    assertThat(Math.abs(median(errors))).isLessThan(0.003);
    assertThat(median(magnitudes(colours))).isLessThan(0.01);
  }

  private static List<Double> magnitudes(List<Double> values) {
    return values.stream().map(Math::abs).toList();
  }

  @Test
  void galaxiesOfOppositeColourKeepTheirFluxesAsFarAsTemplatesCan() {
    for (double separation : new double[] {1.6, 2.1}) {
      List<Double> errors = new ArrayList<>();
      for (int trial = 0; trial < 24; trial++) {
        Random random = new Random(trial);
        BlendSky sky = new BlendSky(new Box(100, 200, 64, 64), 1, PSF);
        double d = separation * sky.fwhm(1) / 2;
        double angle = random.nextDouble() * Math.PI;
        double x = 132 + random.nextDouble() - 0.5;
        double y = 232 + random.nextDouble() - 0.5;
        BlendSky.Source a =
            galaxy(sky, random, x + d * Math.cos(angle), y + d * Math.sin(angle), 0.5, 1, 1.4);
        BlendSky.Source b =
            galaxy(sky, random, x - d * Math.cos(angle), y - d * Math.sin(angle), 1.2, 1, 0.7);
        sky.add(a).add(b).expose(trial);
        Redistribution out =
            deblender.deblend(sky.bands(), sky.footprint(1, 3), List.of(peak(a), peak(b)));
        BlendSky.Source[] both = {a, b};
        for (int k = 0; k < 2; k++) {
          for (int band = 0; band < 3; band++) {
            errors.add(out.child(k).bands().get(band).flux() / both[k].flux()[band] - 1);
          }
        }
      }
      assertThat(median(magnitudes(errors))).as("at " + separation).isLessThan(0.035);
      assertThat(Math.abs(median(errors))).as("at " + separation).isLessThan(0.015);
    }
  }

  private BlendSky trio(long seed) {
    BlendSky sky = new BlendSky(new Box(100, 200, 70, 60), 1, PSF);
    Random random = new Random(seed);
    sky.add(galaxy(sky, random, 128.3, 229.6, 0.5, 1, 1.4));
    sky.add(galaxy(sky, random, 136.1, 232.2, 1.2, 1, 0.7));
    sky.add(new BlendSky.Source(133.2, 221.8, 0, 1, 0, 900, 800, 1100));
    return sky.expose(seed);
  }

  private static final List<Peak> TRIO =
      List.of(new Peak(128, 230, 90), new Peak(136, 232, 80), new Peak(133, 222, 40));

  @Test
  void childrenAndWhatNobodyClaimsSumToTheParent() {
    BlendSky sky = trio(1);
    SpanSet parent = sky.footprint(1, 3);
    Redistribution out = deblender.deblend(sky.bands(), parent, TRIO);
    for (int b = 0; b < 3; b++) {
      double light = 0;
      double size = 0;
      for (int i = 0; i < parent.size(); i++) {
        for (int x = parent.x0(i); x < parent.x1(i); x++) {
          light += sky.images.get(b).image().get(x, parent.y(i));
          size += Math.abs(sky.images.get(b).image().get(x, parent.y(i)));
        }
      }
      String band = sky.bands().get(b).name();
      double sum = out.unassigned(band);
      for (int k = 0; k < 3; k++) {
        DeblendedChild.BandLight child = out.child(k).bands().get(b);
        assertThat(child.flux()).isCloseTo(total(child.ratio()), within(1e-6 * size));
        sum += total(child.ratio());
      }
      assertThat(sum).isCloseTo(light, within(1e-6 * size));
    }
    assertThat(out.unassignedFraction()).isLessThan(0.01);
  }

  @Test
  void anIsolatedSourceKeepsEveryPixelAndStrayLightIsFlagged() {
    BlendSky sky = new BlendSky(new Box(0, 0, 80, 60), 1, PSF);
    sky.add(new BlendSky.Source(25, 30, 0, 1, 0, 3000, 3000, 3000)).expose(4);
    SpanSet parent = sky.footprint(1, 3);
    Redistribution out = deblender.deblend(sky.bands(), parent, List.of(new Peak(25, 30, 9)));
    DeblendedChild child = out.child(0);
    assertThat(child.method()).isEqualTo(DeblendMethod.ISOLATED);
    assertThat(out.hasStrayFlux()).isFalse();
    for (int i = 0; i < parent.size(); i++) {
      for (int x = parent.x0(i); x < parent.x1(i); x++) {
        assertThat(child.bands().get(1).ratio().get(x, parent.y(i)))
            .isEqualTo(sky.images.get(1).image().get(x, parent.y(i)));
      }
    }
    sky.add(new BlendSky.Source(40, 30, 0, 1, 0, 1500, 1500, 1500)).expose(4);
    assertThat(
            deblender
                .deblend(sky.bands(), sky.footprint(1, 3), List.of(new Peak(25, 30, 9)))
                .hasStrayFlux())
        .isTrue();
  }

  @Test
  void theKeptModelGivesEveryModelImageAgainBitByBit() {
    BlendSky sky = trio(2);
    Redistribution out = deblender.deblend(sky.bands(), sky.footprint(1, 3), TRIO);
    Map<String, PsfModel> psfs = new HashMap<>();
    sky.bands().forEach(b -> psfs.put(b.name(), b.psf()));
    for (ScarletBlend model : out.models()) {
      List<ImageD> kernels = BlendRenderer.kernels(model, psfs);
      for (int b = 0; b < 3; b++) {
        float[] sum = new float[sky.box.area()];
        List<ImageF> images = new ArrayList<>();
        for (ScarletBlend.Source source : model.sources()) {
          ImageF c = new BlendRenderer().render(model, kernels, source, b);
          images.add(c);
          Box both = c.box().intersect(sky.box);
          for (int y = both.y0(); y < both.y1(); y++) {
            for (int x = both.x0(); x < both.x1(); x++) {
              sum[(y - 200) * 70 + x - 100] += c.get(x, y);
            }
          }
        }
        for (ScarletBlend.Source source : model.sources()) {
          DeblendedChild.BandLight light = out.child(source.peak()).bands().get(b);
          ImageF c = images.get(model.sources().indexOf(source));
          SpanSet pixels = light.pixels();
          for (int i = 0; i < pixels.size(); i++) {
            for (int x = pixels.x0(i); x < pixels.x1(i); x++) {
              int y = pixels.y(i);
              float d = sky.images.get(b).image().get(x, y);
              assertThat(light.ratio().get(x, y))
                  .isEqualTo(d * (c.get(x, y) / sum[(y - 200) * 70 + x - 100]));
            }
          }
        }
      }
    }
  }

  @Test
  void orderOfPeaksOfBlendsAndOfThreadsDoesNotMatter() throws Exception {
    BlendSky sky = trio(3);
    SpanSet parent = sky.footprint(1, 3);
    Redistribution one = deblender.deblend(sky.bands(), parent, TRIO);
    List<Peak> turned = List.of(TRIO.get(2), TRIO.get(0), TRIO.get(1));
    int[] place = {1, 2, 0};
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Redistribution>> others = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        others.add(threads.submit(() -> deblender.deblend(sky.bands(), parent, turned)));
      }
      for (Future<Redistribution> other : others) {
        for (int k = 0; k < 3; k++) {
          for (int b = 0; b < 3; b++) {
            assertThat(
                    Arrays.equals(
                        other.get().child(place[k]).bands().get(b).ratio().data,
                        one.child(k).bands().get(b).ratio().data))
                .isTrue();
          }
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Every number of a child is finite, and its fluxes are. */
  private static void assertFinite(Redistribution out, int peaks) {
    for (int k = 0; k < peaks; k++) {
      DeblendedChild child = out.child(k);
      assertThat(child.maxOverlap()).isFinite();
      for (DeblendedChild.BandLight light : child.bands()) {
        assertThat(light.flux()).as(light.band()).isFinite();
        for (float v : light.ratio().data) {
          assertThat(Float.isFinite(v)).isTrue();
        }
        for (float v : light.subtracted().data) {
          assertThat(Float.isFinite(v)).isTrue();
        }
      }
    }
  }

  @Test
  void badPixelsOfAnyKindLeaveFiniteFluxes() {
    BlendSky sky = trio(5);
    SpanSet parent = sky.footprint(1, 3);
    for (int x = 100; x < 170; x++) {
      sky.images.get(0).image().set(x, 228, Float.NaN);
      sky.images.get(1).variance().set(x, 224, Float.NaN);
      sky.images.get(2).image().set(x, 231, Float.POSITIVE_INFINITY);
    }
    sky.images.get(1).image().set(128, 230, 1e6f);
    sky.images.get(1).mask().set(128, 230, MaskPlanes.SAT);
    sky.images.get(1).mask().set(136, 232, MaskPlanes.NO_DATA);
    Redistribution out = deblender.deblend(sky.bands(), parent, TRIO);
    assertFinite(out, 3);
    assertThat(out.hasFailed()).isFalse();
    assertThat(out.child(1).bands().get(1).dataCoverage()).isBetween(0.8, 0.999);
  }

  @Test
  void aBandWithoutDataOrPsfIsSharedLikeItsNeighbours() {
    BlendSky sky = trio(6);
    SpanSet parent = sky.footprint(1, 3);
    Redistribution whole = deblender.deblend(sky.bands(), parent, TRIO);
    sky.images.get(1).mask().fill(MaskPlanes.BAD);
    Redistribution masked = deblender.deblend(sky.bands(), parent, TRIO);
    assertFinite(masked, 3);
    assertThat(masked.missingBands()).containsExactly("r");
    for (int k = 0; k < 3; k++) {
      double expected = whole.child(k).bands().get(1).flux();
      assertThat(masked.child(k).bands().get(1).flux())
          .isCloseTo(expected, within(0.15 * expected));
    }
    for (MaskedImage image : sky.images) {
      image.mask().fill(MaskPlanes.NO_DATA);
    }
    Redistribution nothing = deblender.deblend(sky.bands(), parent, TRIO);
    assertThat(nothing.hasFailed()).isTrue();
    assertFinite(nothing, 3);
    assertFinite(deblender.deblend(sky.bands(), parent, TRIO.subList(0, 1)), 1);
  }

  @Test
  void edgesAdjacentPeaksAndNarrowPsfsAreSurvived() {
    BlendSky sky = new BlendSky(new Box(0, 0, 40, 30), 1, 0.75, 1.7);
    sky.add(new BlendSky.Source(0.2, 14.8, 0, 1, 0, 900, 2000));
    sky.add(new BlendSky.Source(7.9, 15.1, 0, 1, 0, 2000, 900));
    sky.expose(7);
    List<Peak> peaks =
        List.of(new Peak(0, 15, 50), new Peak(8, 15, 40), new Peak(9, 15, 20), new Peak(8, 16, 10));
    Redistribution out = deblender.deblend(sky.bands(), sky.footprint(1, 3), peaks);
    assertFinite(out, 4);
    assertThat(out.isModelPsfNarrow()).isTrue();
    assertThat(out.child(0).bands().get(1).edgePixels()).isGreaterThan(10);
    // a third of the star lies beyond the edge: Phi(0.7 / 1.7) is left
    assertThat(out.child(0).bands().get(1).flux()).isCloseTo(0.66 * 2000, within(60.0));
  }

  @Test
  void largeBlendsGoDownTheLadder() {
    DeblendLadder.Limits small = new DeblendLadder.Limits(4, 512 * 512, 3, 4_000_000, 50, 200, 1.2);
    BlendSky sky = new BlendSky(new Box(0, 0, 150, 60), 1, PSF);
    List<Peak> peaks = new ArrayList<>();
    List<BlendSky.Source> truth = new ArrayList<>();
    Random random = new Random(9);
    for (int i = 0; i < 9; i++) {
      BlendSky.Source s =
          new BlendSky.Source(
              15 + 15 * i + random.nextDouble(),
              30 + 4 * random.nextDouble(),
              0,
              1,
              0,
              1000 + 500 * random.nextDouble(),
              1500,
              2000);
      truth.add(s);
      sky.add(s);
      peaks.add(peak(s));
    }
    sky.expose(9);
    SpanSet parent = SpanSet.ofBox(sky.box);
    Map<DeblendMethod, ScarletDeblender> rungs = new HashMap<>();
    rungs.put(DeblendMethod.SCARLET, deblender);
    rungs.put(DeblendMethod.SCARLET_BLOCK, with(small));
    rungs.put(
        DeblendMethod.TEMPLATE,
        with(new DeblendLadder.Limits(4, 512 * 512, 3, 4_000_000, 5, 200, 1.2)));
    rungs.put(
        DeblendMethod.PSF_ONLY,
        with(new DeblendLadder.Limits(4, 512 * 512, 3, 4_000_000, 50, 5, 20)));
    rungs.forEach(
        (method, each) -> {
          Redistribution out = each.deblend(sky.bands(), parent, peaks);
          assertThat(out.hasFailed()).isFalse();
          assertFinite(out, 9);
          for (int k = 0; k < 9; k++) {
            DeblendedChild child = out.child(k);
            if (method != DeblendMethod.SCARLET_BLOCK) {
              assertThat(child.method()).isEqualTo(method);
            }
            double flux =
                psfFlux(
                    child.bands().get(1).subtracted(), PSF[1], truth.get(k).x(), truth.get(k).y());
            assertThat(flux).as(method + " " + k).isCloseTo(1500, within(60.0));
          }
        });
  }

  /** A globular cluster of 5000 stars per square arcmin: a patch of it, or with full all of it. */
  @Test
  void noPeakOfAClusterIsLost() {
    int side = Boolean.getBoolean("starbeam.full") ? 300 : 75;
    int stars = 5000 * side * side / 90_000;
    BlendSky sky = new BlendSky(new Box(0, 0, side, side), 1, PSF);
    Random random = new Random(10);
    Map<Long, Peak> peaks = new TreeMap<>();
    double light = 0;
    for (int i = 0; i < stars; i++) {
      double flux = 300 / Math.sqrt(0.01 + random.nextDouble());
      BlendSky.Source s =
          new BlendSky.Source(
              4 + (side - 9) * random.nextDouble(),
              4 + (side - 9) * random.nextDouble(),
              0,
              1,
              0,
              flux,
              flux,
              flux);
      sky.addNear(s);
      light += flux;
      Peak p = peak(s);
      peaks.put((long) p.y() * side + p.x(), p);
    }
    sky.expose(10);
    List<Peak> all = List.copyOf(peaks.values());
    Redistribution out = deblender.deblend(sky.bands(), SpanSet.ofBox(sky.box), all);
    assertThat(out.hasFailed()).isFalse();
    double sum = 0;
    for (int k = 0; k < all.size(); k++) {
      DeblendedChild child = out.child(k);
      assertThat(child.method()).isEqualTo(DeblendMethod.PSF_ONLY);
      double flux = child.bands().get(1).flux();
      assertThat(flux).isFinite();
      sum += flux;
    }
    assertThat(sum + out.unassigned("r")).isCloseTo(light, within(0.02 * light));
    assertThat(sum).isGreaterThan(0.9 * light);
  }

  private static ScarletDeblender with(DeblendLadder.Limits limits) {
    ScarletDeblender.Config c = ScarletDeblender.Config.defaults();
    return new ScarletDeblender(
        new ScarletDeblender.Config(
            c.modelSigma(),
            c.minSnr(),
            c.threshold(),
            c.core(),
            c.fista(),
            c.maxIterations(),
            c.sweepIterations(),
            c.footprintSnr(),
            c.minArea(),
            c.grow(),
            c.stray(),
            limits));
  }

  /** R_e of 0.4 to 0.6 arcsec, S/N 100 in the middle band. */
  private static BlendSky.Source galaxy(
      BlendSky sky, Random random, double x, double y, double g, double r, double i) {
    double radius = 2 + random.nextDouble();
    double q = 0.6 + 0.4 * random.nextDouble();
    double angle = random.nextDouble() * Math.PI;
    BlendSky.Source unit = new BlendSky.Source(0, 0, radius, q, angle, 1);
    double squares = 0;
    for (int v = -40; v <= 40; v++) {
      for (int u = -40; u <= 40; u++) {
        double p = BlendSky.profile(unit, u, v, PSF[1] * PSF[1]);
        squares += p * p;
      }
    }
    double flux = 100 * sky.sigma / Math.sqrt(squares);
    return new BlendSky.Source(x, y, radius, q, angle, g * flux, r * flux, i * flux);
  }
}
