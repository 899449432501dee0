package org.starbeam.transforms.step2;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.photometry.GrayExtinction;
import org.starbeam.photometry.SelfCalibration;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Zero points of all visits of a band from the isolated stars that they share (specs/06 sections 10
 * to 12, gray model). A visit with too few of them keeps the zero point of its own reference stars.
 * All stars of the band are in memory, 150 bytes for each time one was seen.
 */
public final class PhotometricSolveTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "photometricSolve";

  /** Role of the visit gathers. */
  static final String SUMMARY = "summary";

  /** Role of the blocks of isolated stars. */
  static final String BLOCK = "block";

  /**
   * @param minSnr least signal to noise of the calibration flux
   * @param calibration the solve
   * @param gray how clear visits are told from cloudy ones
   */
  public record Config(
      double minSnr, SelfCalibration.Config calibration, GrayExtinction.Config gray)
      implements Serializable {
    public static Config defaults() {
      return new Config(20, SelfCalibration.Config.defaults(), GrayExtinction.Config.defaults());
    }
  }

  private final Config config;

  public PhotometricSolveTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step2",
        3,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(SUMMARY, 1), TaskSpec.InputRule.gather(BLOCK, 1)),
        List.of(DatasetTypes.PHOTOMETRIC_SOLUTION));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    List<VisitPhotometry> visits = visits(quantum, context);
    SharedStars stars =
        new SharedStars(config.minSnr, visits, IsolatedStarsTask.blocks(quantum, BLOCK, context));
    SelfCalibration.Result result;
    try {
      result = stars.solve(config.calibration);
    } catch (AlgorithmException e) {
      return Outcome.noWork(String.valueOf(e.getMessage()));
    }
    String band = quantum.dataId().get("band");
    GrayExtinction.Result gray = VisitClarity.split(config.gray, band, visits, result);
    Map<Long, VisitClarity> clarity =
        VisitClarity.of(gray, visits, result, stars.onDetectors(result));
    context.metric("visits", result.visits().size());
    context.metric(
        "photometricVisits",
        clarity.values().stream()
            .filter(v -> v.photometricClass().equals(VisitClarity.PHOTOMETRIC))
            .count());
    context.metric("extinction", gray.extinction());
    context.metric("graySigmaMag", gray.sigmaMag());
    context.metric("stars", result.nStars());
    context.metric("references", result.nReferences());
    context.metric("variable", result.nVariable());
    context.metric("floorMag", result.floorMag());
    context.metric("absoluteErrMag", result.absoluteErrMag());
    context.metric("scatterMag", result.scatterMag());
    context.metric("reservedScatterMag", stars.reservedScatter(result));
    context.stageJson(
        DatasetTypes.PHOTOMETRIC_SOLUTION,
        quantum.dataId(),
        new PhotometricSolution(
            band,
            config.minSnr,
            result.visits(),
            clarity,
            PhotometricSolution.Sky.of(gray),
            result.starFlats(),
            result.floorMag(),
            result.nStars(),
            result.nReferences(),
            result.nVariable(),
            result.absoluteErrMag()));
    return Outcome.done();
  }

  private static List<VisitPhotometry> visits(Quantum quantum, QuantumContext context)
      throws IOException {
    List<VisitPhotometry> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(SUMMARY, DatasetTypes.INITIAL_VISIT_SUMMARY.name())) {
      out.add(context.reader().json(ref, VisitPhotometry.class));
    }
    out.sort(Comparator.comparingLong(VisitPhotometry::visit));
    return out;
  }
}
