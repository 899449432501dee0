package org.starbeam.isr;

import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Detector;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Applies bias, dark and flat to the assembled pixels of a detector, amplifier by amplifier, and
 * makes the variance (specs/01 sections 3.1 and 3.2). A master that was made with another gain than
 * the one in use is scaled to it.
 */
final class MasterArithmetic {
  private final IsrTask.Config config;
  private final Detector detector;
  private final Detector nominal;
  private final IsrCalibrations calibrations;
  private final double darkTime;
  private final MaskedImage out;

  /**
   * @param detector with the gains in use
   * @param nominal as the camera file has it
   * @param darkTime seconds from the last clear to readout
   * @param out the detector, electrons; modified
   */
  MasterArithmetic(
      IsrTask.Config config,
      Detector detector,
      Detector nominal,
      IsrCalibrations calibrations,
      double darkTime,
      MaskedImage out) {
    this.config = config;
    this.detector = detector;
    this.nominal = nominal;
    this.calibrations = calibrations;
    this.darkTime = darkTime;
    this.out = out;
  }

  /** Takes bias and dark out of one amplifier's pixels. */
  void subtract(ReadoutChannel c) {
    Box box = c.amplifier.box();
    float[] bias = plane(config.doBias(), calibrations.bias());
    float[] dark = plane(config.doDark(), calibrations.dark());
    float biasScale = scale(c, calibrations.bias());
    float darkScale = scale(c, calibrations.dark()) * (float) darkTime;
    float[] image = out.image().data;
    for (int y = box.y0(); y < box.y1(); y++) {
      int start = out.image().index(box.x0(), y);
      for (int i = start; i < start + box.width(); i++) {
        float charge = dark.length == 0 ? 0 : dark[i] * darkScale;
        image[i] -= (bias.length == 0 ? 0 : bias[i] * biasScale) + charge;
      }
    }
  }

  /** Variance and flat of one amplifier's pixels in one pass. */
  void divide(ReadoutChannel c) {
    Box box = c.amplifier.box();
    float[] dark = plane(config.doDark(), calibrations.dark());
    float[] flat = plane(config.doFlat(), calibrations.flat());
    float darkScale = scale(c, calibrations.dark()) * (float) darkTime;
    float flatScale = scale(c, calibrations.flat());
    float constant =
        new VarianceModel(
                c.readNoise,
                variance(config.doBias(), calibrations.bias()),
                variance(config.doDark(), calibrations.dark()),
                darkTime)
            .constant();
    float flatVariance = (float) variance(config.doFlat(), calibrations.flat());
    float flatMinimum = flat.length == 0 ? 0 : flatMinimum(box);
    float[] image = out.image().data;
    int[] mask = out.mask().data;
    float[] var = out.variance().data;
    for (int y = box.y0(); y < box.y1(); y++) {
      int start = out.image().index(box.x0(), y);
      for (int i = start; i < start + box.width(); i++) {
        float s = image[i];
        float charge = dark.length == 0 ? 0 : dark[i] * darkScale;
        float v = Math.max(s, 0) + Math.max(charge, 0) + constant;
        if (flat.length > 0) {
          mask[i] |= flat[i] < flatMinimum ? MaskPlanes.BAD : 0;
          float f = flat[i] * flatScale;
          if (f > 0 && f < Float.POSITIVE_INFINITY) {
            float square = f * f;
            v = v / square + s * s * flatVariance / (square * square);
            s /= f;
          } else {
            mask[i] |= MaskPlanes.NO_DATA | MaskPlanes.BAD;
            s = 0;
            v = Float.POSITIVE_INFINITY;
          }
        }
        if (!Float.isFinite(s)) {
          mask[i] |= MaskPlanes.UNMASKEDNAN | MaskPlanes.BAD | MaskPlanes.NO_DATA;
          s = 0;
          v = Float.POSITIVE_INFINITY;
        }
        image[i] = s;
        var[i] = v;
      }
    }
  }

  /** Gain in use over the one that a master was made with. */
  private float scale(ReadoutChannel c, @Nullable CalibrationFrame master) {
    if (master == null) {
      return 1;
    }
    Amplifier a = c.amplifier;
    double was = nominal.amplifiers().get(detector.amplifiers().indexOf(a)).gain();
    return (float) (a.gain() / master.gain(a.name(), was));
  }

  private float flatMinimum(Box box) {
    CalibrationFrame flat = calibrations.flat();
    return flat == null
        ? 0
        : (float)
            (config.flatMinimum()
                * ClippedStatistics.median(flat.image().image().view(box).toArray()));
  }

  private static float[] plane(boolean wanted, @Nullable CalibrationFrame frame) {
    return wanted && frame != null ? frame.image().image().data : new float[0];
  }

  private static double variance(boolean wanted, @Nullable CalibrationFrame frame) {
    return wanted && frame != null ? frame.scalarVariance() : 0;
  }
}
