package org.starbeam.transforms.step2;

import java.io.Serializable;
import java.util.List;
import org.starbeam.astrometry.SipFitter;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Calibration of a visit: every detector's WCS is fitted again to the reference stars and to the
 * mean places of isolated stars in the other visits, and the zero points of the band become
 * calibration fields with the pixel areas of the new WCS. Without reference stars the detectors
 * keep the calibration of their first characterization.
 */
public final class AstrometricSolveTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "astrometricSolve";

  /** Role of the visit gather. */
  public static final String SUMMARY = "summary";

  /** Role of the first characterizations, with their summaries as payload. */
  public static final String DETECTOR = "detector";

  /** Role of the blocks of isolated stars. */
  public static final String BLOCK = "block";

  /** Role of the zero points of the band. */
  static final String PHOTOMETRY = "photometry";

  static final double MARGIN_DEG = 10.0 / 3600;

  /**
   * @param fitter the fit of one detector
   * @param referenceEpochYr epoch of the isolated stars' centres, as in isolatedStars
   */
  public record Config(SipFitter.Config fitter, double referenceEpochYr) implements Serializable {
    public static Config defaults() {
      return new Config(
          SipFitter.Config.defaults(), IsolatedStarsTask.Config.defaults().referenceEpochYr());
    }
  }

  private final Config config;

  public AstrometricSolveTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step2",
        6,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.required(SUMMARY),
            TaskSpec.InputRule.gather(DETECTOR, 1),
            TaskSpec.InputRule.optional(BLOCK),
            TaskSpec.InputRule.optional(PHOTOMETRY),
            TaskSpec.InputRule.optional(RefStars.ROLE)),
        List.of(DatasetTypes.VISIT_SOLUTION));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    VisitPhotometry photometry =
        context
            .reader()
            .json(
                quantum.ref(SUMMARY, DatasetTypes.INITIAL_VISIT_SUMMARY.name()),
                VisitPhotometry.class);
    List<VisitDetector> detectors = VisitDetector.of(quantum, DETECTOR, context);
    new VisitCalibration(config).stage(quantum, context, photometry, detectors);
    return Outcome.done();
  }
}
