package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.testing.BlendSky;
import org.starbeam.warp.NoiseCorrelation;

/** Detection and measurement of a small field in three bands: what the bands have in common. */
class ObjectBandsTest {
  /** Blends and single galaxies in three bands. */
  private static BlendSky field() {
    Random random = new Random(4);
    List<BlendSky.Source> sources = new ArrayList<>();
    BlendSky sky = new BlendSky(new Box(0, 0, 181, 121), 1, 1.7, 2.1, 1.9);
    for (int k = 0; k < 6; k++) {
      double x = 30 + 60 * (k % 3) + random.nextDouble();
      double y = 30 + 60 * (k / 3) + random.nextDouble();
      for (int member = 0; member <= k % 3; member++) {
        double angle = 2 * Math.PI * random.nextDouble();
        sources.add(
            new BlendSky.Source(
                x + 7 * member * Math.cos(angle),
                y + 7 * member * Math.sin(angle),
                k % 2 == 0 ? 2.2 : 0,
                0.7,
                3 * random.nextDouble(),
                500 + 1500 * random.nextDouble(),
                500 + 1500 * random.nextDouble(),
                500 + 1500 * random.nextDouble()));
      }
    }
    sources.forEach(sky::add);
    return sky.expose(3);
  }

  private static List<CoaddBand> coadds(BlendSky sky) {
    List<CoaddBand> bands = new ArrayList<>();
    for (int b = 0; b < sky.psf.length; b++) {
      PsfModel psf = new GaussianPsf(sky.psf[b]);
      String name = String.valueOf("gri".charAt(b));
      bands.add(new CoaddBand(name, sky.images.get(b), psf, NoiseCorrelation.white()));
    }
    return bands;
  }

  private static List<MeasuredObject> detectedAndMeasured(List<CoaddBand> bands) {
    List<MergedParent> found = new CoaddDetector(CoaddDetector.Config.defaults()).detect(bands);
    List<int[]> sky = List.of(new int[] {60, 60}, new int[] {120, 61});
    return new ObjectMeasurer(ObjectMeasurer.Config.defaults())
        .measure(bands, found, sky, 5, ObjectMeasurer.Observer.NONE);
  }

  @Test
  void theOrderOfBandsChangesNothing() {
    List<CoaddBand> bands = coadds(field());
    List<MeasuredObject> first = detectedAndMeasured(bands);
    assertThat(first.size()).isBetween(10, 16);
    assertThat(first).anyMatch(o -> o.family() > 1);
    for (List<Integer> order : List.of(List.of(2, 0, 1), List.of(2, 1, 0))) {
      List<CoaddBand> permuted = order.stream().map(bands::get).toList();
      assertThat(detectedAndMeasured(permuted))
          .usingRecursiveComparison()
          .withEqualsForType(Double::equals, Double.class)
          .isEqualTo(first);
    }
  }

  @Test
  void forcedPositionsAreThoseOfTheReferenceBandBitForBit() {
    List<CoaddBand> bands = coadds(field());
    for (MeasuredObject o : detectedAndMeasured(bands)) {
      assertThat(o.forced().keySet()).containsExactlyInAnyOrder("g", "r", "i");
      o.forced()
          .values()
          .forEach(
              source -> {
                assertThat(source.x()).isEqualTo(o.free().get(o.refBand()).x());
                assertThat(source.y()).isEqualTo(o.free().get(o.refBand()).y());
              });
    }
  }

  /**
   * A star whose footprint is one pixel, which has no value in g; r is masked everywhere. The other
   * bands are measured.
   */
  @Test
  void holesAndAMaskedBandCostWhatTheyHide() {
    BlendSky.Source star = new BlendSky.Source(50, 50, 0, 1, 0, 3000, 3000, 3000);
    BlendSky sky = new BlendSky(new Box(0, 0, 101, 101), 1, 1.8, 1.8, 1.8).add(star).expose(2);
    MaskedImage g = sky.images.get(0);
    g.image().set(50, 50, Float.NaN);
    g.mask().set(50, 50, MaskPlanes.NO_DATA);
    sky.images.get(1).image().fill(Float.NaN);
    sky.images.get(1).mask().fill(MaskPlanes.NO_DATA);
    MergedPeak peak = new MergedPeak(50, 50, 100, List.of("g", "i"));
    MergedParent parent = new MergedParent(new int[] {50, 50, 51}, List.of(peak), 0, List.of());
    MeasuredObject found =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(coadds(sky), List.of(parent), List.of(), 1, ObjectMeasurer.Observer.NONE)
            .get(0);
    for (String band : List.of("g", "i")) {
      MeasuredSource source = found.forced().get(band);
      double error = source.get(Fields.err(Fields.PSF_FLUX));
      assertThat(source.get(Fields.PSF_FLUX)).as(band).isCloseTo(3000, within(5 * error));
      assertThat(source.flag(Fields.flag(Fields.PSF_FLUX))).as(band).isFalse();
    }
    MeasuredSource masked = found.forced().get("r");
    assertThat(masked.get(Fields.PSF_FLUX)).isNaN();
    assertThat(masked.flag(Fields.flag(Fields.PSF_FLUX))).isTrue();
    assertThat(masked.flag(Fields.pixelFlag("nodata"))).isTrue();
    assertThat(found.forced().get("g").flag(Fields.flag(Fields.aperture(6)))).isTrue();
    assertThat(found.gaap().get("r").circular()).allMatch(GaapFlux::isFailed);
    found
        .models()
        .forEach(
            (model, fit) -> {
              double[] fluxes = fit.fluxes();
              int r = new ArrayList<>(found.forced().keySet()).indexOf("r");
              for (int b = 0; b < fluxes.length; b++) {
                if (b == r) {
                  assertThat(fluxes[b]).isNaN();
                } else {
                  assertThat(fluxes[b]).as("%s", model).isBetween(2950.0, 3070.0);
                }
              }
            });
  }
}
