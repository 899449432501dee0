package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.calibration.FlatPair;
import org.starbeam.calibration.FlatPairs;
import org.starbeam.calibration.LinearityCurve;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.calibration.PtcFitter;
import org.starbeam.calibration.ZeroLevel;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Fits gain, read noise and area changes of a detector to its flat pairs, corrected for the
 * non-linearity that was fitted to them (specs/01 section 5.5). The read noise is that of the bias
 * frames, where there are such, else the intercept of the curve.
 */
public final class FitPtcTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "fitPtc";

  private final PtcFitter.Config config;

  public FitPtcTask(PtcFitter.Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        1,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.required(CalibFrames.PAIRS),
            TaskSpec.InputRule.optional(CalibFrames.LINEARIZER)),
        List.of(DatasetTypes.PTC));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    FlatPairs measured = pairs(quantum, context);
    List<DatasetRef> refs = quantum.refs(CalibFrames.LINEARIZER, DatasetTypes.LINEARIZER.name());
    LinearityCurve curve =
        refs.isEmpty() ? null : context.reader().json(refs.get(0), LinearityCurve.class);
    List<List<FlatPair>> pairs = new ArrayList<>();
    for (int k = 0; k < measured.amplifiers().size(); k++) {
      double[] c = curve == null ? new double[0] : curve.coefficients(k);
      pairs.add(measured.amplifiers().get(k).pairs().stream().map(p -> p.linearized(c)).toList());
    }
    PtcFitter.Result fit = new PtcFitter(config).fit(pairs);
    List<PhotonTransfer.Amplifier> amplifiers = new ArrayList<>();
    for (int k = 0; k < pairs.size(); k++) {
      amplifiers.add(
          amplifier(measured.amplifiers().get(k), pairs.get(k), fit.amplifiers().get(k)));
    }
    context.metric("a00", fit.a()[0][0]);
    context.metric("chi2PerDegree", fit.chi2() / fit.degrees());
    context.stageJson(
        DatasetTypes.PTC,
        CalibProduct.dataId(quantum),
        new PhotonTransfer(
            measured.detector(), amplifiers, fit.a(), fit.aError(), fit.chi2(), fit.degrees()));
    return Outcome.done(CalibProduct.validityOf(quantum, CalibFrames.PAIRS));
  }

  private static PhotonTransfer.Amplifier amplifier(
      FlatPairs.Amplifier measured, List<FlatPair> pairs, PtcFitter.Amplifier fit) {
    List<PhotonTransfer.Point> points = new ArrayList<>();
    for (int p = 0; p < pairs.size(); p++) {
      FlatPair pair = pairs.get(p);
      points.add(
          new PhotonTransfer.Point(pair.mean(), pair.variance(), pair.pixels(), fit.used()[p]));
    }
    ZeroLevel zero = measured.zero();
    boolean known = zero.noise() > 0;
    double gainError = fit.gainError() / fit.gain();
    double noise = known ? zero.noise() * fit.gain() : fit.noise();
    double error =
        known ? noise * Math.hypot(zero.noiseError() / zero.noise(), gainError) : Double.NaN;
    return new PhotonTransfer.Amplifier(
        measured.name(),
        fit.gain(),
        fit.gainError(),
        noise,
        error,
        fit.noise(),
        fit.turnoff(),
        points);
  }

  static FlatPairs pairs(Quantum quantum, QuantumContext context) throws IOException {
    DatasetRef ref = quantum.ref(CalibFrames.PAIRS, DatasetTypes.FLAT_PAIRS.name());
    return context.reader().json(ref, FlatPairs.class);
  }
}
