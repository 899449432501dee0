package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.coadd.MeasuredObject;
import org.starbeam.coadd.ObjectMeasurer;
import org.starbeam.deblend.Redistribution;
import org.starbeam.detection.CulledPeak;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.StarCalibration;
import org.starbeam.measurement.StarPrior;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.schema.ObjectParentRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.warp.NoiseCorrelation;

/** Rows of ObjectParent say what was found and what became of it (specs/04 sections 3, 4, 11). */
class ObjectParentRowsTest {
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);
  private static final int CENTRE = 3200;
  private static final int PATCH = TRACT.patchOf(CENTRE, CENTRE);
  private static final Box BOX = Box.around(CENTRE, CENTRE, 60);
  private static final GaussianPsf PSF = new GaussianPsf(1.8);
  private static final PatchIds IDS = PatchIds.of(TRACT, PATCH, 3);

  private static MaskedImage image(int[][] stars) {
    MaskedImage image = new MaskedImage(BOX);
    image.variance().fill(1);
    for (int[] star : stars) {
      ImageD stamp = PSF.image(CENTRE + star[0], CENTRE + star[1]);
      Box in = stamp.box().intersect(BOX);
      for (int y = in.y0(); y < in.y1(); y++) {
        for (int x = in.x0(); x < in.x1(); x++) {
          image.image().set(x, y, image.image().get(x, y) + (float) (3000 * stamp.get(x, y)));
        }
      }
    }
    return image;
  }

  /** A disk of 20 pixels radius about a place. */
  private static SpanSet disk(int cx, int cy) {
    boolean[] map = new boolean[BOX.area()];
    for (int i = 0; i < map.length; i++) {
      double dx = BOX.x0() + i % BOX.width() - cx;
      double dy = BOX.y0() + i / BOX.width() - cy;
      map[i] = Math.hypot(dx, dy) < 20;
    }
    return SpanSet.ofMap(map, BOX);
  }

  private static MergedPeak peak(int dx, int dy, double significance, String... bands) {
    return new MergedPeak(CENTRE + dx, CENTRE + dy, significance, List.of(bands));
  }

  private static final MergedParent PAIR =
      new MergedParent(
          disk(CENTRE - 30, CENTRE).runs(),
          List.of(peak(-30, 0, 120, "i", "r"), peak(-22, 3, 100, "r", "g")),
          2,
          List.of(new CulledPeak(peak(-33, 9, 6, "g"), CulledPeak.Reason.FAINT_OF_FAMILY)));

  private static final MergedParent SINGLE =
      new MergedParent(
          disk(CENTRE + 30, CENTRE).runs(), List.of(peak(30, 0, 90, "r")), 0, List.of());

  /** What a measurement wrote. */
  private record Written(List<ObjectParentRow> parents, List<ObjectRow> objects) {}

  private static Written measured(List<MergedParent> parents) {
    RingsSkyMap map = RingsSkyMap.defaults();
    CoaddBand band =
        new CoaddBand(
            "r", image(new int[][] {{-30, 0}, {-22, 3}, {30, 0}}), PSF, NoiseCorrelation.white());
    ObjectParentRows rows = new ObjectParentRows(map, TRACT, PATCH, IDS);
    ObjectRows objectRows =
        new ObjectRows(map, TRACT, PATCH, IDS, List.of(), StarPrior.even(), StarCalibration.none());
    List<ObjectParentRow> out = new ArrayList<>();
    ObjectMeasurer.Observer observer =
        new ObjectMeasurer.Observer() {
          @Override
          public void shared(int parent, MergedParent measured, Redistribution split) {
            out.add(rows.shared(parents.get(parent), measured, split));
          }
        };
    List<ObjectRow> objects = new ArrayList<>();
    for (MeasuredObject object :
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(List.of(band), parents, List.of(), 1, observer)) {
      objects.add(objectRows.row(object, parents.get(object.parent())));
    }
    return new Written(out, objects);
  }

  @Test
  void aBlendHasItsPeaksItsBoxAndItsObjects() {
    Written written = measured(List.of(PAIR, SINGLE));
    ObjectParentRow blend = written.parents.get(0);
    List<ObjectRow> own =
        written.objects.stream()
            .filter(o -> o.getParentObjectId().equals(blend.getObjectParentId()))
            .toList();
    assertThat(own).hasSize(2);
    assertThat(own).extracting(ObjectRow::getObjectId).contains(blend.getObjectId());
    assertThat(blend.getNPeaks()).isEqualTo(2);
    assertThat(blend.getNChild()).isEqualTo(2);
    assertThat(blend.getNPeaksAmbiguous()).isEqualTo(2);
    assertThat(blend.getNPeaksCulled()).isEqualTo(1);
    assertThat(blend.getDetectedBands()).isEqualTo("i,r,g");
    assertThat(List.of(blend.getBboxX(), blend.getBboxY())).containsExactly(3151, 3181);
    assertThat(List.of(blend.getBboxWidth(), blend.getBboxHeight())).containsExactly(39, 39);
    assertThat(blend.getFootprintArea()).isEqualTo(disk(CENTRE - 30, CENTRE).area());
    assertThat(blend.getDeblendMethod()).isEqualTo("SCARLET");
    assertThat(blend.getDeblendIterations()).isPositive();
    assertThat(blend.getDeblendFailed()).isFalse();
    assertThat(blend.getReleaseId()).isEqualTo("r3");
    SkyPoint sky = TRACT.wcs().toSky(CENTRE - 30.0, CENTRE);
    assertThat(blend.getCoordRa()).isEqualTo(sky.raDeg());
    assertThat(blend.getCoordDec()).isEqualTo(sky.decDeg());
  }

  /** Without noise the models leave less than the sky's noise would, but something. */
  @Test
  void theResidualOfTheModelsIsThatOfTheFootprint() {
    ObjectParentRow blend = measured(List.of(PAIR)).parents.get(0);
    assertThat(blend.getDeblendChi2()).isBetween(1e-9f, 1f);
    assertThat(blend.getDeblendUnassignedFraction()).isBetween(-0.05f, 0.05f);
  }

  @Test
  void anIsolatedSourceIsAParentToo() {
    Written written = measured(List.of(SINGLE));
    ObjectParentRow row = written.parents.get(0);
    assertThat(row.getDeblendMethod()).isEqualTo("ISOLATED");
    assertThat(row.getDeblendNBlends()).isZero();
    assertThat(row.getDeblendChi2()).isNull();
    assertThat(written.objects.get(0).getObjectId()).isEqualTo(row.getObjectId());
    assertThat(written.objects.get(0).getParentObjectId()).isZero();
  }

  @Test
  void aParentThatCouldNotBeMeasuredHasARowAndNoObject() {
    ObjectParentRow row =
        new ObjectParentRows(RingsSkyMap.defaults(), TRACT, PATCH, IDS).failed(PAIR);
    assertThat(row.getObjectParentId())
        .isEqualTo(measured(List.of(PAIR)).parents.get(0).getObjectParentId());
    assertThat(row.getMeasurementFailed()).isTrue();
    assertThat(row.getDeblendFailed()).isTrue();
    assertThat(row.getNChild()).isZero();
    assertThat(row.getObjectId()).isNull();
  }

  @Test
  void aRowOfDetectionGivesItsParentBack() {
    MergedParent back = MergedParents.parent(MergedParents.row(7, PAIR));
    assertThat(back.runs()).isEqualTo(PAIR.runs());
    assertThat(back.peaks()).isEqualTo(PAIR.peaks());
    assertThat(back.culled()).isEqualTo(PAIR.culled());
    assertThat(back.ambiguous()).isEqualTo(2);
  }
}
