package org.starbeam.calibration;

import java.util.List;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;

/**
 * What a photon transfer curve says of a detector: the product {@code ptc} (specs/01 section 5.10).
 *
 * @param detector number of the detector
 * @param amplifiers in the order of the detector
 * @param a area changes [i][j] per electron, of the detector; empty where they were not fitted
 * @param aError standard deviations of a
 * @param chi2 of the variances of the pairs in the fit
 * @param degrees degrees of freedom of chi2
 */
public record PhotonTransfer(
    int detector,
    List<Amplifier> amplifiers,
    double[][] a,
    double[][] aError,
    double chi2,
    int degrees) {
  /**
   * One amplifier; values that could not be measured are NaN.
   *
   * @param name of the amplifier
   * @param gain electrons per ADU
   * @param gainErr standard deviation of gain
   * @param readNoise scatter of a pixel without light, quantisation included, electrons
   * @param readNoiseErr standard deviation of readNoise
   * @param noiseFromFit intercept of the photon transfer curve, electrons
   * @param turnoff mean of the brightest pair in the fit, ADU
   * @param pairs the flat pairs in the order of exposure
   */
  public record Amplifier(
      String name,
      double gain,
      double gainErr,
      double readNoise,
      double readNoiseErr,
      double noiseFromFit,
      double turnoff,
      List<Point> pairs) {
    public Amplifier {
      pairs = List.copyOf(pairs);
    }

    public boolean isMeasured() {
      return gain > 0 && readNoise > 0;
    }
  }

  /**
   * One pair, after the correction of non-linearity.
   *
   * @param mean ADU
   * @param variance ADU^2
   * @param pixels good pixels
   * @param used whether it is in the fit
   */
  public record Point(double mean, double variance, int pixels, boolean used) {}

  public PhotonTransfer {
    amplifiers = List.copyOf(amplifiers);
  }

  /**
   * The detector with the measured gains and read noises; an amplifier without keeps its nominal
   * ones.
   *
   * @throws BadInputException {@code WRONG_CALIB} when the amplifiers are not those of the detector
   */
  public Detector applyTo(Detector nominal) {
    List<String> names = amplifiers.stream().map(Amplifier::name).toList();
    List<String> wanted =
        nominal.amplifiers().stream().map(org.starbeam.camera.Amplifier::name).toList();
    if (!names.equals(wanted)) {
      throw new BadInputException(
          "WRONG_CALIB",
          "ptc of detector " + detector + " has amplifiers " + names + ", the camera " + wanted);
    }
    List<org.starbeam.camera.Amplifier> out = new java.util.ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Amplifier a = amplifiers.get(i);
      org.starbeam.camera.Amplifier was = nominal.amplifiers().get(i);
      out.add(a.isMeasured() ? was.withGain(a.gain(), a.readNoise()) : was);
    }
    return nominal.withAmplifiers(out);
  }
}
