package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.camera.Detector;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
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

/** Measures the level of every flat exposure of a detector and filter. */
public final class FlatLevelsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "flatLevels";

  /** One exposure: its clipped mean, electrons, and the pixels behind it. */
  public record Level(long exposure, double level, double count) {}

  /** All exposures of a detector. */
  public record Levels(int detector, List<Level> levels) {}

  private final CombineFramesTask.Config config;

  public FlatLevelsTask(CombineFramesTask.Config config) {
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
            TaskSpec.InputRule.required(CalibFrames.BIAS),
            TaskSpec.InputRule.optional(CalibFrames.DARK),
            TaskSpec.InputRule.optional(CalibFrames.PTC),
            TaskSpec.InputRule.optional(CalibFrames.LINEARIZER),
            TaskSpec.InputRule.optional(CalibFrames.BRIGHTER_FATTER)),
        List.of(DatasetTypes.FLAT_LEVELS));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    IsrTask.Config isr = config.isr();
    int id = quantum.dataId().getInt("detector");
    Detector detector = CalibProduct.camera(quantum, context).detector(id);
    IsrCalibrations calibrations = IsrRunner.calibrations(quantum, context);
    IsrTask task = new IsrTask(calibrations.dark() == null ? isr.forDark() : isr.forFlat());
    List<Level> levels = new ArrayList<>();
    for (QuantumResult raw : CalibFrames.inOrder(quantum.results(CalibFrames.RAW))) {
      context.checkCancelled();
      MaskedImage frame = MasterInputs.reduce(context, raw, detector, task, calibrations);
      ClippedStatistics.Result r =
          new ClippedStatistics()
              .of(frame.image(), frame.mask(), MaskPlanes.SAT | MaskPlanes.NO_DATA);
      levels.add(new Level(IsrInputs.info(raw).getExposureId(), r.meanClip(), r.nUsed()));
    }
    context.stageJson(
        DatasetTypes.FLAT_LEVELS, CalibProduct.dataId(quantum), new Levels(id, levels));
    return Outcome.done();
  }
}
