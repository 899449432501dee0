package org.starbeam.transforms.step1;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CalibratedExposure;
import org.starbeam.camera.CalibratedExposure.Unit;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.characterization.FrameState;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.Box;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.transforms.calibs.IsrRunner;

/**
 * A frame as the passes start from it, whoever took the instrument out of it: ISR, or the maker of
 * a calibrated file.
 *
 * @param state pixels
 * @param isrCards header cards that say how the instrument was taken out ({@link
 *     IsrRunner.Frame#cards}); none for a calibrated file
 * @param info metadata of the exposure
 * @param initialWcs of the calibrated file; of a raw frame from camera and pointing, else from its
 *     header
 * @param trusted whether that WCS may stay when there is no match: it is a calibrated file's
 * @param headerWcs what the header of a raw frame says, or null
 * @param nominalPixelArea pixel area in arcsec^2 that has Jacobian 1
 * @param nJyPerCount what one unit of the pixels is without reference stars: the calibration of a
 *     calibrated file, or the nominal zero point of the camera file; NaN when nobody says
 */
public record PostIsrFrame(
    FrameState state,
    Map<String, Object> isrCards,
    ObservationInfo info,
    Detector detector,
    Wcs initialWcs,
    boolean trusted,
    @Nullable Wcs headerWcs,
    double nominalPixelArea,
    double nJyPerCount) {

  public static PostIsrFrame of(IsrRunner.Frame frame) {
    CalibratedExposure file = frame.calibrated();
    Wcs own = file == null ? null : WcsReader.fromHeader(HeaderView.of("WCS cards", file.wcs()));
    Wcs pointed = frame.initialWcs() == null ? frame.headerWcs() : frame.initialWcs();
    Wcs wcs = own == null ? pointed : own;
    if (wcs == null) {
      throw new BadInputException(
          "NO_POINTING",
          "exposure "
              + frame.info().getExposureId()
              + " detector "
              + frame.info().getDetector()
              + " has neither a WCS nor boresight, rotation and camera to make one from; a mapping file"
              + " can name the keys of boresightRa, boresightDec and rotSkyPos");
    }
    return new PostIsrFrame(
        new FrameState(frame.image(), file != null),
        frame.cards(),
        frame.info(),
        frame.detector(),
        wcs,
        own != null,
        frame.headerWcs(),
        nominalPixelArea(frame.camera(), wcs, frame.image().box()),
        file == null ? nominalCalibration(frame) : file.unit() == Unit.NANOJANSKY ? 1 : Double.NaN);
  }

  /** nJy of one electron by the camera file, NaN when it does not say. */
  private static double nominalCalibration(IsrRunner.Frame frame) {
    Camera camera = frame.camera();
    double seconds = frame.info().getExposureTime();
    Double zeroPoint =
        camera == null ? null : camera.nominal().zeroPoints().get(frame.info().getPhysicalFilter());
    return zeroPoint == null || !(seconds > 0)
        ? Double.NaN
        : PhotoCalib.fluxOfMag(zeroPoint) / seconds;
  }

  /** True when the frame can be used where there is no reference star. */
  public boolean isUsableWithoutReferences() {
    return trusted || !Double.isNaN(nJyPerCount);
  }

  private static double nominalPixelArea(@Nullable Camera camera, Wcs wcs, Box box) {
    if (camera == null) {
      return wcs.pixelArea(box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0);
    }
    double scale = camera.pixelSizeMm() * camera.optics().radPerMm() * Angles.ARCSEC_PER_RADIAN;
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
