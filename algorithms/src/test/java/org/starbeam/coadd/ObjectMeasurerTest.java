package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.deblend.Redistribution;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.detection.PeakMerger;
import org.starbeam.detection.SpanDetector;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.testing.BlendSky;
import org.starbeam.warp.NoiseCorrelation;

class ObjectMeasurerTest {
  private static final Box BOX = new Box(1000, 2000, 400, 400);
  private static final double SIGMA = 3;

  private static CoaddBand band(
      String name, double width, List<double[]> stars, double scale, long seed) {
    PsfModel psf = new GaussianPsf(width);
    MaskedImage image = new MaskedImage(BOX);
    Random random = new Random(seed);
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] = (float) (SIGMA * random.nextGaussian());
    }
    image.variance().fill((float) (SIGMA * SIGMA));
    for (double[] star : stars) {
      ImageD stamp = psf.image(star[0], star[1]);
      Box in = stamp.box().intersect(BOX);
      for (int y = in.y0(); y < in.y1(); y++) {
        for (int x = in.x0(); x < in.x1(); x++) {
          image
              .image()
              .set(x, y, (float) (image.image().get(x, y) + scale * star[2] * stamp.get(x, y)));
        }
      }
    }
    return new CoaddBand(name, image, psf, NoiseCorrelation.white());
  }

  @Test
  void starsGetTheirFluxInEveryBandAtTheReferencePosition() {
    List<double[]> stars = new ArrayList<>();
    Random random = new Random(11);
    for (int k = 0; k < 16; k++) {
      stars.add(
          new double[] {
            1050 + 100 * (k % 4) + random.nextDouble(),
            2050 + 100 * (k / 4) + random.nextDouble(),
            6000
          });
    }
    List<CoaddBand> bands = List.of(band("g", 1.8, stars, 0.5, 1), band("r", 2.1, stars, 1, 2));
    Map<String, FootprintSet> found = new LinkedHashMap<>();
    for (CoaddBand b : bands) {
      found.put(
          b.band(),
          new SpanDetector(SpanDetector.Config.defaults())
              .detect(b.image(), b.psf(), SpanDetector.Polarity.POSITIVE));
    }
    List<MergedParent> parents = new PeakMerger(PeakMerger.Config.defaults()).merge(BOX, found);
    List<MeasuredObject> objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(
                bands, parents, List.of(new int[] {1100, 2100}), 5, ObjectMeasurer.Observer.NONE);
    assertThat(objects).hasSize(17);
    double g = 0;
    double r = 0;
    double gaap = 0;
    for (MeasuredObject o : objects.subList(0, 16)) {
      assertThat(o.refBand()).isEqualTo("r");
      g += o.forced().get("g").get(Fields.PSF_FLUX) / 16;
      r += o.forced().get("r").get(Fields.PSF_FLUX) / 16;
      gaap += o.gaap().get("r").circular().get(0).flux() / 16;
      assertThat(o.gaap().get("r").any(GaapFlux::isFailed)).isFalse();
      assertThat(o.starLogOdds()).isPositive();
      assertThat(o.forced().get("g").x()).isEqualTo(o.free().get("r").x());
    }
    assertThat(r).isCloseTo(6000, within(60.0));
    assertThat(g).isCloseTo(3000, within(40.0));
    assertThat(gaap).isCloseTo(6000, within(80.0));
    MeasuredObject sky = objects.get(16);
    double pull =
        sky.forced().get("r").get(Fields.PSF_FLUX)
            / sky.forced().get("r").get(Fields.err(Fields.PSF_FLUX));
    assertThat(Math.abs(pull)).isLessThan(4);
  }

  private static List<CoaddBand> bands(BlendSky sky) {
    List<CoaddBand> bands = new ArrayList<>();
    for (int b = 0; b < sky.psf.length; b++) {
      PsfModel psf = new GaussianPsf(sky.psf[b]);
      String name = String.valueOf("gri".charAt(b));
      bands.add(new CoaddBand(name, sky.images.get(b), psf, NoiseCorrelation.white()));
    }
    return bands;
  }

  private static MergedParent parent(BlendSky sky, BlendSky.Source... sources) {
    List<MergedPeak> peaks = new ArrayList<>();
    for (BlendSky.Source s : sources) {
      peaks.add(
          new MergedPeak((int) Math.rint(s.x()), (int) Math.rint(s.y()), 50, List.of("g", "r")));
    }
    return new MergedParent(sky.footprint(2, 3).runs(), peaks, 0, List.of());
  }

  private static List<MeasuredObject> measured(BlendSky sky, BlendSky.Source... sources) {
    return new ObjectMeasurer(ObjectMeasurer.Config.defaults())
        .measure(
            bands(sky), List.of(parent(sky, sources)), List.of(), 5, ObjectMeasurer.Observer.NONE);
  }

  /** Truth: the same galaxy in a sky of its own, without noise. */
  @Test
  void gaapFluxesOfAPairAreThoseOfEachAlone() {
    Box box = new Box(0, 0, 201, 201);
    double[] psf = {1.8, 2.1};
    Random random = new Random(5);
    double[] error = new double[2];
    double[] shared = new double[2];
    int n = 12;
    for (int k = 0; k < n; k++) {
      double angle = Math.PI * random.nextDouble();
      double distance = 9 + 3 * random.nextDouble();
      BlendSky.Source red =
          new BlendSky.Source(100, 100, 2.5, 0.7, 3 * random.nextDouble(), 2000, 6000);
      BlendSky.Source blue =
          new BlendSky.Source(
              100 + distance * Math.cos(angle),
              100 + distance * Math.sin(angle),
              2,
              0.8,
              3 * random.nextDouble(),
              4000,
              2500);
      BlendSky alone = new BlendSky(box, 1e-3, psf).add(red).expose(k);
      MeasuredObject truth = measured(alone, red).get(0);
      BlendSky pair = new BlendSky(box, 1, psf).add(red).add(blue).expose(100 + k);
      MeasuredObject found = measured(pair, red, blue).get(0);
      for (int b = 0; b < 2; b++) {
        String band = b == 0 ? "g" : "r";
        GaapFlux flux = found.gaap().get(band).circular().get(1);
        double expected = truth.gaap().get(band).circular().get(1).flux();
        double delta = found.blend().bands().get(band).gaapFluxDelta();
        error[b] += Math.abs(flux.flux() / expected - 1) / n;
        shared[b] += Math.abs((flux.flux() + delta * flux.err()) / expected - 1) / n;
      }
    }
    assertThat(error[0]).isLessThan(0.006);
    assertThat(error[1]).isLessThan(0.003);
    assertThat(error[0] + error[1]).isLessThan(0.75 * (shared[0] + shared[1]));
  }

  @Test
  void aParentThatCannotBeMeasuredCostsItsOwnObjectsOnly() {
    Box box = new Box(0, 0, 201, 201);
    BlendSky.Source galaxy = new BlendSky.Source(100, 100, 2.5, 0.7, 1, 2000, 6000);
    BlendSky sky = new BlendSky(box, 1, 1.8, 2.1).add(galaxy).expose(1);
    MeasuredObject alone = measured(sky, galaxy).get(0);
    List<CoaddBand> bands = bands(sky);
    List<MergedPeak> peak = List.of(new MergedPeak(35, 20, 9, List.of()));
    int[] elsewhere = {20, 30, 40, 21, 30, 40};
    List<MergedParent> parents =
        List.of(new MergedParent(elsewhere, peak, 0, List.of()), parent(sky, galaxy));
    Map<Integer, RuntimeException> failed = new LinkedHashMap<>();
    List<MeasuredObject> objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(
                bands,
                parents,
                List.of(),
                5,
                new ObjectMeasurer.Observer() {
                  @Override
                  public void shared(int parent, MergedParent measured, Redistribution split) {
                    if (parent == 0) {
                      throw new ArithmeticException("a fault");
                    }
                  }

                  @Override
                  public void failed(int parent, RuntimeException cause) {
                    failed.put(parent, cause);
                  }
                });
    assertThat(failed).containsOnlyKeys(0);
    assertThat(objects).hasSize(1);
    assertThat(objects.get(0).forced().get("r").values())
        .containsEntry(Fields.PSF_FLUX, alone.forced().get("r").get(Fields.PSF_FLUX))
        .containsEntry(Fields.KRON_FLUX, alone.forced().get("r").get(Fields.KRON_FLUX));
  }

  /** Where two bands have nothing in common but the parent, their stand-in noise has not either. */
  @Test
  void noiseThatStandsForNeighboursIsAnotherInEachBand() {
    Box box = new Box(0, 0, 201, 201);
    BlendSky.Source near = new BlendSky.Source(80, 100, 0, 1, 0, 9000, 9000);
    BlendSky.Source other = new BlendSky.Source(140, 100, 0, 1, 0, 9000, 9000);
    double[] mean = new double[2];
    double product = 0;
    double[] square = new double[2];
    int n = 25;
    for (int k = 0; k < n; k++) {
      BlendSky sky = new BlendSky(box, 1, 1.8, 1.8).add(near).add(other).expose(k);
      List<MergedParent> parents = List.of(parent(sky, near, other));
      List<MeasuredObject> objects =
          new ObjectMeasurer(ObjectMeasurer.Config.defaults())
              .measure(
                  bands(sky),
                  parents,
                  List.of(new int[] {140, 100}),
                  k,
                  ObjectMeasurer.Observer.NONE);
      MeasuredObject replaced = objects.get(2);
      double g = replaced.forced().get("g").get(Fields.PSF_FLUX);
      double r = replaced.forced().get("r").get(Fields.PSF_FLUX);
      mean[0] += g / n;
      mean[1] += r / n;
      product += g * r / n;
      square[0] += g * g / n;
      square[1] += r * r / n;
    }
    double covariance = product - mean[0] * mean[1];
    double scale = Math.sqrt((square[0] - mean[0] * mean[0]) * (square[1] - mean[1] * mean[1]));
    assertThat(Math.abs(covariance / scale)).isLessThan(0.6);
  }
}
