package org.starbeam.pipelines.plan;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.plan.CostModel.Driver;
import org.starbeam.pipelines.plan.CostModel.Line;
import org.starbeam.pipelines.plan.CostModel.TaskCost;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.Ledger;
import org.starbeam.transforms.step7.HipsMergeTask;

/**
 * Fits a {@link CostModel} to the quanta that runs have executed, as RTN-109 does: the quanta of a
 * task are cut into bins of equal number along n, and a straight line goes through the medians of
 * the bins by least squares with neither coefficient below zero. Where all quanta have the same n
 * the cost is taken as proportional to it.
 */
public final class CostFit {
  private static final int BINS = 12;

  /** A quantum as it was measured. */
  private record Sample(
      double n, double cpuSeconds, double peakBytes, Map<String, Double> writtenBytes) {}

  private final Map<String, List<Sample>> samples = new TreeMap<>();
  private final Map<String, Set<String>> seen = new HashMap<>();
  private final Map<String, String> retention = new HashMap<>();
  private double kilopixels;

  /** A fit without samples. */
  public CostFit() {
    for (DatasetType type : DatasetTypes.ALL) {
      retention.put(type.name(), type.retention().name().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * Adds the executed quanta of a run.
   *
   * @throws UserException when its ledger cannot be read
   */
  public CostFit add(Path repository, String run) {
    List<QuantumRecord> done = new ArrayList<>();
    try {
      Ledger.read(
          RepositoryPaths.ledger(repository, run),
          record -> {
            String task = stage(record.getTask(), DataId.parse(record.getDataId()));
            if (record.getStatus() == QuantumStatus.DONE
                || record.getStatus() == QuantumStatus.NO_WORK) {
              seen.computeIfAbsent(task, t -> new HashSet<>()).add(run + record.getQuantumId());
            }
            if (record.getStatus() == QuantumStatus.DONE) {
              if (record.getPayload() instanceof ExposureSummary summary) {
                kilopixels = summary.getWidth() * (double) summary.getHeight() / 1000;
              }
              done.add(record);
            }
          });
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read the ledger of run " + run + ": " + e.getMessage());
    }
    done.forEach(record -> add(run, record));
    return this;
  }

  private void add(String run, QuantumRecord record) {
    DataId id = DataId.parse(record.getDataId());
    String task = stage(record.getTask(), id);
    Map<String, Double> written = new HashMap<>();
    Set<String> read = new HashSet<>();
    record.getInputs().forEach(input -> read.add(input.getPath()));
    for (DatasetRef output : record.getOutputs()) {
      if (output.getRun().equals(run) && !read.contains(output.getPath())) {
        written.merge(
            retention.getOrDefault(output.getDatasetType(), "product"),
            (double) output.getBytes(),
            Double::sum);
      }
    }
    samples
        .computeIfAbsent(task, t -> new ArrayList<>())
        .add(
            new Sample(
                n(CostModel.driver(task), record),
                record.getCpuSeconds(),
                record.getPeakBytes(),
                written));
  }

  /** The stage of a task that the graph runs several times. */
  public static String stage(String task, DataId id) {
    if (task.equals("combineFrames")) {
      String type = id.get("name");
      return "combine" + Character.toUpperCase(type.charAt(0)) + type.substring(1);
    }
    if (task.equals(HipsMergeTask.NAME)) {
      return task + (id.has("healpix5") ? 5 : id.has("healpix2") ? 2 : 0);
    }
    return task;
  }

  private double n(Driver driver, QuantumRecord record) {
    return switch (driver) {
      case ONE -> 1;
      case KILOPIXELS -> kilopixels;
      case KILOBYTES ->
          record.getInputs().stream()
                  .filter(i -> i.getDatasetType().equals(DatasetTypes.INPUT_FILE.name()))
                  .mapToLong(DatasetRef::getBytes)
                  .sum()
              / 1000.0;
      case KILOPIXELS_OF_FRAMES -> kilopixels * distinct(record, "exposure");
      case DETECTORS -> distinct(record, "detector");
      case INPUTS -> record.getInputs().size();
      case BLOCKS -> distinct(record, "block");
      case BANDS -> distinct(record, "band");
      case PATCHES -> distinct(record, "patch");
    };
  }

  /** Data ids of the inputs that have a dimension, each counted once. */
  private static int distinct(QuantumRecord record, String dimension) {
    Set<String> found = new HashSet<>();
    for (DatasetRef input : record.getInputs()) {
      DataId id = DataId.parse(input.getDataId());
      boolean counts = id.has(dimension);
      if (dimension.equals("detector")) {
        counts &= id.has("visit");
      }
      if (counts) {
        found.add(
            switch (dimension) {
              case "detector" -> id.get("visit") + "/" + id.get(dimension);
              case "patch" -> id.get("tract") + "/" + id.get(dimension);
              default -> id.get(dimension);
            });
      }
    }
    return Math.max(1, found.size());
  }

  /**
   * The model.
   *
   * @param made what the samples are, for the file
   * @throws UserException when no quantum was executed
   */
  public CostModel fit(String made) {
    if (samples.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS, "no quantum was executed in this run, so there is nothing to fit");
    }
    Map<String, TaskCost> tasks = new TreeMap<>();
    samples.forEach((task, of) -> tasks.put(task, cost(task, of)));
    double patches = Math.max(1, count("detectObjects"));
    return new CostModel(made, tasks, Math.max(0.01, count("measureObjects") / patches));
  }

  /** Quanta that ended well, those without work among them. */
  private int count(String task) {
    return seen.getOrDefault(task, Set.of()).size();
  }

  private TaskCost cost(String task, List<Sample> of) {
    Line cpu = line(of, Sample::cpuSeconds);
    Set<String> classes = new HashSet<>();
    of.forEach(s -> classes.addAll(s.writtenBytes().keySet()));
    Map<String, Line> written = new TreeMap<>();
    for (String name : classes) {
      written.put(name, line(of, s -> s.writtenBytes().getOrDefault(name, 0.0)));
    }
    return new TaskCost(
        CostModel.driver(task),
        of.size(),
        rounded(Math.min(1, of.size() / (double) count(task))),
        (int) of.stream().mapToDouble(Sample::n).max().orElse(0),
        cpu,
        scatter(of, cpu),
        line(of, Sample::peakBytes),
        written);
  }

  /** Half of the range that holds the middle 68 % of log(measured / line). */
  private static double scatter(List<Sample> of, Line line) {
    double[] ratios =
        of.stream()
            .mapToDouble(s -> Math.log(s.cpuSeconds() / line.at(s.n())))
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    return ratios.length < 5 ? 0.3 : rounded((at(ratios, 0.84) - at(ratios, 0.16)) / 2);
  }

  private static double at(double[] sorted, double fraction) {
    return sorted[(int) Math.min(sorted.length - 1, fraction * sorted.length)];
  }

  /** A line through the medians of bins, neither coefficient negative. */
  static Line line(double[] n, double[] values) {
    List<Sample> of = new ArrayList<>();
    for (int i = 0; i < n.length; i++) {
      of.add(new Sample(n[i], values[i], 0, Map.of()));
    }
    return line(of, Sample::cpuSeconds);
  }

  private static Line line(List<Sample> of, ToDoubleFunction<Sample> value) {
    List<Sample> sorted = of.stream().sorted(Comparator.comparingDouble(Sample::n)).toList();
    int bins = Math.min(BINS, sorted.size());
    double[] x = new double[bins];
    double[] y = new double[bins];
    double[] w = new double[bins];
    for (int bin = 0; bin < bins; bin++) {
      List<Sample> part =
          sorted.subList(bin * sorted.size() / bins, (bin + 1) * sorted.size() / bins);
      x[bin] = ClippedStatistics.median(part.stream().mapToDouble(Sample::n).toArray());
      y[bin] = ClippedStatistics.median(part.stream().mapToDouble(value).toArray());
      w[bin] = part.size();
    }
    return through(x, y, w);
  }

  private static Line through(double[] x, double[] y, double[] w) {
    double sw = 0;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (int i = 0; i < x.length; i++) {
      sw += w[i];
      sx += w[i] * x[i];
      sy += w[i] * y[i];
      sxx += w[i] * x[i] * x[i];
      sxy += w[i] * x[i] * y[i];
    }
    double determinant = sw * sxx - sx * sx;
    double proportional = sxx == 0 ? 0 : sxy / sxx;
    if (determinant <= 1e-9 * sw * sxx) {
      return new Line(0, rounded(proportional));
    }
    double slope = (sw * sxy - sx * sy) / determinant;
    double constant = (sy - slope * sx) / sw;
    if (slope < 0) {
      return new Line(rounded(sy / sw), 0);
    }
    return constant < 0
        ? new Line(0, rounded(proportional))
        : new Line(rounded(constant), rounded(slope));
  }

  /** Four digits are more than a cost model knows. */
  private static double rounded(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return 0;
    }
    return new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }
}
