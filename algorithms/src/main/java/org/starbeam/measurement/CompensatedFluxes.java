package org.starbeam.measurement;

import java.util.List;
import org.starbeam.image.MaskPlanes;

/**
 * Fluxes that a constant background does not change: the calibration flux (top-hat of radius 12
 * with an annulus from 1.0 to 1.7 radii) and, if wanted, Gaussians of width 3 and 5. {@code
 * calibFlux} is the raw top-hat until the aperture correction has normalised it to the 12 pixel
 * aperture.
 */
public final class CompensatedFluxes implements MeasurementPlugin {
  /** Share of the weight in pixels without light above which a calibration flux is flagged. */
  private static final double MAX_BAD_FRACTION = 0.02;

  private final CompensatedFlux calibration = CompensatedFlux.calibration();
  private final CompensatedFlux gaussian3 = CompensatedFlux.gaussian(3, 2);
  private final CompensatedFlux gaussian5 = CompensatedFlux.gaussian(5, 2);
  private final boolean withGaussians;

  public CompensatedFluxes(boolean withGaussians) {
    this.withGaussians = withGaussians;
  }

  @Override
  public String name() {
    return "compensatedFlux";
  }

  @Override
  public int executionOrder() {
    return FLUX;
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.CALIB_FLUX, Fields.err(Fields.CALIB_FLUX));
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    measure(frame, source, Fields.CALIB_FLUX, calibration);
    if (withGaussians) {
      measure(frame, source, Fields.COMP_GAUSSIAN_3, gaussian3);
      measure(frame, source, Fields.COMP_GAUSSIAN_5, gaussian5);
    }
  }

  private static void measure(
      MeasurementFrame frame, MeasuredSource source, String name, CompensatedFlux flux) {
    CompensatedFlux.Result result = flux.measure(frame.image(), source.x(), source.y());
    source.set(name, result.flux());
    source.set(Fields.err(name), result.err());
    boolean noData = (result.maskBits() & MaskPlanes.NO_DATA) != 0;
    source.setFlag(
        Fields.flag(name),
        !Double.isFinite(result.flux()) || noData || result.badFraction() > MAX_BAD_FRACTION);
    source.setFlag(Fields.flag(name, "bounds"), result.truncated());
  }
}
