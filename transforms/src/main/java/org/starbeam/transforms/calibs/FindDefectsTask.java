package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DefectFinder;
import org.starbeam.calibration.DefectList;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Detector;
import org.starbeam.image.ImageF;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/** Finds the defects of a detector in its master bias, dark and flats of all filters. */
public final class FindDefectsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "findDefects";

  private final DefectFinder.Config config;

  public FindDefectsTask(DefectFinder.Config config) {
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
            TaskSpec.InputRule.required(CalibFrames.CAMERA),
            TaskSpec.InputRule.optional(CalibFrames.BIAS),
            TaskSpec.InputRule.optional(CalibFrames.DARK),
            TaskSpec.InputRule.gather(CalibFrames.FLAT, 1)),
        List.of(DatasetTypes.DEFECTS));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    int id = quantum.dataId().getInt("detector");
    Detector detector = CalibProduct.camera(quantum, context).detector(id);
    List<ImageF> flats = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(CalibFrames.FLAT, CalibFrames.FLAT)) {
      flats.add(frame(context, ref).image().image());
    }
    DefectList found =
        new DefectFinder(config)
            .find(
                master(quantum, context, CalibFrames.BIAS),
                master(quantum, context, CalibFrames.DARK),
                flats,
                detector.amplifiers().stream().map(Amplifier::box).toList(),
                List.of());
    context.metric("defects", found.defects().size());
    context.metric("badPixels", found.area());
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CALTYPE", CalibFrames.DEFECTS);
    cards.put("DATAID", quantum.dataId().toString());
    cards.put("NBAD", found.area());
    context.stageFile(
        DatasetTypes.DEFECTS, CalibProduct.dataId(quantum), file -> found.write(file, cards));
    return Outcome.done(validity(quantum));
  }

  /** The defects are valid as soon as the first of the flats is. */
  private static Certification validity(Quantum quantum) {
    double begin =
        quantum.results(CalibFrames.FLAT).stream()
            .map(QuantumResult::getPayload)
            .filter(Certification.class::isInstance)
            .mapToDouble(p -> ((Certification) p).getValidBeginTaiMjd())
            .min()
            .orElseThrow(() -> new IllegalStateException("flats without validity"));
    return Certification.newBuilder()
        .setDatasetType(CalibFrames.DEFECTS)
        .setDetector(quantum.dataId().getInt("detector"))
        .setPhysicalFilter(null)
        .setValidBeginTaiMjd(begin)
        .setValidEndTaiMjd(org.starbeam.calibration.CertificationIndex.OPEN_END)
        .build();
  }

  private static @Nullable ImageF master(Quantum quantum, QuantumContext context, String role)
      throws IOException {
    List<DatasetRef> refs = quantum.refs(role, role);
    return refs.isEmpty() ? null : frame(context, refs.get(0)).image().image();
  }

  private static CalibrationFrame frame(QuantumContext context, DatasetRef ref) throws IOException {
    return context.reader().cached(ref, CalibrationFrame.class, CalibrationFrame::read);
  }
}
