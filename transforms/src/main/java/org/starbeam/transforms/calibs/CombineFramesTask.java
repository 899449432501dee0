package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.FrameCombiner;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Makes the master bias [electrons], dark [electrons per second] or flat [relative] of a detector
 * from all its inputs (specs/01 sections 5.1 to 5.3). The data id carries the type as {@code name}.
 * Inputs that do not look like the others are rejected and named in the header (CPPREJn) and as a
 * caveat. The payload's validity begins with the night of the first input.
 */
public final class CombineFramesTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "combineFrames";

  /** Role of the scales of flats. */
  static final String SCALES = "scales";

  /**
   * @param isr reduction of the inputs; bias, dark and flat are switched by the type of master
   * @param combine clipping and rejection
   * @param recommendedInputs fewer give a warning: 10 biases, 5 darks, 5 flats
   */
  public record Config(
      IsrTask.Config isr, FrameCombiner.Config combine, Map<String, Integer> recommendedInputs)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          IsrTask.Config.defaults(),
          FrameCombiner.Config.defaults(),
          Map.of(CalibFrames.BIAS, 10, CalibFrames.DARK, 5, CalibFrames.FLAT, 5));
    }
  }

  private final String type;
  private final Config config;

  /**
   * @param type bias, dark or flat
   */
  public CombineFramesTask(String type, Config config) {
    this.type = type;
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME, "calibs", 2, Configs.json(config), inputs(), List.of(DatasetTypes.named(type)));
  }

  private List<TaskSpec.InputRule> inputs() {
    List<TaskSpec.InputRule> rules = new ArrayList<>();
    rules.add(TaskSpec.InputRule.gather(CalibFrames.RAW, 1));
    rules.add(TaskSpec.InputRule.required(CalibFrames.CAMERA));
    rules.add(TaskSpec.InputRule.optional(CalibFrames.PTC));
    rules.add(TaskSpec.InputRule.optional(CalibFrames.LINEARIZER));
    rules.add(TaskSpec.InputRule.optional(CalibFrames.BRIGHTER_FATTER));
    if (!type.equals(CalibFrames.BIAS)) {
      rules.add(TaskSpec.InputRule.required(CalibFrames.BIAS));
    }
    if (type.equals(CalibFrames.FLAT)) {
      rules.add(TaskSpec.InputRule.optional(CalibFrames.DARK));
      rules.add(TaskSpec.InputRule.required(SCALES));
    }
    return rules;
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Camera camera = CalibProduct.camera(quantum, context);
    Detector detector = camera.detector(quantum.dataId().getInt("detector"));
    IsrCalibrations calibrations = IsrRunner.calibrations(quantum, context);
    if (type.equals(CalibFrames.FLAT) && config.isr().doDark() && calibrations.dark() == null) {
      context.caveat(
          QuantumContext.Caveat.FALLBACK, "no dark: dark current was not subtracted from flats");
    }
    IsrTask isr = new IsrTask(isrConfig(config.isr(), type, calibrations));
    List<QuantumResult> raws = CalibFrames.inOrder(quantum.results(CalibFrames.RAW));
    MasterInputs.Scale scale = scale(type, quantum, context);
    FrameCombiner.Combined combined;
    try (MasterInputs inputs = new MasterInputs()) {
      for (QuantumResult raw : raws) {
        context.checkCancelled();
        ObservationInfo info = IsrInputs.info(raw);
        inputs.add(
            info,
            MasterInputs.reduce(context, raw, detector, isr, calibrations),
            detector,
            scale.of(info));
      }
      combined =
          new FrameCombiner(config.combine())
              .combine(type + " of detector " + detector.name(), inputs.inputs());
    }
    report(context, type, combined, config.recommendedInputs().getOrDefault(type, 0));
    DatasetType dataset = DatasetTypes.named(type);
    CalibrationFrame frame =
        CalibrationFrame.of(
            combined.image(),
            cards(type, quantum, combined, isr.withGains(detector, calibrations.ptc())));
    context.stageFile(dataset, CalibProduct.dataId(quantum), frame::write);
    return Outcome.done(CalibProduct.validity(quantum, camera, raws));
  }

  private static IsrTask.Config isrConfig(
      IsrTask.Config isr, String type, IsrCalibrations calibrations) {
    return switch (type) {
      case CalibFrames.BIAS -> isr.forBias();
      case CalibFrames.DARK -> isr.forDark();
      default -> calibrations.dark() == null ? isr.forDark() : isr.forFlat();
    };
  }

  private static MasterInputs.Scale scale(String type, Quantum quantum, QuantumContext context)
      throws IOException {
    if (type.equals(CalibFrames.BIAS)) {
      return info -> 1;
    }
    if (type.equals(CalibFrames.DARK)) {
      return info -> {
        double time = IsrRunner.darkTime(info);
        if (!(time > 0)) {
          throw new AlgorithmException(
              "NO_DARK_TIME", "dark " + info.getExposureId() + " has dark time " + time);
        }
        return time;
      };
    }
    DatasetRef ref = quantum.ref(SCALES, DatasetTypes.FLAT_SCALES.name());
    FlatScalesTask.Scales scales = context.reader().json(ref, FlatScalesTask.Scales.class);
    return info -> scales.of(info.getExposureId());
  }

  private static void report(
      QuantumContext context, String type, FrameCombiner.Combined combined, int recommended) {
    context.metric("inputs", combined.used().size());
    context.metric("rejected", combined.rejected().size());
    context.metric("pixelsWithoutInput", combined.withoutInput());
    for (FrameCombiner.Rejected r : combined.rejected()) {
      context.caveat(
          QuantumContext.Caveat.CLIPPED_INPUT,
          type + ": exposure " + r.name() + " rejected: " + r.reason());
    }
    if (combined.suspect()) {
      throw new AlgorithmException(
          "SUSPECT_PRODUCT",
          type + ": too many inputs rejected to certify it: " + combined.rejected());
    }
    if (combined.used().size() < recommended) {
      context.metric("fewInputs", 1);
    }
  }

  private static Map<String, Object> cards(
      String type, Quantum quantum, FrameCombiner.Combined combined, Detector inUse) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CALTYPE", type);
    cards.put("DATAID", quantum.dataId().toString());
    cards.put("BUNIT", unit(type));
    cards.put("CPPN", combined.used().size());
    for (int i = 0; i < combined.used().size(); i++) {
      cards.put("CPPIN" + i, combined.used().get(i));
    }
    for (int i = 0; i < combined.rejected().size(); i++) {
      FrameCombiner.Rejected r = combined.rejected().get(i);
      cards.put("CPPREJ" + i, r.name());
      cards.put("CPPWHY" + i, r.reason());
    }
    cards.put("CPPHOLES", combined.withoutInput());
    inUse.amplifiers().forEach(a -> cards.put(CalibrationFrame.gainCard(a.name()), a.gain()));
    return cards;
  }

  private static String unit(String type) {
    return switch (type) {
      case CalibFrames.BIAS -> "electron";
      case CalibFrames.DARK -> "electron/s";
      default -> "1";
    };
  }
}
