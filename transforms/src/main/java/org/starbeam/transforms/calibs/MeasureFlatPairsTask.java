package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.calibration.FlatPair;
import org.starbeam.calibration.FlatPairs;
import org.starbeam.calibration.ZeroLevel;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;
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

/**
 * Measures the flat pairs of a detector's photon transfer ramp, and its level and noise without
 * light in the bias frames (specs/01 sections 5.2 and 5.5), after overscan and crosstalk alone: no
 * master is needed. Exposures that follow each other and differ by less than 5 ms are a pair; of
 * three the third is left out. Two frames at a time are held in memory.
 */
public final class MeasureFlatPairsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "measureFlatPairs";

  private static final double SAME_EXPOSURE_SECONDS = 0.005;
  private static final int UNUSABLE = MaskPlanes.BAD | MaskPlanes.NO_DATA;

  /**
   * @param isr overscan and crosstalk of the inputs; other steps are switched off
   * @param pair lags, border and clipping
   */
  public record Config(IsrTask.Config isr, FlatPair.Config pair) implements Serializable {
    public static Config defaults() {
      return new Config(IsrTask.Config.defaults(), FlatPair.Config.defaults());
    }
  }

  private final Config config;

  public MeasureFlatPairsTask(Config config) {
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
            TaskSpec.InputRule.required(CalibFrames.CAMERA),
            TaskSpec.InputRule.optional(CalibFrames.ZERO)),
        List.of(DatasetTypes.FLAT_PAIRS));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Camera camera = CalibProduct.camera(quantum, context);
    Detector detector = camera.detector(quantum.dataId().getInt("detector"));
    Frames frames = new Frames(context, detector, new IsrTask(config.isr().forBias()));
    List<QuantumResult> raws = CalibFrames.inOrder(quantum.results(CalibFrames.RAW));
    List<ZeroLevel> zeros = zeros(frames, quantum.results(CalibFrames.ZERO));
    List<List<FlatPair>> pairs = new ArrayList<>();
    detector.amplifiers().forEach(a -> pairs.add(new ArrayList<>()));
    List<String> names = new ArrayList<>();
    List<Pair> measured = new ArrayList<>();
    for (Pair pair : pairs(raws)) {
      List<MaskedImage> both = frames.reduce(pair);
      if (!both.isEmpty()) {
        measured.add(pair);
        names.add(pair.name());
        measure(detector, both, zeros, pairs);
      }
    }
    List<FlatPairs.Amplifier> amplifiers = new ArrayList<>();
    for (int k = 0; k < pairs.size(); k++) {
      String name = detector.amplifiers().get(k).name();
      amplifiers.add(new FlatPairs.Amplifier(name, zeros.get(k), pairs.get(k)));
    }
    context.metric("pairs", measured.size());
    context.metric("exposures", raws.size());
    context.stageJson(
        DatasetTypes.FLAT_PAIRS,
        CalibProduct.dataId(quantum),
        new FlatPairs(detector.id(), names, light(measured), amplifiers));
    return Outcome.done(CalibProduct.validity(quantum, camera, raws));
  }

  private void measure(
      Detector detector,
      List<MaskedImage> both,
      List<ZeroLevel> zeros,
      List<List<FlatPair>> pairs) {
    for (int k = 0; k < pairs.size(); k++) {
      Amplifier a = detector.amplifiers().get(k);
      double zero = zeros.get(k).levelOrZero();
      pairs
          .get(k)
          .add(
              FlatPair.measure(
                  both.get(0), both.get(1), a.box(), UNUSABLE, a.gain(), zero, config.pair()));
    }
  }

  private static List<ZeroLevel> zeros(Frames frames, List<QuantumResult> biases)
      throws IOException {
    List<ZeroLevel.Collector> collectors =
        frames.detector.amplifiers().stream()
            .map(a -> new ZeroLevel.Collector(a.box(), a.gain()))
            .toList();
    for (Pair pair : pairs(CalibFrames.inOrder(biases))) {
      List<MaskedImage> both = frames.reduce(pair);
      if (!both.isEmpty()) {
        collectors.forEach(c -> c.add(both.get(0), both.get(1)));
      }
    }
    return collectors.stream().map(ZeroLevel.Collector::result).toList();
  }

  /** Two exposures. */
  private record Pair(QuantumResult first, QuantumResult second) {
    String name() {
      return MasterInputs.name(IsrInputs.info(first))
          + " "
          + MasterInputs.name(IsrInputs.info(second));
    }

    double exposureTime() {
      return (IsrInputs.info(first).getExposureTime() + IsrInputs.info(second).getExposureTime())
          / 2;
    }

    /** Mean reading of the photodiode; NaN where one has none. */
    double photodiode() {
      Double a = IsrInputs.info(first).getPdValue();
      Double b = IsrInputs.info(second).getPdValue();
      return a == null || b == null || !(a > 0) || !(b > 0) ? Double.NaN : (a + b) / 2;
    }
  }

  private static List<Pair> pairs(List<QuantumResult> raws) {
    List<Pair> out = new ArrayList<>();
    for (int i = 0; i + 1 < raws.size(); i++) {
      double time = IsrInputs.info(raws.get(i)).getExposureTime();
      double next = IsrInputs.info(raws.get(i + 1)).getExposureTime();
      if (Math.abs(time - next) < SAME_EXPOSURE_SECONDS) {
        out.add(new Pair(raws.get(i), raws.get(i + 1)));
        i++;
      }
    }
    return out;
  }

  /** The photodiode's reading, or the exposure time where any pair lacks it. */
  private static double[] light(List<Pair> pairs) {
    double[] light = pairs.stream().mapToDouble(Pair::photodiode).toArray();
    for (double value : light) {
      if (Double.isNaN(value)) {
        return pairs.stream().mapToDouble(Pair::exposureTime).toArray();
      }
    }
    return light;
  }

  /** Reduces the frames of a detector. */
  private record Frames(QuantumContext context, Detector detector, IsrTask isr) {
    /** Both frames of a pair, or none where one cannot be reduced. */
    List<MaskedImage> reduce(Pair pair) throws IOException {
      context.checkCancelled();
      try {
        return List.of(reduce(pair.first()), reduce(pair.second()));
      } catch (BadInputException e) {
        context.caveat(
            QuantumContext.Caveat.CLIPPED_INPUT,
            "pair " + pair.name() + " not used: " + e.getMessage());
        return List.of();
      }
    }

    private MaskedImage reduce(QuantumResult raw) throws IOException {
      return MasterInputs.reduce(context, raw, detector, isr, IsrCalibrations.none());
    }
  }
}
