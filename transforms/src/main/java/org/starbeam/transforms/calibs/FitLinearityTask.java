package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.List;
import org.starbeam.calibration.FlatPairs;
import org.starbeam.calibration.LinearityCurve;
import org.starbeam.calibration.LinearityFitter;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Fits the non-linearity of a detector's amplifiers to its flat pairs (specs/01 section 5.6). No
 * amplifier with enough levels is no work: frames are reduced without.
 */
public final class FitLinearityTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "fitLinearity";

  private final LinearityFitter.Config config;

  public FitLinearityTask(LinearityFitter.Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        1,
        Configs.json(config),
        List.of(TaskSpec.InputRule.required(CalibFrames.PAIRS)),
        List.of(DatasetTypes.LINEARIZER));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    FlatPairs pairs = FitPtcTask.pairs(quantum, context);
    LinearityFitter fitter = new LinearityFitter(config);
    LinearityCurve curve =
        new LinearityCurve(
            pairs.detector(),
            pairs.amplifiers().stream()
                .map(
                    a ->
                        new LinearityCurve.Amplifier(
                            a.name(), fitter.fit(a.levels(pairs.light(), config.minPixels()))))
                .toList());
    if (curve.amplifiers().stream().allMatch(a -> a.fit().levels() == 0)) {
      return Outcome.noWork("no amplifier has enough levels of light");
    }
    context.metric(
        "residual",
        curve.amplifiers().stream().mapToDouble(a -> a.fit().residual()).max().orElseThrow());
    context.stageJson(DatasetTypes.LINEARIZER, CalibProduct.dataId(quantum), curve);
    return Outcome.done(CalibProduct.validityOf(quantum, CalibFrames.PAIRS));
  }
}
