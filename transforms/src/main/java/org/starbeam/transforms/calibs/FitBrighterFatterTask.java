package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.calibration.KernelSolver;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Solves for the brighter-fatter kernel of a detector from its photon transfer curve and those of
 * the camera's other detectors (specs/01 section 5.8).
 */
public final class FitBrighterFatterTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "fitBrighterFatter";

  /** Role of the curves of all detectors of the camera. */
  static final String ALL = "all";

  private final KernelSolver.Config config;

  public FitBrighterFatterTask(KernelSolver.Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        1,
        Configs.json(config),
        List.of(TaskSpec.InputRule.required(CalibFrames.PTC), TaskSpec.InputRule.optional(ALL)),
        List.of(DatasetTypes.BRIGHTER_FATTER));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    PhotonTransfer own = curve(context, quantum.ref(CalibFrames.PTC, DatasetTypes.PTC.name()));
    List<PhotonTransfer> all = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(ALL, DatasetTypes.PTC.name())) {
      all.add(curve(context, ref));
    }
    BrighterFatterKernel kernel = new KernelSolver(config).solve(own, all);
    context.metric("center", kernel.values()[kernel.half()][kernel.half()]);
    context.stageJson(DatasetTypes.BRIGHTER_FATTER, CalibProduct.dataId(quantum), kernel);
    return Outcome.done(CalibProduct.validityOf(quantum, CalibFrames.PTC));
  }

  private static PhotonTransfer curve(QuantumContext context, DatasetRef ref) throws IOException {
    return context.reader().json(ref, PhotonTransfer.class);
  }
}
