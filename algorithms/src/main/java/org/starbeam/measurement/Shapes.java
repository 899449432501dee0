package org.starbeam.measurement;

import java.util.List;
import org.starbeam.image.ImageD;

/**
 * Adaptive moments of the source and of the PSF at its place (specs/02 section 9.1). The PSF's are
 * taken of its pixel image at the source's sub-pixel position, as the source's are.
 */
public final class Shapes implements MeasurementPlugin {
  private static final AdaptiveMoments MOMENTS = new AdaptiveMoments();

  @Override
  public String name() {
    return Fields.SHAPE;
  }

  @Override
  public int executionOrder() {
    return SHAPE;
  }

  @Override
  public List<String> outputs() {
    return List.of(
        Fields.IXX,
        Fields.IYY,
        Fields.IXY,
        Fields.TRACE_ERR,
        Fields.IXX_PSF,
        Fields.IYY_PSF,
        Fields.IXY_PSF);
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    double[] guess = frame.psf().shape(source.x(), source.y());
    double sigma = Math.sqrt(0.5 * (guess[0] + guess[1]));
    ImageD psf = frame.psfImage(source.x(), source.y());
    AdaptiveMoments.Result model = MOMENTS.measure(psf, source.x(), source.y(), sigma);
    if (model.isOk()) {
      source.set(Fields.IXX_PSF, model.xx());
      source.set(Fields.IYY_PSF, model.yy());
      source.set(Fields.IXY_PSF, model.xy());
    } else {
      source.setFlag(Fields.flag(Fields.PSF_MOMENTS));
    }
    AdaptiveMoments.Result own = MOMENTS.measure(frame.image(), source.x(), source.y(), sigma);
    source.setFlag(Fields.flag(Fields.SHAPE), !own.isOk());
    if (!Double.isNaN(own.xx())) {
      source.set(Fields.IXX, own.xx());
      source.set(Fields.IYY, own.yy());
      source.set(Fields.IXY, own.xy());
      source.set(Fields.TRACE_ERR, own.traceErr());
    }
  }
}
