package org.starbeam.measurement;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;

/**
 * Flux with an elliptical Gaussian weight of the source's own second moments, F = sum(w) sum(w D) /
 * sum(w^2) (specs/02 section 10.2): the best estimate for a Gaussian source, with a point-source
 * normalisation left to the aperture correction. Cost O(area of the ellipse at five sigma).
 */
public final class GaussianFlux implements MeasurementPlugin {
  private static final double REACH = 5;

  @Override
  public String name() {
    return Fields.GAUSSIAN_FLUX;
  }

  @Override
  public int executionOrder() {
    return FLUX;
  }

  @Override
  public List<String> inputs() {
    return List.of(Fields.X, Fields.Y, Fields.IXX, Fields.IYY, Fields.IXY);
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.GAUSSIAN_FLUX, Fields.err(Fields.GAUSSIAN_FLUX));
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    double xx = source.get(Fields.IXX);
    double yy = source.get(Fields.IYY);
    double xy = source.get(Fields.IXY);
    double det = xx * yy - xy * xy;
    if (source.flag(Fields.flag(Fields.SHAPE)) || !(det > 0) || !(xx > 0)) {
      source.setFlag(Fields.flag(Fields.GAUSSIAN_FLUX));
      return;
    }
    MaskedImage image = frame.image();
    Box box =
        Box.ofCorners(
                (int) Math.floor(source.x() - REACH * Math.sqrt(xx)),
                (int) Math.floor(source.y() - REACH * Math.sqrt(yy)),
                (int) Math.ceil(source.x() + REACH * Math.sqrt(xx)),
                (int) Math.ceil(source.y() + REACH * Math.sqrt(yy)))
            .intersect(image.box());
    double w1 = 0;
    double w2 = 0;
    double wd = 0;
    double wwv = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      double dy = y - source.y();
      for (int x = box.x0(); x < box.x1(); x++) {
        double dx = x - source.x();
        double r2 = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det;
        float d = image.image().get(x, y);
        float v = image.variance().get(x, y);
        if (r2 < REACH * REACH
            && Float.isFinite(d)
            && Float.isFinite(v)
            && (image.mask().get(x, y) & PsfFlux.REJECTED) == 0) {
          double w = Math.exp(-0.5 * r2);
          w1 += w;
          w2 += w * w;
          wd += w * d;
          wwv += w * w * v;
        }
      }
    }
    if (!(w2 > 0)) {
      source.setFlag(Fields.flag(Fields.GAUSSIAN_FLUX));
      return;
    }
    double whole = 2 * Math.PI * Math.sqrt(det);
    source.set(Fields.GAUSSIAN_FLUX, whole * wd / w2);
    source.set(Fields.err(Fields.GAUSSIAN_FLUX), whole * Math.sqrt(wwv) / w2);
    source.setFlag(Fields.flag(Fields.GAUSSIAN_FLUX), w1 < 0.5 * whole);
  }
}
