package org.starbeam.isr;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.PhotonTransfer;
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
 */
public record IsrCalibrations(
    @Nullable CalibrationFrame bias,
    @Nullable CalibrationFrame dark,
    @Nullable CalibrationFrame flat,
    @Nullable List<Box> defects,
    @Nullable Linearizer linearizer,
    @Nullable FringeFrame fringe,
    @Nullable PhotonTransfer ptc,
    @Nullable BrighterFatterKernel kernel) {

  public static IsrCalibrations none() {
    return new IsrCalibrations(null, null, null, null, null, null, null, null);
  }
}
