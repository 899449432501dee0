package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.calibration.DeferredChargeFitter;
import org.starbeam.calibration.OverscanTail;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Camera;
import org.starbeam.camera.Detector;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.ImageF;
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
 * Measures what the serial registers of a detector defer, in the overscans of the flats of its
 * photon transfer ramp (specs/01 section 5.9). One raw frame at a time is held in memory. A camera
 * whose overscans do not follow the data, or are too narrow, is no work.
 */
public final class FitCtiTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "fitCti";

  private final DeferredChargeFitter.Config config;

  public FitCtiTask(DeferredChargeFitter.Config config) {
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
        List.of(DatasetTypes.CTI));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Camera camera = CalibProduct.camera(quantum, context);
    Detector detector = camera.detector(quantum.dataId().getInt("detector"));
    List<QuantumResult> raws = CalibFrames.inOrder(quantum.results(CalibFrames.RAW));
    List<List<OverscanTail>> tails = tails(context, raws, detector);
    DeferredChargeFitter fitter = new DeferredChargeFitter(config);
    List<DeferredCharge.Amplifier> amplifiers = new ArrayList<>();
    for (int k = 0; k < tails.size(); k++) {
      Amplifier a = detector.amplifiers().get(k);
      amplifiers.add(fitter.fit(a.name(), tails.get(k), a.saturation()));
    }
    if (amplifiers.stream().allMatch(a -> a.levels() == 0)) {
      return Outcome.noWork("no amplifier has overscan columns behind its data in enough flats");
    }
    context.metric(
        "largestCti",
        amplifiers.stream().mapToDouble(DeferredCharge.Amplifier::globalCti).max().orElse(0));
    context.stageJson(
        DatasetTypes.CTI,
        CalibProduct.dataId(quantum),
        new DeferredCharge(detector.id(), amplifiers));
    return Outcome.done(CalibProduct.validity(quantum, camera, raws));
  }

  private static List<List<OverscanTail>> tails(
      QuantumContext context, List<QuantumResult> raws, Detector detector) throws IOException {
    List<List<OverscanTail>> out = new ArrayList<>();
    detector.amplifiers().forEach(a -> out.add(new ArrayList<>()));
    for (QuantumResult raw : raws) {
      context.checkCancelled();
      try {
        RawExposure frame = IsrRunner.read(context, raw.getOutputs().get(0), detector);
        for (int k = 0; k < frame.size(); k++) {
          ImageF image = frame.amplifier(k);
          Amplifier a = detector.amplifiers().get(k);
          OverscanTail tail =
              image == null
                  ? null
                  : OverscanTail.measure(image, a.raw().data(), a.raw().serialOverscan(), a.gain());
          if (tail != null) {
            out.get(k).add(tail);
          }
        }
      } catch (BadInputException e) {
        context.caveat(
            QuantumContext.Caveat.CLIPPED_INPUT,
            "flat " + MasterInputs.name(IsrInputs.info(raw)) + " not used: " + e.getMessage());
      }
    }
    return out;
  }
}
