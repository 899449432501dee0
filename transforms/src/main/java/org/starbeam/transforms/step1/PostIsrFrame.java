package org.starbeam.transforms.step1;

import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CalibratedExposure;
import org.starbeam.camera.CalibratedExposure.Unit;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.characterization.FrameState;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.Box;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.transforms.calibs.IsrRunner;

/**
 * A frame as the passes start from it, whoever took the instrument out of it: ISR, or the maker of
 * a calibrated file.
 *
 * @param state pixels
 * @param info metadata of the exposure
 * @param initialWcs from camera and pointing, or of the calibrated file
 * @param trusted whether that WCS may stay when there is no match: it is a calibrated file's
 * @param nominalPixelArea pixel area in arcsec^2 that has Jacobian 1
 * @param nJyPerCount calibration of a calibrated file's counts; NaN when they are not calibrated
 */
public record PostIsrFrame(
    FrameState state,
    ObservationInfo info,
    Detector detector,
    Wcs initialWcs,
    boolean trusted,
    double nominalPixelArea,
    double nJyPerCount) {
  private static final double ARCSEC_PER_RAD = Math.toDegrees(1) * 3600;

  public static PostIsrFrame of(IsrRunner.Frame frame) {
    CalibratedExposure file = frame.calibrated();
    Wcs own = file == null ? null : WcsReader.fromHeader(HeaderView.of("WCS cards", file.wcs()));
    Wcs wcs = own == null ? frame.initialWcs() : own;
    if (wcs == null) {
      throw new BadInputException(
          "NO_POINTING",
          "exposure "
              + frame.info().getExposureId()
              + " detector "
              + frame.info().getDetector()
              + " has neither a WCS nor boresight, rotation and camera to make one from");
    }
    return new PostIsrFrame(
        new FrameState(frame.image(), file != null),
        frame.info(),
        frame.detector(),
        wcs,
        own != null,
        nominalPixelArea(frame.camera(), wcs, frame.image().box()),
        file != null && file.unit() == Unit.NANOJANSKY ? 1 : Double.NaN);
  }

  private static double nominalPixelArea(@Nullable Camera camera, Wcs wcs, Box box) {
    if (camera == null) {
      return wcs.pixelArea(box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0);
    }
    double scale = camera.pixelSizeMm() * camera.optics().radPerMm() * ARCSEC_PER_RAD;
    return scale * scale;
  }

  public Box box() {
    return state.counts().box();
  }

  /** Visit of the exposure. */
  public long visit() {
    Long visit = info.getVisitId();
    return visit == null ? info.getExposureId() : visit;
  }

  public String band() {
    String band = info.getBand();
    return band == null ? info.getPhysicalFilter() : band;
  }
}
