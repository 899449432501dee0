package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.measurement.Fields;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.testing.BlendSky;
import org.starbeam.warp.NoiseCorrelation;

/** Stars and galaxies in two bands, all of which are measured with sizes. */
class StarClassifierTest {
  private static final int SIDE = 6;
  private static final int APART = 60;
  private static final double[] PSF = {1.8, 1.6};

  private static List<CoaddBand> bands(BlendSky sky) {
    List<CoaddBand> out = new ArrayList<>();
    for (int b = 0; b < PSF.length; b++) {
      String name = String.valueOf("ri".charAt(b));
      out.add(
          new CoaddBand(
              name, sky.images.get(b), new GaussianPsf(PSF[b]), NoiseCorrelation.white()));
    }
    return out;
  }

  private static MergedParent parent(double x, double y) {
    int px = (int) Math.rint(x);
    int py = (int) Math.rint(y);
    List<Integer> runs = new ArrayList<>();
    for (int dy = -9; dy <= 9; dy++) {
      runs.addAll(List.of(py + dy, px - 9, px + 10));
    }
    MergedPeak peak = new MergedPeak(px, py, 50, List.of("r", "i"));
    int[] spans = runs.stream().mapToInt(Integer::intValue).toArray();
    return new MergedParent(spans, List.of(peak), 0, List.of());
  }

  /** Every second one is a star; S/N 30 to 100 a band, galaxies of 0.3 to 0.6 arcsec. */
  @Test
  void modelsTellStarsFromGalaxiesWhereMomentsFailedInAllBands() {
    BlendSky sky = new BlendSky(new Box(0, 0, SIDE * APART, SIDE * APART), 1, PSF);
    Random random = new Random(12);
    List<MergedParent> parents = new ArrayList<>();
    for (int k = 0; k < SIDE * SIDE; k++) {
      double x = APART * (k % SIDE + 0.5) + random.nextDouble();
      double y = APART * (k / SIDE + 0.5) + random.nextDouble();
      double flux = sky.starFlux(30 + 70 * random.nextDouble(), 0) * (1 + k % 2);
      double radius = k % 2 == 0 ? 0 : 1.5 + 1.5 * random.nextDouble();
      sky.addNear(new BlendSky.Source(x, y, radius, 0.8, 0.4, flux, flux));
      parents.add(parent(x, y));
    }
    List<CoaddBand> bands = bands(sky.expose(3));
    List<MeasuredObject> objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(bands, parents, List.of(), 1, ObjectMeasurer.Observer.NONE);
    assertThat(objects).noneMatch(MeasuredObject::isStarFromModel);
    List<Double> bySize = objects.stream().map(MeasuredObject::starLogOdds).toList();

    objects.get(0).free().get("r").setFlag(Fields.flag(Fields.SHAPE), true);
    MeasuredObject half = new StarClassifier(0.2).classified(objects, bands).get(0);
    assertThat(half.isStarFromModel()).isFalse();
    for (MeasuredObject object : objects) {
      object.free().values().forEach(s -> s.setFlag(Fields.flag(Fields.SHAPE), true));
    }
    int right = 0;
    int asBefore = 0;
    List<MeasuredObject> again = new StarClassifier(0.2).classified(objects, bands);
    for (int k = 0; k < again.size(); k++) {
      double odds = again.get(k).starLogOdds();
      assertThat(again.get(k).isStarFromModel()).isTrue();
      right += odds > 0 == (k % 2 == 0) ? 1 : 0;
      asBefore += odds > 0 == bySize.get(k) > 0 ? 1 : 0;
    }
    System.out.printf(
        "StarClassifierTest: of %d right by their models %d, as by their sizes %d%n",
        again.size(), right, asBefore);
    assertThat(right).isGreaterThanOrEqualTo(34);
    assertThat(asBefore).isGreaterThanOrEqualTo(34);
  }
}
