package org.starbeam.measurement;

import java.util.Arrays;
import java.util.List;
import org.starbeam.detection.Footprint;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/** Number of pixels of the footprint and the median of the variance plane over its good pixels. */
public final class FootprintStatistics implements MeasurementPlugin {
  private static final int REJECTED = MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA;

  @Override
  public String name() {
    return Fields.VARIANCE;
  }

  @Override
  public int executionOrder() {
    return PIXELS;
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.VARIANCE, Fields.FOOTPRINT_AREA);
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    MaskedImage image = frame.all();
    Footprint footprint = source.footprint();
    int[] runs =
        footprint == null
            ? square((int) Math.rint(source.x()), (int) Math.rint(source.y()))
            : footprint.spans().runs();
    source.set(Fields.FOOTPRINT_AREA, footprint == null ? 0 : footprint.area());
    double[] values = new double[16];
    int n = 0;
    Box box = image.box();
    for (int i = 0; i < runs.length; i += 3) {
      if (runs[i] < box.y0() || runs[i] >= box.y1()) {
        continue;
      }
      for (int x = Math.max(runs[i + 1], box.x0()); x < Math.min(runs[i + 2], box.x1()); x++) {
        float v = image.variance().get(x, runs[i]);
        if ((image.mask().get(x, runs[i]) & REJECTED) == 0 && Float.isFinite(v)) {
          if (n == values.length) {
            values = Arrays.copyOf(values, 2 * n);
          }
          values[n++] = v;
        }
      }
    }
    if (n == 0) {
      source.setFlag(Fields.flag(Fields.VARIANCE));
      source.setFlag(Fields.flag(Fields.VARIANCE, "emptyFootprint"));
      return;
    }
    Arrays.sort(values, 0, n);
    source.set(Fields.VARIANCE, 0.5 * (values[(n - 1) / 2] + values[n / 2]));
  }

  private static int[] square(int x, int y) {
    int[] runs = new int[15];
    for (int k = 0; k < 5; k++) {
      runs[3 * k] = y - 2 + k;
      runs[3 * k + 1] = x - 2;
      runs[3 * k + 2] = x + 3;
    }
    return runs;
  }
}
