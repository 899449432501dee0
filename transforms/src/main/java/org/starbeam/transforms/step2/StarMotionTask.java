package org.starbeam.transforms.step2;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.starbeam.astrometry.MotionFloor;
import org.starbeam.astrometry.StarMotionFitter;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Position, proper motion, parallax and mean magnitudes of the isolated stars of a pixel of order
 * 9, from their places in all visits with the final WCS (specs/06 section 6): rows of the table
 * IsolatedStar. Stars that were associated month by month are put together first.
 */
public final class StarMotionTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "starMotion";

  /** Role of the blocks of isolated stars. */
  static final String BLOCK = "block";

  /** Role of the solutions of the visits. */
  static final String SOLUTION = "solution";

  private static final double J2000_MJD = 51_544.5;

  /**
   * @param fitter the fit of one star
   * @param referenceEpochYr Julian year to which positions refer; 0 for the median of the visits
   *     around the pixel, to a tenth of a year
   * @param unsolvedFloorMas position noise per axis, beside that of the centroid, on detectors
   *     whose WCS was not fitted again
   * @param floor how that noise is measured by the stars of the pixel
   */
  public record Config(
      StarMotionFitter.Config fitter,
      double referenceEpochYr,
      double unsolvedFloorMas,
      MotionFloor.Config floor)
      implements Serializable {
    public static Config defaults() {
      return new Config(StarMotionFitter.Config.defaults(), 0, 10, MotionFloor.Config.defaults());
    }
  }

  private final Config config;

  public StarMotionTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step2",
        2,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.gather(BLOCK, 1),
            TaskSpec.InputRule.gather(SOLUTION, 1),
            TaskSpec.InputRule.optional(RefStars.ROLE)),
        List.of(DatasetTypes.ISOLATED_STAR));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Map<Long, VisitSolution> solutions = solutions(quantum, context);
    StarRows rows =
        new StarRows(
            config,
            context.release(),
            epochMjd(solutions),
            solutions,
            references(quantum, context));
    List<List<IsolatedStar>> stars =
        StarParts.sameStars(IsolatedStarsTask.blocks(quantum, BLOCK, context));
    context.metric("floorScale", rows.measureFloor(stars));
    context.checkCancelled();
    List<IsolatedStarRow> out = new ArrayList<>();
    for (List<IsolatedStar> parts : stars) {
      rows.row(parts).ifPresent(out::add);
      context.checkCancelled();
    }
    out.sort(Comparator.comparingLong(IsolatedStarRow::getIsolatedStarId));
    context.metric("stars", out.size());
    context.metric("motions", out.stream().filter(r -> !r.getMotionFlag()).count());
    context.stageTable(
        DatasetTypes.ISOLATED_STAR, quantum.dataId(), IsolatedStarRow.class, out, List.of());
    return Outcome.done();
  }

  private static Map<Long, VisitSolution> solutions(Quantum quantum, QuantumContext context)
      throws IOException {
    Map<Long, VisitSolution> out = new TreeMap<>();
    for (DatasetRef ref : quantum.refs(SOLUTION, DatasetTypes.VISIT_SOLUTION.name())) {
      VisitSolution solution = context.reader().json(ref, VisitSolution.class);
      out.put(solution.visit(), solution);
    }
    return out;
  }

  private double epochMjd(Map<Long, VisitSolution> solutions) {
    double year = config.referenceEpochYr;
    if (!(year > 0)) {
      double[] times =
          solutions.values().stream().mapToDouble(VisitSolution::expMidptMjd).sorted().toArray();
      year = Math.rint(10 * EpochPropagation.julianYear(times[times.length / 2])) / 10;
    }
    return J2000_MJD + (year - 2000) * EpochPropagation.DAYS_PER_YEAR;
  }

  private static Map<Long, RefStar> references(Quantum quantum, QuantumContext context)
      throws IOException {
    return RefStars.entries(
            quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name()),
            context.reader(),
            IsolatedStarsTask.cone(quantum.dataId().getLong("healpix9")))
        .stream()
        .collect(Collectors.toMap(RefStar::getId, Function.identity(), (a, b) -> a));
  }
}
