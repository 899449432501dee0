package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CrosstalkFitter;
import org.starbeam.calibration.MeasuredCrosstalk;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.ImageF;
import org.starbeam.isr.OverscanModel;
import org.starbeam.isr.RawExposure;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Measures the crosstalk of a detector in its earliest exposures of the sky (specs/01 section 5.7).
 * No work where the camera file gives the coefficients, where there is one amplifier, or where no
 * coefficient is significant: frames are then reduced as the camera file says. One raw frame at a
 * time is held in memory.
 */
public final class FitCrosstalkTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "fitCrosstalk";

  /**
   * @param overscan level of the amplifiers
   * @param crosstalk sources, spots and clipping
   * @param always measure also where the camera file gives the coefficients, which stay in use
   */
  public record Config(
      OverscanModel.Config overscan, CrosstalkFitter.Config crosstalk, boolean always)
      implements Serializable {
    public static Config defaults() {
      return new Config(OverscanModel.Config.defaults(), CrosstalkFitter.Config.defaults(), false);
    }
  }

  private final Config config;

  public FitCrosstalkTask(Config config) {
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
            TaskSpec.InputRule.gather(CalibFrames.RAW, 1),
            TaskSpec.InputRule.required(CalibFrames.CAMERA)),
        List.of(DatasetTypes.CROSSTALK));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Camera camera = CalibProduct.camera(quantum, context);
    Detector detector = camera.detector(quantum.dataId().getInt("detector"));
    if (!detector.crosstalk().isZero() && !config.always()) {
      return Outcome.noWork("the camera file gives the crosstalk");
    }
    if (detector.amplifiers().size() < 2) {
      return Outcome.noWork("one amplifier has no crosstalk");
    }
    List<QuantumResult> raws = CalibFrames.inOrder(quantum.results(CalibFrames.RAW));
    MeasuredCrosstalk found = measure(context, raws, detector);
    if (found.matrix().isZero()) {
      return Outcome.noWork(
          "no crosstalk of more than three errors in " + found.exposures() + " exposures");
    }
    context.metric("exposures", found.exposures());
    context.stageJson(DatasetTypes.CROSSTALK, CalibProduct.dataId(quantum), found);
    return Outcome.done(CalibProduct.validity(quantum, camera, raws));
  }

  private MeasuredCrosstalk measure(
      QuantumContext context, List<QuantumResult> raws, Detector detector) throws IOException {
    CrosstalkFitter fitter =
        new CrosstalkFitter(config.crosstalk(), detector.id(), detector.amplifiers());
    int used = 0;
    for (QuantumResult raw : raws) {
      context.checkCancelled();
      if (used == config.crosstalk().maxExposures()) {
        break;
      }
      try {
        fitter.add(levelled(IsrRunner.read(context, raw.getOutputs().get(0), detector), detector));
        used++;
      } catch (BadInputException e) {
        context.caveat(
            QuantumContext.Caveat.CLIPPED_INPUT,
            "exposure " + MasterInputs.name(IsrInputs.info(raw)) + " not used: " + e.getMessage());
      }
    }
    return fitter.result();
  }

  /** The amplifiers above their overscan, ADU; null where there is no image or no overscan. */
  private List<@Nullable ImageF> levelled(RawExposure frame, Detector detector) {
    OverscanModel overscan = new OverscanModel(config.overscan());
    List<@Nullable ImageF> out = new ArrayList<>();
    for (int k = 0; k < frame.size(); k++) {
      ImageF image = frame.amplifier(k);
      Amplifier.RawRegions regions = detector.amplifiers().get(k).raw();
      if (image == null || regions.serialOverscan().isEmpty()) {
        out.add(null);
        continue;
      }
      ImageF copy = image.copy();
      OverscanModel.subtractRows(
          copy,
          overscan.serial(copy, regions.serialOverscan(), null, regions.overscanUse()).rows());
      out.add(copy);
    }
    return out;
  }
}
