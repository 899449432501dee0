package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.MergedParent;
import org.starbeam.image.Box;
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
}
