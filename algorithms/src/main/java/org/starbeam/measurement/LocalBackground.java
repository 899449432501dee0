package org.starbeam.measurement;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Clipped mean of the pixels in an annulus around the source, 7 to 15 PSF widths (specs/02 section
 * 10.2), detected pixels included. What the image's background left there, per pixel.
 */
public final class LocalBackground implements MeasurementPlugin {
  private static final ClippedStatistics STATISTICS = new ClippedStatistics();
  private static final double INNER = 7;
  private static final double OUTER = 15;
  private static final int REJECTED = MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA;

  @Override
  public String name() {
    return Fields.LOCAL_BACKGROUND;
  }

  @Override
  public int executionOrder() {
    return FLUX;
  }

  @Override
  public List<String> inputs() {
    return List.of(Fields.X, Fields.Y, Fields.IXX_PSF, Fields.IYY_PSF, Fields.IXY_PSF);
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.LOCAL_BACKGROUND, Fields.err(Fields.LOCAL_BACKGROUND));
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    double xx = source.get(Fields.IXX_PSF);
    double yy = source.get(Fields.IYY_PSF);
    double xy = source.get(Fields.IXY_PSF);
    double sigma = Math.sqrt(Math.sqrt(xx * yy - xy * xy));
    if (!(sigma > 0)) {
      source.setFlag(Fields.flag(Fields.LOCAL_BACKGROUND));
      source.setFlag(Fields.flag(Fields.LOCAL_BACKGROUND, "noPsf"));
      return;
    }
    MaskedImage image = frame.image();
    double inner2 = INNER * INNER * sigma * sigma;
    double outer2 = OUTER * OUTER * sigma * sigma;
    int reach = (int) Math.ceil(OUTER * sigma);
    Box box =
        Box.around((int) Math.rint(source.x()), (int) Math.rint(source.y()), reach)
            .intersect(image.box());
    float[] values = new float[box.area()];
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      double dy = y - source.y();
      for (int x = box.x0(); x < box.x1(); x++) {
        double dx = x - source.x();
        double r2 = dx * dx + dy * dy;
        if (r2 >= inner2 && r2 < outer2 && (image.mask().get(x, y) & REJECTED) == 0) {
          values[n++] = image.image().get(x, y);
        }
      }
    }
    ClippedStatistics.Result sky = STATISTICS.of(values, 0, n);
    if (sky.isEmpty() || !(sky.seMean() > 0)) {
      source.setFlag(Fields.flag(Fields.LOCAL_BACKGROUND));
      source.setFlag(Fields.flag(Fields.LOCAL_BACKGROUND, "noGoodPixels"));
      return;
    }
    source.set(Fields.LOCAL_BACKGROUND, sky.meanClip());
    source.set(Fields.err(Fields.LOCAL_BACKGROUND), sky.seMean());
  }
}
