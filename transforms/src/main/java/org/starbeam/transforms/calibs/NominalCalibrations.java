package org.starbeam.transforms.calibs;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.image.ImageF;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;

/**
 * What ISR works with when calibrations are missing: the nominal values that the camera file gives
 * for them, or no dark step and no defects. A missing bias or flat without a nominal value stays
 * missing, and ISR refuses the frame ({@code MISSING_CALIB}).
 *
 * @param config ISR without the steps that have nothing to do
 * @param calibrations with constant frames for nominal values
 * @param notes what was replaced, for the operator
 */
record NominalCalibrations(
    IsrTask.Config config, IsrCalibrations calibrations, List<String> notes) {

  /** Whether a step is applied, and with what; a step without its frame is refused by ISR. */
  private record Choice(boolean apply, @Nullable CalibrationFrame frame) {}

  static NominalCalibrations fill(
      IsrTask.Config wanted, IsrCalibrations found, Camera camera, Detector detector) {
    Camera.Nominal nominal = camera.nominal();
    List<String> notes = new ArrayList<>();
    Choice bias = new Choice(wanted.doBias(), found.bias());
    Choice dark = new Choice(wanted.doDark(), found.dark());
    Choice flat = new Choice(wanted.doFlat(), found.flat());
    boolean nominalBias = isMissing(bias) && nominal.bias() != null;
    bias = choose(bias, "bias", nominal.bias(), " e-", 0, detector, notes);
    if (isMissing(dark) && nominal.dark() == null) {
      notes.add("no dark: dark current was not subtracted");
      dark = new Choice(false, null);
    }
    dark = choose(dark, "dark", nominal.dark(), " e-/s", 0, detector, notes);
    flat = choose(flat, "flat", nominal.flat(), "", 1, detector, notes);
    if (wanted.doDefects() && found.defects() == null && detector.defects().isEmpty()) {
      notes.add("no defects: none were masked");
    }
    IsrTask.Config config = nominalBias ? wanted.withLevelFromNoise() : wanted;
    return new NominalCalibrations(
        config.applying(bias.apply, dark.apply, flat.apply),
        new IsrCalibrations(
            bias.frame,
            dark.frame,
            flat.frame,
            found.defects(),
            found.linearizer(),
            found.fringe(),
            found.ptc(),
            found.kernel(),
            found.crosstalk(),
            found.deferredCharge()),
        notes);
  }

  private static boolean isMissing(Choice choice) {
    return choice.apply && choice.frame == null;
  }

  /** The nominal value in place of a missing frame; one that changes nothing ends the step. */
  private static Choice choose(
      Choice choice,
      String name,
      @Nullable Double value,
      String unit,
      double neutral,
      Detector detector,
      List<String> notes) {
    if (!isMissing(choice) || value == null) {
      return choice;
    }
    notes.add("no " + name + ": the nominal " + value + unit + " of the camera file stands in");
    if (value == neutral) {
      return new Choice(false, null);
    }
    ImageF plane = new ImageF(detector.box());
    plane.fill(value.floatValue());
    return new Choice(true, CalibrationFrame.of(plane, 0));
  }
}
