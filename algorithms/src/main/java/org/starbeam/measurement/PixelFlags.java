package org.starbeam.measurement;

import java.util.List;
import org.starbeam.detection.Footprint;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;

/**
 * What the mask says about a source: {@code pixelFlags_x} for any pixel of its footprint, {@code
 * pixelFlags_xCenter} for any of the 3 x 3 pixels around its centre. A source without a footprint
 * takes the 3 x 3 pixels for both.
 */
public final class PixelFlags implements MeasurementPlugin {
  private record Flag(String name, int planes) {}

  private static final List<Flag> FLAGS =
      List.of(
          new Flag("bad", MaskPlanes.BAD),
          new Flag("cr", MaskPlanes.CR),
          new Flag("edge", MaskPlanes.EDGE),
          new Flag("interpolated", MaskPlanes.INTRP),
          new Flag("nodata", MaskPlanes.NO_DATA),
          new Flag("saturated", MaskPlanes.SAT),
          new Flag("suspect", MaskPlanes.SUSPECT | MaskPlanes.SPIKE),
          new Flag("streak", MaskPlanes.STREAK),
          new Flag("clipped", MaskPlanes.CLIPPED),
          new Flag("sensor_edge", MaskPlanes.SENSOR_EDGE),
          new Flag("inexact_psf", MaskPlanes.INEXACT_PSF));

  @Override
  public String name() {
    return "pixelFlags";
  }

  @Override
  public int executionOrder() {
    return PIXELS;
  }

  @Override
  public List<String> outputs() {
    return List.of();
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    MaskI mask = frame.all().mask();
    int cx = (int) Math.rint(source.x());
    int cy = (int) Math.rint(source.y());
    source.setFlag(Fields.pixelFlag("offimage"), !mask.box().contains(cx, cy));
    int centre = 0;
    Box middle = Box.around(cx, cy, 1).intersect(mask.box());
    for (int y = middle.y0(); y < middle.y1(); y++) {
      for (int x = middle.x0(); x < middle.x1(); x++) {
        centre |= mask.get(x, y);
      }
    }
    Footprint footprint = source.footprint();
    int any = footprint == null ? centre : footprint.orOf(mask);
    for (Flag flag : FLAGS) {
      source.setFlag(Fields.pixelFlag(flag.name), (any & flag.planes) != 0);
      source.setFlag(Fields.pixelFlag(flag.name + "Center"), (centre & flag.planes) != 0);
    }
  }
}
