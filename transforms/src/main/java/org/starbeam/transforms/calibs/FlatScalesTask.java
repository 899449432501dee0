package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.calibration.FlatScaler;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.calibs.FlatLevelsTask.Level;
import org.starbeam.transforms.calibs.FlatLevelsTask.Levels;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Separates the lamp's brightness of each flat exposure of a filter from the detectors' response
 * over the focal plane; flats are divided by the former only.
 */
public final class FlatScalesTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "flatScales";

  /** Role of the levels. */
  static final String LEVELS = "levels";

  /**
   * Scales of a filter.
   *
   * @param exposures electrons by exposure id
   * @param detectors relative response by detector id, mean 1
   */
  public record Scales(Map<String, Double> exposures, Map<String, Double> detectors) {
    double of(long exposure) {
      Double scale = exposures.get(Long.toString(exposure));
      if (scale == null || !(scale > 0)) {
        throw new AlgorithmException(
            "NO_FLAT_SCALE", "flat exposure " + exposure + " has no scale: " + exposures.keySet());
      }
      return scale;
    }
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        1,
        "{}",
        List.of(TaskSpec.InputRule.gather(LEVELS, 1)),
        List.of(DatasetTypes.FLAT_SCALES));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    List<Levels> all = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(LEVELS, DatasetTypes.FLAT_LEVELS.name())) {
      all.add(context.reader().json(ref, Levels.class));
    }
    all.sort(Comparator.comparingInt(Levels::detector));
    TreeSet<Long> ids = new TreeSet<>();
    all.forEach(d -> d.levels().forEach(level -> ids.add(level.exposure())));
    List<Long> exposures = List.copyOf(ids);
    double[][] levels = new double[all.size()][exposures.size()];
    double[][] counts = new double[all.size()][exposures.size()];
    for (int d = 0; d < all.size(); d++) {
      for (Level level : all.get(d).levels()) {
        int e = exposures.indexOf(level.exposure());
        levels[d][e] = level.level();
        counts[d][e] = level.count();
      }
    }
    FlatScaler.Scales solved = FlatScaler.solve(levels, counts);
    Map<String, Double> byExposure = new TreeMap<>();
    for (int e = 0; e < exposures.size(); e++) {
      byExposure.put(Long.toString(exposures.get(e)), solved.exposure()[e]);
    }
    Map<String, Double> byDetector = new TreeMap<>();
    for (int d = 0; d < all.size(); d++) {
      byDetector.put(Integer.toString(all.get(d).detector()), solved.detector()[d]);
    }
    context.stageJson(
        DatasetTypes.FLAT_SCALES, quantum.dataId(), new Scales(byExposure, byDetector));
    return Outcome.done();
  }
}
