package org.starbeam.calibration;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.starbeam.calibration.CalibrationCheck.Severity;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Detector;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Verifies calibration products of a detector (specs/01 section 8): masters on exposures of their
 * kind that were reduced with them, the photon transfer curve against the camera file. Of several
 * exposures the median counts, so that one bad exposure does not condemn a master. Noises are
 * corrected for clipping, and for the share 1/N that an exposure has in its own master of N.
 *
 * <p>Statistics of masters that depend on gain and read noise only warn where these are the camera
 * file's, which nobody may have measured.
 *
 * <p>A product passes when at least {@code goodShare} of its amplifiers fail no check of severity
 * FAIL, and the detector none.
 */
public final class MasterVerifier {
  /**
   * @param meanOverNoise largest mean of a reduced bias or dark over the read noise, 0.1
   * @param noiseTolerance of a reduced bias or dark, relative, 0.05
   * @param structure largest rms of 32 x 32 means of a reduced bias over that of white noise, 2
   * @param darkRate largest 95th percentile of a dark, electrons per second, 0.2
   * @param flatScatter largest scatter of the amplifiers' medians in a reduced flat, 0.005
   * @param flatNoise tolerance of the noise of a reduced flat, relative, 0.1
   * @param flatLow smallest value of a flat, 0.3
   * @param flatHigh largest value of a flat, 1.7
   * @param flatShare of the pixels that may be outside, 0.001
   * @param gainTolerance of a gain about the nominal one, relative, 0.05
   * @param readNoiseTolerance of a read noise about the nominal one, relative, 0.05
   * @param chi2Low smallest chi^2 of a photon transfer curve per degree of freedom, 0.8
   * @param chi2High largest, 1.5
   * @param goodShare of the amplifiers, 0.9
   */
  public record Config(
      double meanOverNoise,
      double noiseTolerance,
      double structure,
      double darkRate,
      double flatScatter,
      double flatNoise,
      double flatLow,
      double flatHigh,
      double flatShare,
      double gainTolerance,
      double readNoiseTolerance,
      double chi2Low,
      double chi2High,
      double goodShare)
      implements Serializable {
    public static Config defaults() {
      return new Config(0.1, 0.05, 2, 0.2, 0.005, 0.1, 0.3, 1.7, 0.001, 0.05, 0.05, 0.8, 1.5, 0.9);
    }
  }

  /**
   * An exposure that was reduced with the master under test.
   *
   * @param image electrons
   * @param darkTime seconds; 0 for a bias
   */
  public record Exposure(MaskedImage image, double darkTime) {}

  private static final ClippedStatistics NOISE =
      new ClippedStatistics(ClippedStatistics.Config.noise());
  private static final int UNUSABLE = MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA;
  private static final int BIN = 32;

  private final Config config;
  private final Detector detector;

  /**
   * @param detector with the gains and read noises in use
   */
  public MasterVerifier(Config config, Detector detector) {
    this.config = config;
    this.detector = detector;
  }

  /**
   * A bias of {@code inputs} exposures on exposures reduced with it.
   *
   * @param isMeasured whether gains and read noises in use are measured ones
   */
  public List<CalibrationCheck> bias(List<Exposure> exposures, int inputs, boolean isMeasured) {
    List<CalibrationCheck> out = new ArrayList<>();
    for (Amplifier a : detector.amplifiers()) {
      out.addAll(zero(a, exposures, inputs, 0, isMeasured));
      double limit = config.structure * a.readNoise() / BIN * Math.sqrt(1 + 1.0 / inputs);
      double value = median(exposures, e -> structure(e.image.image().view(a.box())));
      out.add(check(a, "STRUCTURE", value, Double.NaN, Double.NaN, limit, Severity.WARN));
    }
    return out;
  }

  /**
   * A dark [electrons per second] of {@code inputs} exposures on exposures reduced with it.
   *
   * @param isMeasured whether gains and read noises in use are measured ones
   */
  public List<CalibrationCheck> dark(
      CalibrationFrame dark, List<Exposure> exposures, int inputs, boolean isMeasured) {
    List<CalibrationCheck> out = new ArrayList<>();
    for (Amplifier a : detector.amplifiers()) {
      ImageF rate = dark.image().image().view(a.box());
      double mean = Math.max(0, ClippedStatistics.median(rate.toArray()));
      out.addAll(zero(a, exposures, inputs, mean, isMeasured));
      float[] sorted = rate.toArray();
      Arrays.sort(sorted);
      double p95 = sorted[(int) (0.95 * (sorted.length - 1))];
      out.add(
          check(a, "RATE_P95", p95, Double.NaN, Double.NaN, config.darkRate, judged(isMeasured)));
    }
    return out;
  }

  /** MEAN and NOISE of exposures in which nothing should be left. */
  private List<CalibrationCheck> zero(
      Amplifier a, List<Exposure> exposures, int inputs, double rate, boolean isMeasured) {
    double limit = config.meanOverNoise * a.readNoise();
    double mean = median(exposures, e -> of(e, a).meanClip());
    double charge = exposures.isEmpty() ? 0 : rate * exposures.get(0).darkTime;
    double noise =
        Math.sqrt((a.readNoise() * a.readNoise() + charge) * (1 - 1.0 / Math.max(2, inputs)));
    double tolerance = config.noiseTolerance * noise;
    return List.of(
        check(a, "MEAN", mean, 0, -limit, limit, judged(isMeasured)),
        check(
            a,
            "NOISE",
            median(exposures, e -> of(e, a).sdClip()),
            noise,
            noise - tolerance,
            noise + tolerance,
            judged(isMeasured)));
  }

  private static Severity judged(boolean isMeasured) {
    return isMeasured ? Severity.FAIL : Severity.WARN;
  }

  /**
   * A flat of {@code inputs} exposures on exposures reduced with it.
   *
   * @param isMeasured whether gains and read noises in use are measured ones
   */
  public List<CalibrationCheck> flat(
      CalibrationFrame flat, List<Exposure> exposures, int inputs, boolean isMeasured) {
    Severity severity = judged(isMeasured);
    List<CalibrationCheck> out = new ArrayList<>();
    double[] medians = new double[detector.amplifiers().size()];
    for (Amplifier a : detector.amplifiers()) {
      double level = median(exposures, e -> of(e, a).median());
      double response = ClippedStatistics.median(flat.image().image().view(a.box()).toArray());
      double noise =
          Math.sqrt(
              (level / response + Math.pow(a.readNoise() / response, 2))
                  * (1 - 1.0 / Math.max(2, inputs)));
      double tolerance = config.flatNoise * noise;
      double value = median(exposures, e -> of(e, a).sdClip());
      out.add(check(a, "NOISE", value, noise, noise - tolerance, noise + tolerance, severity));
      out.add(range(flat, exposures, a, severity));
      medians[detector.amplifiers().indexOf(a)] = level;
    }
    double[] levels = Arrays.stream(medians).filter(Double::isFinite).toArray();
    out.add(
        new CalibrationCheck(
            null,
            "SCATTER",
            scatter(levels),
            Double.NaN,
            Double.NaN,
            config.flatScatter,
            Severity.FAIL,
            levels.length));
    return out;
  }

  private CalibrationCheck range(
      CalibrationFrame flat, List<Exposure> exposures, Amplifier a, Severity severity) {
    ImageF part = flat.image().image().view(a.box());
    MaskedImage masked = exposures.isEmpty() ? flat.image() : exposures.get(0).image;
    MaskI mask = masked.mask().view(a.box());
    long used = 0;
    long outside = 0;
    for (int y = 0; y < part.height(); y++) {
      for (int x = 0; x < part.width(); x++) {
        if ((mask.data[mask.offset + y * mask.stride + x] & UNUSABLE) == 0) {
          float value = part.data[part.offset + y * part.stride + x];
          used++;
          outside += value > config.flatLow && value < config.flatHigh ? 0 : 1;
        }
      }
    }
    double share = used == 0 ? Double.NaN : (double) outside / used;
    return check(a, "RANGE", share, Double.NaN, Double.NaN, config.flatShare, severity);
  }

  /**
   * A photon transfer curve.
   *
   * @param nominal the detector as the camera file has it
   */
  public List<CalibrationCheck> ptc(PhotonTransfer ptc, Detector nominal) {
    List<CalibrationCheck> out = new ArrayList<>();
    for (int k = 0; k < nominal.amplifiers().size(); k++) {
      Amplifier a = nominal.amplifiers().get(k);
      PhotonTransfer.Amplifier found = ptc.amplifiers().get(k);
      out.add(about(a, "GAIN", found.gain(), a.gain(), config.gainTolerance, Severity.FAIL));
      double tolerance = config.readNoiseTolerance;
      out.add(about(a, "NOISE", found.readNoise(), a.readNoise(), tolerance, Severity.WARN));
    }
    out.add(
        new CalibrationCheck(
            null,
            "CHI2",
            ptc.degrees() > 0 ? ptc.chi2() / ptc.degrees() : Double.NaN,
            1,
            config.chi2Low,
            config.chi2High,
            Severity.WARN,
            ptc.degrees()));
    return out;
  }

  private static CalibrationCheck about(
      Amplifier a, String test, double value, double nominal, double tolerance, Severity severity) {
    double reach = tolerance * nominal;
    return check(a, test, value, nominal, nominal - reach, nominal + reach, severity);
  }

  /** The checks of severity FAIL that condemn a product; none when it passes. */
  public List<CalibrationCheck> condemning(List<CalibrationCheck> checks) {
    List<CalibrationCheck> failed = checks.stream().filter(CalibrationCheck::fails).toList();
    boolean detectorFails = failed.stream().anyMatch(c -> c.amplifier() == null);
    long bad = failed.stream().map(CalibrationCheck::amplifier).distinct().count();
    double good = 1 - (double) bad / Math.max(1, detector.amplifiers().size());
    return detectorFails || good < config.goodShare ? failed : List.of();
  }

  private static CalibrationCheck check(
      Amplifier a,
      String test,
      double value,
      double reference,
      double low,
      double high,
      Severity severity) {
    return new CalibrationCheck(
        a.name(), test, value, reference, low, high, severity, a.box().area());
  }

  private static ClippedStatistics.Result of(Exposure exposure, Amplifier a) {
    Box box = a.box();
    return NOISE.of(exposure.image.image().view(box), exposure.image.mask().view(box), UNUSABLE);
  }

  private static double median(List<Exposure> exposures, ToDoubleFunction<Exposure> statistic) {
    return exposures.isEmpty()
        ? Double.NaN
        : ClippedStatistics.median(exposures.stream().mapToDouble(statistic).toArray());
  }

  /** Scatter of the means of blocks of 32 x 32 pixels. */
  private static double structure(ImageF image) {
    List<Double> means = new ArrayList<>();
    for (int y = 0; y + BIN <= image.height(); y += BIN) {
      for (int x = 0; x + BIN <= image.width(); x += BIN) {
        int x0 = image.box().x0() + x;
        int y0 = image.box().y0() + y;
        means.add(NOISE.of(image.view(new Box(x0, y0, BIN, BIN))).meanClip());
      }
    }
    return means.size() < 2
        ? Double.NaN
        : NOISE.of(means.stream().mapToDouble(Double::doubleValue).toArray()).sd();
  }

  private static double scatter(double[] levels) {
    ClippedStatistics.Result r = NOISE.of(levels);
    return levels.length < 2 ? Double.NaN : r.sd() / r.mean();
  }
}
