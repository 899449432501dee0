package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.calibration.FringeBins;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.FringeMaker;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Makes the fringe frame of a detector and filter from the exposures of the sky in it (specs/01
 * section 5.9). Of the earliest {@code maxInputs} exposures that can be reduced; only their bins
 * are held in memory. Too few of them, or no pattern that they share, is no work and no failure:
 * frames of that filter are reduced without.
 */
public final class CombineFringeTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "combineFringe";

  /**
   * @param isr reduction of the inputs
   * @param fringe bins, sky and number of patterns
   * @param bands whose exposures may have fringes: i, z, y
   */
  public record Config(IsrTask.Config isr, FringeMaker.Config fringe, List<String> bands)
      implements Serializable {
    public Config {
      bands = List.copyOf(bands);
    }

    public static Config defaults() {
      return new Config(
          IsrTask.Config.defaults(), FringeMaker.Config.defaults(), List.of("i", "z", "y"));
    }
  }

  private final Config config;

  public CombineFringeTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        2,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.gather(CalibFrames.RAW, 1),
            TaskSpec.InputRule.required(CalibFrames.CAMERA),
            TaskSpec.InputRule.optional(CalibFrames.BIAS),
            TaskSpec.InputRule.optional(CalibFrames.DARK),
            TaskSpec.InputRule.optional(CalibFrames.FLAT),
            TaskSpec.InputRule.optional(CalibFrames.DEFECTS),
            TaskSpec.InputRule.optional(CalibFrames.PTC),
            TaskSpec.InputRule.optional(CalibFrames.LINEARIZER),
            TaskSpec.InputRule.optional(CalibFrames.BRIGHTER_FATTER)),
        List.of(DatasetTypes.FRINGE));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Camera camera = CalibProduct.camera(quantum, context);
    Detector detector = camera.detector(quantum.dataId().getInt("detector"));
    List<QuantumResult> raws = CalibFrames.inOrder(quantum.results(CalibFrames.RAW));
    IsrCalibrations calibrations = IsrRunner.calibrations(quantum, context);
    if (calibrations.bias() == null || calibrations.flat() == null) {
      return Outcome.noWork("no bias and flat of the filter to reduce its exposures with");
    }
    String what = "fringe of detector " + detector.name();
    FringeFrame frame;
    try {
      frame =
          new FringeMaker(config.fringe())
              .make(what, inputs(context, raws, detector, calibrations));
    } catch (AlgorithmException e) {
      return Outcome.noWork(e.code() + ": " + e.getMessage());
    }
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CALTYPE", CalibFrames.FRINGE);
    cards.put("DATAID", quantum.dataId().toString());
    cards.put("BUNIT", "1");
    context.metric("patterns", frame.patterns().size());
    context.stageFile(DatasetTypes.FRINGE, CalibProduct.dataId(quantum), frame.with(cards)::write);
    return Outcome.done(CalibProduct.validity(quantum, camera, raws));
  }

  private List<FringeMaker.Input> inputs(
      QuantumContext context,
      List<QuantumResult> raws,
      Detector detector,
      IsrCalibrations calibrations)
      throws IOException {
    IsrTask isr = new IsrTask(config.isr().applying(true, calibrations.dark() != null, true));
    List<FringeMaker.Input> out = new ArrayList<>();
    for (QuantumResult raw : raws) {
      context.checkCancelled();
      if (out.size() == config.fringe().maxInputs()) {
        break;
      }
      String name = MasterInputs.name(IsrInputs.info(raw));
      try {
        out.add(
            new FringeMaker.Input(
                name,
                FringeBins.of(
                    MasterInputs.reduce(context, raw, detector, isr, calibrations),
                    config.fringe().fit().bin())));
      } catch (BadInputException e) {
        context.caveat(
            QuantumContext.Caveat.CLIPPED_INPUT,
            "exposure " + name + " not used: " + e.getMessage());
      }
    }
    return out;
  }
}
