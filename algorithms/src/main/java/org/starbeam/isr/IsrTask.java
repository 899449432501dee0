package org.starbeam.isr;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.camera.Detector;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Takes the instrument's signature out of a raw exposure of one detector: from ADU per amplifier to
 * electrons on the detector with mask and variance (specs/01 section 3.1, PRODUCTION order):
 *
 * <p>checks; serial overscan; saturation; gain; crosstalk over whole raw amplifiers; parallel
 * overscan; linearity; deferred charge; assembly; bias; dark; defects, NaN and widening of bleeds;
 * brighter-fatter effect; variance; flat; fringes. Steps of the order that are switched off, have
 * nothing to do, or are not built yet report SKIPPED.
 *
 * <p>A calibration that the configuration asks for and that is not there is {@code MISSING_CALIB};
 * one of another size {@code WRONG_SIZE}; a detector without any usable amplifier {@code
 * NO_AMPLIFIER}. Pure and thread safe. Cost per pixel: one pass per step over the raw amplifiers,
 * amplifiers^2 multiplications for crosstalk, two passes on the detector, and the square of the
 * kernel's side for each iteration of the brighter-fatter correction.
 */
public final class IsrTask {
  /** The steps of the PRODUCTION order. */
  public enum Step {
    CHECKS,
    DITHER,
    OVERSCAN,
    SATURATION,
    GAIN,
    CROSSTALK,
    AMPSTATE,
    PARALLEL,
    LINEARITY,
    CTI,
    ASSEMBLY,
    EDGEBLEED,
    BIAS,
    DARK,
    DEFECTS,
    BRIGHTERFATTER,
    VARIANCE,
    FLAT,
    VIGNETTE,
    FRINGE,
    INTERPOLATE,
    AMPOFFSET,
    METRICS
  }

  /** Where gain and read noise of the amplifiers come from. */
  public enum Gains {
    /** The camera file. */
    NOMINAL,
    /** The photon transfer curve where there is one, else the camera file. */
    CERTIFIED,
    /** The photon transfer curve; a detector without is {@code MISSING_CALIB}. */
    REQUIRED
  }

  /**
   * @param overscan serial and parallel overscan
   * @param crosstalk mask threshold
   * @param deferredCharge from when on global CTI is corrected
   * @param doCrosstalk apply the camera's crosstalk matrix, or the measured one where it has none
   * @param doLinearity apply the linearizer where there is one
   * @param doDeferredCharge put deferred charge back where it was measured
   * @param doBias subtract the bias
   * @param doDark subtract the dark
   * @param doDefects mark defects
   * @param doFlat divide by the flat
   * @param doWiden widen broad bleeds
   * @param flatMinimum share of its amplifier's median below which a flat pixel is BAD, 0.2
   * @param saturationShare share of the camera's nominal saturation from which a pixel is SAT.
   *     0.88: full wells scatter by 3 percent about the nominal one and the electronics read a few
   *     percent low up there; it becomes 1 where a measured level is certified
   * @param noiseTolerance relative excess of the overscan noise over the nominal read noise from
   *     which the measured one is used, 0.2
   * @param doLevelFromNoise take the level of amplifiers that have neither overscan nor nominal
   *     level from the noise of their pixels ({@link NoiseLevel}); off, because a bias frame holds
   *     the level of such amplifiers
   * @param fringe measurement and subtraction of fringes
   * @param doFringe subtract fringes where there is a frame of the filter
   * @param brighterFatter iteration of the correction
   * @param doBrighterFatter correct the brighter-fatter effect where there is a kernel
   * @param gains whose gain and read noise are used, CERTIFIED
   */
  public record Config(
      OverscanModel.Config overscan,
      CrosstalkCorrector.Config crosstalk,
      DeferredChargeCorrector.Config deferredCharge,
      boolean doCrosstalk,
      boolean doLinearity,
      boolean doDeferredCharge,
      boolean doBias,
      boolean doDark,
      boolean doDefects,
      boolean doFlat,
      boolean doWiden,
      double flatMinimum,
      double saturationShare,
      double noiseTolerance,
      boolean doLevelFromNoise,
      FringeCorrector.Config fringe,
      boolean doFringe,
      BrighterFatterCorrector.Config brighterFatter,
      boolean doBrighterFatter,
      Gains gains)
      implements Serializable {
    /** Everything that science frames get. */
    public static Config defaults() {
      return new Config(
          OverscanModel.Config.defaults(),
          CrosstalkCorrector.Config.defaults(),
          DeferredChargeCorrector.Config.defaults(),
          true,
          true,
          true,
          true,
          true,
          true,
          true,
          true,
          0.2,
          0.88,
          0.2,
          false,
          FringeCorrector.Config.defaults(),
          true,
          BrighterFatterCorrector.Config.defaults(),
          true,
          Gains.CERTIFIED);
    }

    /** For the inputs of a master bias. */
    public Config forBias() {
      return applying(false, false, false).withoutCosmetics().withoutBrighterFatter();
    }

    /** For the inputs of a master dark. */
    public Config forDark() {
      return applying(true, false, false).withoutCosmetics().withoutBrighterFatter();
    }

    /** For the inputs of a master flat. */
    public Config forFlat() {
      return applying(true, true, false).withoutCosmetics();
    }

    /** The same with bias, dark and flat applied or not. */
    public Config applying(boolean bias, boolean dark, boolean flat) {
      return with(bias, dark, flat, doDefects, doWiden, doLevelFromNoise, doBrighterFatter);
    }

    /** The same with levels from the noise where nothing else gives them. */
    public Config withLevelFromNoise() {
      return with(doBias, doDark, doFlat, doDefects, doWiden, true, doBrighterFatter);
    }

    /** The same without the brighter-fatter correction. */
    public Config withoutBrighterFatter() {
      return with(doBias, doDark, doFlat, doDefects, doWiden, doLevelFromNoise, false);
    }

    private Config withoutCosmetics() {
      return with(doBias, doDark, doFlat, false, false, doLevelFromNoise, doBrighterFatter);
    }

    private Config with(
        boolean bias,
        boolean dark,
        boolean flat,
        boolean defects,
        boolean widen,
        boolean levelFromNoise,
        boolean correctBrighterFatter) {
      return new Config(
          overscan,
          crosstalk,
          deferredCharge,
          doCrosstalk,
          doLinearity,
          doDeferredCharge,
          bias,
          dark,
          defects,
          flat,
          widen,
          flatMinimum,
          saturationShare,
          noiseTolerance,
          levelFromNoise,
          fringe,
          doFringe,
          brighterFatter,
          correctBrighterFatter,
          gains);
    }
  }

  /**
   * The answer.
   *
   * @param image electrons, mask, electrons^2
   * @param report what was done
   */
  public record Result(MaskedImage image, IsrReport report) {}

  private static final ClippedStatistics STATISTICS = new ClippedStatistics();
  private static final int UNUSABLE = MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA;

  private final Config config;
  private final OverscanModel overscan;
  private final CrosstalkCorrector crosstalk;

  public IsrTask(Config config) {
    this.config = config;
    this.overscan = new OverscanModel(config.overscan);
    this.crosstalk = new CrosstalkCorrector(config.crosstalk);
  }

  /**
   * Reduces one exposure.
   *
   * @param raw its amplifiers; not modified
   * @param darkTime seconds from the last clear to readout
   */
  public Result run(RawExposure raw, IsrCalibrations calibrations, double darkTime) {
    Work work = new Work(raw, calibrations, darkTime);
    work.check();
    work.readout();
    work.assemble();
    work.detector();
    return work.result();
  }

  /**
   * The detector with the gains and read noises in use.
   *
   * @param nominal as the camera file has it
   * @param ptc photon transfer curve, or null
   */
  public Detector withGains(Detector nominal, @Nullable PhotonTransfer ptc) {
    if (ptc == null && config.gains == Gains.REQUIRED) {
      throw new BadInputException(
          "MISSING_CALIB", "detector " + nominal.name() + ": no photon transfer curve was given");
    }
    return ptc == null || config.gains == Gains.NOMINAL ? nominal : ptc.applyTo(nominal);
  }

  /** What is known of one amplifier on its way. */
  private static final class Channel {
    final Amplifier amplifier;
    final @Nullable ImageF image;
    final @Nullable MaskI mask;
    OverscanModel.Level level =
        new OverscanModel.Level(new double[0], Double.NaN, Double.NaN, 0, 0);
    double levelFromNoise;
    double parallel;
    double readNoise;
    double crosstalkMax;

    Channel(Amplifier amplifier, @Nullable ImageF raw) {
      this.amplifier = amplifier;
      this.image = raw == null ? null : raw.copy();
      this.mask = raw == null ? null : new MaskI(raw.box());
      this.readNoise = amplifier.readNoise();
    }
  }

  /** One exposure in the making. */
  private final class Work {
    private final Detector detector;
    private final Detector nominal;
    private final IsrCalibrations calibrations;
    private final double darkTime;
    private final List<Channel> channels = new ArrayList<>();
    private final MaskedImage out;
    private final Map<Step, IsrReport.Status> steps = new EnumMap<>(Step.class);
    private final List<String> warnings = new ArrayList<>();
    private final List<String> fallbacks = new ArrayList<>();
    private List<FringeCorrector.Amplitude> fringes = List.of();

    Work(RawExposure raw, IsrCalibrations calibrations, double darkTime) {
      this.detector = withGains(raw.detector(), calibrations.ptc());
      this.nominal = raw.detector();
      this.calibrations = calibrations;
      this.darkTime = darkTime;
      for (int i = 0; i < raw.size(); i++) {
        channels.add(new Channel(detector.amplifiers().get(i), raw.amplifier(i)));
      }
      this.out = new MaskedImage(detector.box());
      for (Step step : Step.values()) {
        steps.put(step, IsrReport.Status.SKIPPED);
      }
    }

    private void applied(Step step) {
      steps.put(step, IsrReport.Status.APPLIED);
    }

    void check() {
      if (channels.stream().allMatch(c -> c.image == null)) {
        throw new BadInputException(
            "NO_AMPLIFIER", "detector " + detector.name() + ": no amplifier has an image");
      }
      require("bias", config.doBias, calibrations.bias());
      require("dark", config.doDark, calibrations.dark());
      require("flat", config.doFlat, calibrations.flat());
      applied(Step.CHECKS);
    }

    private void require(String name, boolean wanted, @Nullable CalibrationFrame frame) {
      if (!wanted) {
        return;
      }
      if (frame == null) {
        throw new BadInputException(
            "MISSING_CALIB", "detector " + detector.name() + ": no " + name + " was given");
      }
      requireSize(name, frame.box());
    }

    private void requireSize(String name, Box box) {
      if (!box.equals(detector.box())) {
        throw new BadInputException(
            "WRONG_SIZE",
            name
                + " of detector "
                + detector.name()
                + " covers "
                + box
                + ", the detector is "
                + detector.box());
      }
    }

    /** Steps on raw amplifiers, from the converter back to the serial register. */
    void readout() {
      if (config.doLevelFromNoise) {
        levelsFromNoise();
      }
      for (Channel c : channels) {
        if (c.image != null && c.mask != null) {
          amplify(c, c.image, c.mask);
        }
      }
      applied(Step.OVERSCAN);
      applied(Step.SATURATION);
      applied(Step.GAIN);
      CrosstalkMatrix matrix = crosstalkMatrix();
      if (config.doCrosstalk && !matrix.isZero()) {
        crosstalk(matrix);
        applied(Step.CROSSTALK);
      }
      boolean parallel = config.overscan.parallel() != OverscanModel.Parallel.NONE;
      for (int i = 0; i < channels.size(); i++) {
        Channel c = channels.get(i);
        if (c.image != null) {
          Amplifier.RawRegions regions = c.amplifier.raw();
          if (parallel && !regions.parallelOverscan().isEmpty()) {
            c.parallel =
                overscan.subtractParallel(c.image, regions.data(), regions.parallelOverscan());
            applied(Step.PARALLEL);
          }
          linearize(c.image, i, c.amplifier.gain());
          returnDeferred(c.image, i, regions.data());
        }
      }
    }

    /** Amplifiers without overscan and nominal level; the rest of the detector is not touched. */
    private void levelsFromNoise() {
      List<NoiseLevel.Channel> unknown = new ArrayList<>();
      List<Channel> places = new ArrayList<>();
      for (Channel c : channels) {
        Amplifier a = c.amplifier;
        boolean known = !a.raw().serialOverscan().isEmpty() || !Double.isNaN(a.biasLevel());
        if (c.image != null && !known) {
          unknown.add(
              new NoiseLevel.Channel(c.image.view(a.raw().data()), a.gain(), a.readNoise()));
          places.add(c);
        }
      }
      double[] levels = NoiseLevel.of(unknown);
      for (int i = 0; i < levels.length; i++) {
        places.get(i).levelFromNoise = levels[i];
        fallbacks.add(
            String.format(
                Locale.ROOT,
                "amplifier %s: level %.1f ADU from the noise of its pixels, for it has neither"
                    + " overscan nor bias_level; the sky in the variance is as good as gain and read"
                    + " noise of the camera file",
                places.get(i).amplifier.name(),
                levels[i]));
      }
    }

    /** Takes the level of the electronics out of a raw amplifier, ADU. */
    private void subtractLevel(Channel c, ImageF image) {
      Amplifier a = c.amplifier;
      Box box = a.raw().serialOverscan();
      if (box.isEmpty()) {
        double level = Double.isNaN(a.biasLevel()) ? c.levelFromNoise : a.biasLevel();
        if (level != 0) {
          double[] rows = new double[image.height()];
          Arrays.fill(rows, level);
          OverscanModel.subtractRows(image, rows);
          c.level = new OverscanModel.Level(rows, level, Double.NaN, 0, 0);
        }
        return;
      }
      c.level = overscan.serial(image, box, null, a.raw().overscanUse());
      OverscanModel.subtractRows(image, c.level.rows());
    }

    private void amplify(Channel c, ImageF image, MaskI mask) {
      Amplifier a = c.amplifier;
      subtractLevel(c, image);
      float gain = (float) a.gain();
      float[] v = image.data;
      for (int i = 0; i < v.length; i++) {
        v[i] *= gain;
      }
      SaturationMasker.mark(image, mask, config.saturationShare * a.saturation(), a.suspectLevel());
      double measured = c.level.noise() * a.gain();
      if (measured > a.readNoise() * (1 + config.noiseTolerance)) {
        c.readNoise = measured;
        warnings.add(
            String.format(
                Locale.ROOT,
                "amplifier %s: overscan noise %.2f e- instead of read noise %.2f e-",
                a.name(),
                measured,
                a.readNoise()));
      }
    }

    private CrosstalkMatrix crosstalkMatrix() {
      CrosstalkMatrix measured = calibrations.crosstalk();
      return detector.crosstalk().isZero() && measured != null ? measured : detector.crosstalk();
    }

    private void crosstalk(CrosstalkMatrix adu) {
      int n = channels.size();
      double[][] linear = new double[n][n];
      double[][] quadratic = new double[n][n];
      double[] noise = new double[n];
      for (int s = 0; s < n; s++) {
        double gs = channels.get(s).amplifier.gain();
        noise[s] = channels.get(s).readNoise;
        for (int t = 0; t < n; t++) {
          double gt = channels.get(t).amplifier.gain();
          linear[s][t] = adu.linear(s, t) * gt / gs;
          quadratic[s][t] = adu.quadratic(s, t) * gt / (gs * gs);
        }
      }
      List<@Nullable ImageF> images = new ArrayList<>();
      List<@Nullable MaskI> masks = new ArrayList<>();
      for (Channel c : channels) {
        images.add(c.image);
        masks.add(c.mask);
      }
      CrosstalkMatrix electrons = CrosstalkMatrix.ofSources(linear, quadratic);
      double[] largest = crosstalk.correct(images, masks, electrons, noise);
      for (int t = 0; t < n; t++) {
        channels.get(t).crosstalkMax = largest[t];
      }
    }

    private void linearize(ImageF image, int amplifier, double gain) {
      Linearizer linearizer = calibrations.linearizer();
      if (config.doLinearity && linearizer != null) {
        linearizer.correct(image.data, amplifier, gain);
        applied(Step.LINEARITY);
      }
    }

    private void returnDeferred(ImageF image, int amplifier, Box data) {
      DeferredCharge deferred = calibrations.deferredCharge();
      if (!config.doDeferredCharge || deferred == null) {
        return;
      }
      DeferredChargeCorrector corrector =
          new DeferredChargeCorrector(config.deferredCharge, deferred.amplifiers().get(amplifier));
      if (corrector.isNeeded()) {
        corrector.correct(image, data);
        applied(Step.CTI);
      }
    }

    void assemble() {
      for (Channel c : channels) {
        if (c.image != null && c.mask != null) {
          AmpAssembler.assemble(c.amplifier, c.image, out.image());
          AmpAssembler.assemble(c.amplifier, c.mask, out.mask());
        } else {
          out.mask().view(c.amplifier.box()).fill(MaskPlanes.NO_DATA | MaskPlanes.BAD);
          warnings.add("amplifier " + c.amplifier.name() + ": no image");
        }
      }
      applied(Step.ASSEMBLY);
    }

    /** Steps on the assembled detector. */
    void detector() {
      List<Box> defects = calibrations.defects();
      if (config.doDefects && (defects != null || !detector.defects().isEmpty())) {
        detector.defects().forEach(this::markDefect);
        if (defects != null) {
          defects.forEach(this::markDefect);
        }
        applied(Step.DEFECTS);
      }
      if (config.doWiden) {
        SaturationMasker.widen(out.mask());
      }
      for (Channel c : channels) {
        if (c.image != null) {
          subtract(c);
        }
      }
      BrighterFatterKernel kernel = calibrations.kernel();
      if (config.doBrighterFatter && kernel != null) {
        new BrighterFatterCorrector(config.brighterFatter)
            .correct(out, MaskPlanes.BAD | MaskPlanes.NO_DATA, kernel);
        applied(Step.BRIGHTERFATTER);
      }
      for (Channel c : channels) {
        if (c.image != null) {
          divide(c);
        } else {
          out.variance().view(c.amplifier.box()).fill(Float.POSITIVE_INFINITY);
        }
      }
      applied(Step.VARIANCE);
      if (config.doBias) {
        applied(Step.BIAS);
      }
      if (config.doDark) {
        applied(Step.DARK);
      }
      if (config.doFlat) {
        applied(Step.FLAT);
      }
      FringeFrame fringe = calibrations.fringe();
      if (config.doFringe && fringe != null) {
        fringes(fringe);
      }
      applied(Step.METRICS);
    }

    /** Fringes that cannot be measured stay, and the report says so. */
    private void fringes(FringeFrame frame) {
      requireSize("fringe", frame.box());
      try {
        fringes = new FringeCorrector(config.fringe).subtract(out, frame);
        boolean any = fringes.stream().anyMatch(FringeCorrector.Amplitude::subtracted);
        steps.put(Step.FRINGE, any ? IsrReport.Status.APPLIED : IsrReport.Status.SKIPPED);
      } catch (AlgorithmException e) {
        steps.put(Step.FRINGE, IsrReport.Status.FAILED);
        fallbacks.add("fringes were not subtracted: " + e.getMessage());
      }
    }

    private void markDefect(Box defect) {
      MaskI part = out.mask().view(defect.intersect(detector.box()));
      for (int y = 0; y < part.height(); y++) {
        int start = part.offset + y * part.stride;
        for (int i = start; i < start + part.width(); i++) {
          part.data[i] |= MaskPlanes.BAD;
        }
      }
    }

    /** Takes bias and dark out of one amplifier's pixels. */
    private void subtract(Channel c) {
      Box box = c.amplifier.box();
      float[] bias = plane(config.doBias, calibrations.bias());
      float[] dark = plane(config.doDark, calibrations.dark());
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
    private void divide(Channel c) {
      Box box = c.amplifier.box();
      float[] dark = plane(config.doDark, calibrations.dark());
      float[] flat = plane(config.doFlat, calibrations.flat());
      float darkScale = scale(c, calibrations.dark()) * (float) darkTime;
      float flatScale = scale(c, calibrations.flat());
      float constant =
          new VarianceModel(
                  c.readNoise,
                  variance(config.doBias, calibrations.bias()),
                  variance(config.doDark, calibrations.dark()),
                  darkTime)
              .constant();
      float flatVariance = (float) variance(config.doFlat, calibrations.flat());
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
    private float scale(Channel c, @Nullable CalibrationFrame master) {
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
              (config.flatMinimum
                  * ClippedStatistics.median(flat.image().image().view(box).toArray()));
    }

    Result result() {
      List<IsrReport.AmplifierReport> reports = new ArrayList<>();
      for (Channel c : channels) {
        reports.add(report(c));
      }
      Map<String, IsrReport.Status> named = new LinkedHashMap<>();
      steps.forEach((step, status) -> named.put(step.name(), status));
      double interpolated = count(detector.box(), MaskPlanes.INTRP);
      return new Result(
          out,
          new IsrReport(
              named,
              reports,
              detector.equals(nominal) ? IsrReport.CAMERA : IsrReport.PTC,
              fringes,
              interpolated / detector.box().area(),
              warnings,
              fallbacks));
    }

    private IsrReport.AmplifierReport report(Channel c) {
      Box box = c.amplifier.box();
      return new IsrReport.AmplifierReport(
          c.amplifier.name(),
          c.level.mean(),
          c.level.noise(),
          c.level.shrink(),
          c.level.badRows(),
          c.parallel,
          c.amplifier.gain(),
          c.readNoise,
          c.amplifier.saturation(),
          c.crosstalkMax,
          count(box, MaskPlanes.SAT),
          count(box, MaskPlanes.SUSPECT),
          count(box, MaskPlanes.BAD),
          STATISTICS.of(out.image().view(box), out.mask().view(box), UNUSABLE).median());
    }

    private int count(Box box, int plane) {
      int n = 0;
      MaskI part = out.mask().view(box);
      for (int y = 0; y < part.height(); y++) {
        int start = part.offset + y * part.stride;
        for (int i = start; i < start + part.width(); i++) {
          n += (part.data[i] & plane) != 0 ? 1 : 0;
        }
      }
      return n;
    }
  }

  private static float[] plane(boolean wanted, @Nullable CalibrationFrame frame) {
    return wanted && frame != null ? frame.image().image().data : new float[0];
  }

  private static double variance(boolean wanted, @Nullable CalibrationFrame frame) {
    return wanted && frame != null ? frame.scalarVariance() : 0;
  }
}
