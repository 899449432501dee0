package org.starbeam.isr;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CrosstalkMatrix;
import org.starbeam.camera.Detector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;

/**
 * The steps of ISR on raw amplifiers, from the converter back to the serial register: serial
 * overscan, saturation, gain, crosstalk, parallel overscan, linearity, deferred charge (specs/01
 * section 3.1).
 */
final class AmplifierReadout {
  private final IsrTask.Config config;
  private final OverscanModel overscan;
  private final CrosstalkCorrector crosstalk;
  private final Detector detector;
  private final IsrCalibrations calibrations;
  private final IsrJournal journal;

  /**
   * @param detector with the gains in use
   */
  AmplifierReadout(
      IsrTask.Config config, Detector detector, IsrCalibrations calibrations, IsrJournal journal) {
    this.config = config;
    this.overscan = new OverscanModel(config.overscan());
    this.crosstalk = new CrosstalkCorrector(config.crosstalk());
    this.detector = detector;
    this.calibrations = calibrations;
    this.journal = journal;
  }

  /** Takes the amplifiers of an exposure from ADU to electrons, in place. */
  void run(List<ReadoutChannel> channels) {
    if (config.doLevelFromNoise()) {
      levelsFromNoise(channels);
    }
    for (ReadoutChannel c : channels) {
      if (c.image != null && c.mask != null) {
        amplify(c, c.image, c.mask);
      }
    }
    journal.applied(IsrTask.Step.OVERSCAN);
    journal.applied(IsrTask.Step.SATURATION);
    journal.applied(IsrTask.Step.GAIN);
    CrosstalkMatrix matrix = crosstalkMatrix();
    if (config.doCrosstalk() && !matrix.isZero()) {
      subtractCrosstalk(channels, matrix);
      journal.applied(IsrTask.Step.CROSSTALK);
    }
    for (int i = 0; i < channels.size(); i++) {
      ReadoutChannel c = channels.get(i);
      if (c.image != null) {
        restoreCharge(c, c.image, i);
      }
    }
  }

  /** Parallel overscan, linearity and deferred charge of one amplifier. */
  private void restoreCharge(ReadoutChannel c, ImageF image, int i) {
    Amplifier.RawRegions regions = c.amplifier.raw();
    boolean parallel = config.overscan().parallel() != OverscanModel.Parallel.NONE;
    if (parallel && !regions.parallelOverscan().isEmpty()) {
      c.parallel = overscan.subtractParallel(image, regions.data(), regions.parallelOverscan());
      journal.applied(IsrTask.Step.PARALLEL);
    }
    linearize(image, i, c.amplifier.gain());
    returnDeferred(image, i, regions.data());
  }

  /** Amplifiers without overscan and nominal level; the rest of the detector is not touched. */
  private void levelsFromNoise(List<ReadoutChannel> channels) {
    List<NoiseLevel.Channel> unknown = new ArrayList<>();
    List<ReadoutChannel> places = new ArrayList<>();
    for (ReadoutChannel c : channels) {
      Amplifier a = c.amplifier;
      boolean known = !a.raw().serialOverscan().isEmpty() || !Double.isNaN(a.biasLevel());
      if (c.image != null && !known) {
        unknown.add(new NoiseLevel.Channel(c.image.view(a.raw().data()), a.gain(), a.readNoise()));
        places.add(c);
      }
    }
    double[] levels = NoiseLevel.of(unknown);
    for (int i = 0; i < levels.length; i++) {
      places.get(i).levelFromNoise = levels[i];
      journal.fallback(
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
  private void subtractLevel(ReadoutChannel c, ImageF image) {
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

  private void amplify(ReadoutChannel c, ImageF image, MaskI mask) {
    Amplifier a = c.amplifier;
    subtractLevel(c, image);
    float gain = (float) a.gain();
    float[] v = image.data;
    for (int i = 0; i < v.length; i++) {
      v[i] *= gain;
    }
    SaturationMasker.mark(image, mask, config.saturationShare() * a.saturation(), a.suspectLevel());
    double measured = c.level.noise() * a.gain();
    if (measured > a.readNoise() * (1 + config.noiseTolerance())) {
      c.readNoise = measured;
      journal.warn(
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

  private void subtractCrosstalk(List<ReadoutChannel> channels, CrosstalkMatrix adu) {
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
    for (ReadoutChannel c : channels) {
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
    if (config.doLinearity() && linearizer != null) {
      linearizer.correct(image.data, amplifier, gain);
      journal.applied(IsrTask.Step.LINEARITY);
    }
  }

  private void returnDeferred(ImageF image, int amplifier, Box data) {
    DeferredCharge deferred = calibrations.deferredCharge();
    if (!config.doDeferredCharge() || deferred == null) {
      return;
    }
    DeferredChargeCorrector corrector =
        new DeferredChargeCorrector(config.deferredCharge(), deferred.amplifiers().get(amplifier));
    if (corrector.isNeeded()) {
      corrector.correct(image, data);
      journal.applied(IsrTask.Step.CTI);
    }
  }
}
