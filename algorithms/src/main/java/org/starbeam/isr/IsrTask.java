package org.starbeam.isr;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.camera.Detector;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
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

  public IsrTask(Config config) {
    this.config = config;
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
    work.readout.run(work.channels);
    work.assemble();
    work.correct();
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

  /** One exposure in the making. */
  private final class Work {
    private final Detector detector;
    private final Detector nominal;
    private final IsrCalibrations calibrations;
    private final List<ReadoutChannel> channels = new ArrayList<>();
    private final MaskedImage out;
    private final IsrJournal journal = new IsrJournal();
    private final AmplifierReadout readout;
    private final MasterArithmetic masters;
    private BrighterFatterCorrector.Report brighterFatter = BrighterFatterCorrector.Report.NONE;
    private List<FringeCorrector.Amplitude> fringes = List.of();

    Work(RawExposure raw, IsrCalibrations calibrations, double darkTime) {
      this.detector = withGains(raw.detector(), calibrations.ptc());
      this.nominal = raw.detector();
      this.calibrations = calibrations;
      for (int i = 0; i < raw.size(); i++) {
        channels.add(new ReadoutChannel(detector.amplifiers().get(i), raw.amplifier(i)));
      }
      this.out = new MaskedImage(detector.box());
      this.readout = new AmplifierReadout(config, detector, calibrations, journal);
      this.masters = new MasterArithmetic(config, detector, nominal, calibrations, darkTime, out);
    }

    void check() {
      if (channels.stream().allMatch(c -> c.image == null)) {
        throw new BadInputException(
            "NO_AMPLIFIER", "detector " + detector.name() + ": no amplifier has an image");
      }
      require("bias", config.doBias, calibrations.bias());
      require("dark", config.doDark, calibrations.dark());
      require("flat", config.doFlat, calibrations.flat());
      journal.applied(Step.CHECKS);
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

    void assemble() {
      for (ReadoutChannel c : channels) {
        if (c.image != null && c.mask != null) {
          AmpAssembler.assemble(c.amplifier, c.image, out.image());
          AmpAssembler.assemble(c.amplifier, c.mask, out.mask());
        } else {
          out.mask().view(c.amplifier.box()).fill(MaskPlanes.NO_DATA | MaskPlanes.BAD);
          journal.warn("amplifier " + c.amplifier.name() + ": no image");
        }
      }
      journal.applied(Step.ASSEMBLY);
    }

    /** Steps on the assembled detector. */
    void correct() {
      List<Box> defects = calibrations.defects();
      if (config.doDefects && (defects != null || !detector.defects().isEmpty())) {
        detector.defects().forEach(this::markDefect);
        if (defects != null) {
          defects.forEach(this::markDefect);
        }
        journal.applied(Step.DEFECTS);
      }
      if (config.doWiden) {
        SaturationMasker.widen(out.mask());
      }
      for (ReadoutChannel c : channels) {
        if (c.image != null) {
          masters.subtract(c);
        }
      }
      BrighterFatterKernel kernel = calibrations.kernel();
      if (config.doBrighterFatter && kernel != null) {
        brighterFatter =
            new BrighterFatterCorrector(config.brighterFatter)
                .correct(out, MaskPlanes.BAD | MaskPlanes.NO_DATA, kernel);
        journal.applied(Step.BRIGHTERFATTER);
      }
      for (ReadoutChannel c : channels) {
        if (c.image != null) {
          masters.divide(c);
        } else {
          out.variance().view(c.amplifier.box()).fill(Float.POSITIVE_INFINITY);
        }
      }
      journal.applied(Step.VARIANCE);
      if (config.doBias) {
        journal.applied(Step.BIAS);
      }
      if (config.doDark) {
        journal.applied(Step.DARK);
      }
      if (config.doFlat) {
        journal.applied(Step.FLAT);
      }
      FringeFrame fringe = calibrations.fringe();
      if (config.doFringe && fringe != null) {
        fringes(fringe);
      }
      journal.applied(Step.METRICS);
    }

    /** Fringes that cannot be measured stay, and the report says so. */
    private void fringes(FringeFrame frame) {
      requireSize("fringe", frame.box());
      try {
        fringes = new FringeCorrector(config.fringe).subtract(out, frame);
        if (fringes.stream().anyMatch(FringeCorrector.Amplitude::subtracted)) {
          journal.applied(Step.FRINGE);
        }
      } catch (AlgorithmException e) {
        journal.failed(Step.FRINGE);
        journal.fallback("fringes were not subtracted: " + e.getMessage());
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

    Result result() {
      List<IsrReport.AmplifierReport> reports = new ArrayList<>();
      for (ReadoutChannel c : channels) {
        reports.add(report(c));
      }
      return new Result(
          out,
          new IsrReport(
              journal.steps(),
              reports,
              detector.equals(nominal) ? IsrReport.CAMERA : IsrReport.PTC,
              fringes,
              brighterFatter,
              journal.warnings(),
              journal.fallbacks()));
    }

    private IsrReport.AmplifierReport report(ReadoutChannel c) {
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
}
