package org.starbeam.isr;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.image.Box;

/**
 * The calibrations of one detector; null where there is none.
 *
 * @param bias electrons
 * @param dark electrons per second
 * @param flat relative, positive; level 1 over the focal plane
 * @param defects boxes of bad pixels on the detector
 * @param linearizer of the electronics
 * @param fringe patterns of the filter
 * @param ptc measured gains and read noises
 * @param kernel of the brighter-fatter effect
 * @param crosstalk measured coefficients, ADU per ADU, used where the camera file gives none
 * @param deferredCharge of the serial registers
 */
public record IsrCalibrations(
    @Nullable CalibrationFrame bias,
    @Nullable CalibrationFrame dark,
    @Nullable CalibrationFrame flat,
    @Nullable List<Box> defects,
    @Nullable Linearizer linearizer,
    @Nullable FringeFrame fringe,
    @Nullable PhotonTransfer ptc,
    @Nullable BrighterFatterKernel kernel,
    @Nullable CrosstalkMatrix crosstalk,
    @Nullable DeferredCharge deferredCharge) {

  /** Without measured crosstalk and deferred charge. */
  public IsrCalibrations(
      @Nullable CalibrationFrame bias,
      @Nullable CalibrationFrame dark,
      @Nullable CalibrationFrame flat,
      @Nullable List<Box> defects,
      @Nullable Linearizer linearizer,
      @Nullable FringeFrame fringe,
      @Nullable PhotonTransfer ptc,
      @Nullable BrighterFatterKernel kernel) {
    this(bias, dark, flat, defects, linearizer, fringe, ptc, kernel, null, null);
  }

  public static IsrCalibrations none() {
    return new IsrCalibrations(null, null, null, null, null, null, null, null);
  }
}
