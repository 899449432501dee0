package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.coadd.MeasuredObject;
import org.starbeam.coadd.ObjectMeasurer;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.StarCalibration;
import org.starbeam.measurement.StarPrior;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.warp.NoiseCorrelation;

/**
 * The id of an object is its peak's pixel, whatever else is found beside it (specs/04 section 2).
 */
class ObjectIdsTest {
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);
  private static final int CENTRE = 3200;
  private static final Box BOX = Box.around(CENTRE, CENTRE, 60);
  private static final GaussianPsf PSF = new GaussianPsf(1.8);
  private static final int[][] STARS = {{-12, 3}, {0, 0}, {9, -7}};

  private static MaskedImage image() {
    MaskedImage image = new MaskedImage(BOX);
    image.variance().fill(1);
    for (int[] star : STARS) {
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

  private static MergedParent parent(List<int[]> offsets) {
    boolean[] map = new boolean[BOX.area()];
    for (int i = 0; i < map.length; i++) {
      map[i] = Math.hypot(i % BOX.width() - 60, i / BOX.width() - 60) < 25;
    }
    List<MergedPeak> peaks = new ArrayList<>();
    for (int[] o : offsets) {
      peaks.add(new MergedPeak(CENTRE + o[0], CENTRE + o[1], 100, List.of("r")));
    }
    return new MergedParent(SpanSet.ofMap(map, BOX).runs(), peaks, 0, List.of());
  }

  /** Rows by the pixel of the peak. */
  private static Map<List<Double>, ObjectRow> rows(List<int[]> peaks) {
    CoaddBand band = new CoaddBand("r", image(), PSF, NoiseCorrelation.white());
    MergedParent parent = parent(peaks);
    int patch = TRACT.patchOf(CENTRE, CENTRE);
    ObjectRows rows =
        new ObjectRows(
            RingsSkyMap.defaults(),
            TRACT,
            patch,
            PatchIds.of(TRACT, patch, 1),
            List.of(),
            StarPrior.even(),
            StarCalibration.none());
    Map<List<Double>, ObjectRow> out = new HashMap<>();
    for (MeasuredObject object :
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(List.of(band), List.of(parent), List.of(), 1, ObjectMeasurer.Observer.NONE)) {
      out.put(List.of(object.peak().x(), object.peak().y()), rows.row(object, parent));
    }
    return out;
  }

  @Test
  void onePeakMoreChangesNoOtherId() {
    List<int[]> found = List.of(STARS);
    for (int[] artificial : new int[][] {{4, 11}, {-20, -3}}) {
      List<int[]> withOne = new ArrayList<>(found);
      withOne.add(1, artificial);
      Map<List<Double>, ObjectRow> before = rows(found);
      Map<List<Double>, ObjectRow> after = rows(withOne);
      assertThat(after).hasSize(4);
      before.forEach(
          (pixel, row) -> {
            assertThat(after.get(pixel).getObjectId()).isEqualTo(row.getObjectId());
            assertThat(after.get(pixel).getParentObjectId())
                .isEqualTo(row.getParentObjectId())
                .isNotZero();
          });
      assertThat(after.values().stream().map(ObjectRow::getObjectId).distinct()).hasSize(4);
    }
  }
}
