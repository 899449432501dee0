package org.starbeam.pipelines.mock;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;

/**
 * Size, cost and faults of a mock campaign. Visit v looks at field {@code v % fields} in band
 * {@code v / fields % bands}; field f is tract f; detector d falls on patch {@code d % patches}.
 *
 * @param visits number of visits
 * @param detectors detectors of each visit
 * @param fields fields of the sky, each one tract
 * @param patches patches of each tract
 * @param bands names of the bands
 * @param tasks run time and output of each task; a task that is not named takes no time
 * @param files true to write a file for each dataset; false to name and count it only
 * @param speed run times are divided by it
 * @param failures what goes wrong; nothing where a file names none
 * @param timeLimitSeconds run time after which a quantum is asked to stop, 3600
 * @param isolate when quanta run in a JVM of their own, AUTO
 */
public record MockPlan(
    int visits,
    int detectors,
    int fields,
    int patches,
    List<String> bands,
    Map<String, MockCost> tasks,
    boolean files,
    double speed,
    MockFailures failures,
    double timeLimitSeconds,
    Isolate isolate)
    implements Serializable {

  /**
   * What a quantum of a task takes.
   *
   * @param seconds run time, the median of all quanta of the task
   * @param bytes size of its dataset
   * @param sigma scatter of the logarithm of the run time; 0 for equal ones, as where a file names
   *     none
   */
  public record MockCost(double seconds, long bytes, double sigma) implements Serializable {
    public MockCost {
      sigma = Double.isNaN(sigma) ? 0 : sigma;
      if (!(seconds >= 0 && bytes >= 0 && sigma >= 0)) {
        throw new IllegalArgumentException(
            "seconds, bytes and sigma of a task must not be negative");
      }
    }
  }

  /**
   * Faults of a mock campaign.
   *
   * @param seed says which quanta fail
   * @param rate share of the quanta that fail
   * @param weights how often each kind occurs, relative to the others
   */
  public record MockFailures(long seed, double rate, Map<MockFault, Double> weights)
      implements Serializable {
    public MockFailures {
      weights = Map.copyOf(weights);
    }
  }

  private static final MockFailures NO_FAILURES =
      new MockFailures(1, 0, Map.of(MockFault.EXCEPTION, 1.0));
  private static final double TIME_LIMIT = 3600;

  public MockPlan {
    bands = List.copyOf(Objects.requireNonNullElse(bands, List.of()));
    tasks = Map.copyOf(Objects.requireNonNullElse(tasks, Map.of()));
    failures = Objects.requireNonNullElse(failures, NO_FAILURES);
    timeLimitSeconds = timeLimitSeconds > 0 ? timeLimitSeconds : TIME_LIMIT;
    isolate = Objects.requireNonNullElse(isolate, Isolate.AUTO);
    boolean sound =
        visits > 0 && detectors > 0 && fields > 0 && patches > 0 && !bands.isEmpty() && speed > 0;
    if (!sound) {
      throw new IllegalArgumentException(
          "visits, detectors, fields, patches, bands and speed must be positive");
    }
  }

  /** A plan of a size, without costs, files and faults. */
  public static MockPlan of(int visits, int detectors, int fields, int patches) {
    return new MockPlan(
        visits,
        detectors,
        fields,
        patches,
        List.of("g", "r", "i"),
        Map.of(),
        false,
        1,
        NO_FAILURES,
        TIME_LIMIT,
        Isolate.AUTO);
  }

  /** With other faults. */
  public MockPlan failing(long seed, double rate, Map<MockFault, Double> weights) {
    return new MockPlan(
        visits,
        detectors,
        fields,
        patches,
        bands,
        tasks,
        files,
        speed,
        new MockFailures(seed, rate, weights),
        timeLimitSeconds,
        isolate);
  }

  /** With another time limit and rule of isolation. */
  public MockPlan limited(double seconds, Isolate when) {
    return new MockPlan(
        visits, detectors, fields, patches, bands, tasks, files, speed, failures, seconds, when);
  }

  /** With other speed and rate of failures where they are given. */
  public MockPlan with(@Nullable Double otherSpeed, @Nullable Double otherRate) {
    return new MockPlan(
        visits,
        detectors,
        fields,
        patches,
        bands,
        tasks,
        files,
        otherSpeed == null ? speed : otherSpeed,
        new MockFailures(
            failures.seed(), otherRate == null ? failures.rate() : otherRate, failures.weights()),
        timeLimitSeconds,
        isolate);
  }

  /**
   * Reads a mock file, JSON with the names of this record.
   *
   * @throws UserException when it is at fault
   */
  public static MockPlan read(Path file) {
    try {
      return CanonicalJson.read(Files.readString(file), MockPlan.class);
    } catch (JsonProcessingException e) {
      throw new UserException(
          ExitCode.USAGE,
          "%s:%d: %s"
              .formatted(
                  file,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "cannot read the mock file " + file + ": " + e);
    }
  }

  /** What a quantum of a task takes; nothing where the plan has no task of this name. */
  public MockCost cost(String task) {
    return tasks.getOrDefault(task, new MockCost(0, 0, 0));
  }

  /** Run time of a quantum; the same in every launch. */
  double seconds(String task, String dataId) {
    MockCost cost = cost(task);
    double seconds = cost.seconds() / speed;
    if (cost.sigma() == 0 || seconds == 0) {
      return seconds;
    }
    String hash = ContentHash.ofText("time\n" + task + "\n" + dataId);
    double gaussian =
        Math.sqrt(-2 * Math.log(1 - unit(hash, 0))) * Math.cos(2 * Math.PI * unit(hash, 12));
    return seconds * Math.exp(cost.sigma() * gaussian);
  }

  /** Number of quanta of every task, from the sizes alone. */
  public SortedMap<String, Long> counts() {
    long frames = (long) visits * detectors;
    long seen = Math.min(visits, fields);
    long covered = Math.min(patches, detectors);
    long fieldBands = Math.min(visits, (long) fields * bands.size());
    SortedMap<String, Long> counts = new TreeMap<>();
    for (String task : List.of("singleFrame", "finalVisit", "diffim", "forcedOnObjects")) {
      counts.put(task, frames);
    }
    for (String task : List.of("visitSummary", "astrometricSolve", "visitTables")) {
      counts.put(task, (long) visits);
    }
    counts.put("isolatedStars", seen);
    counts.put("selectVisits", fieldBands);
    counts.put("cellCoadd", fieldBands * covered);
    counts.put("detectObjects", seen * covered);
    counts.put("releaseTables", seen * covered);
    return counts;
  }

  int field(int visit) {
    return visit % fields;
  }

  int band(int visit) {
    return visit / fields % bands.size();
  }

  int patch(int detector) {
    return detector % patches;
  }

  /** What happens to a quantum, or null when all goes well. */
  public @Nullable MockFault fault(String task, String dataId) {
    String hash = ContentHash.ofText(failures.seed() + "\n" + task + "\n" + dataId);
    if (unit(hash, 0) >= failures.rate()) {
      return null;
    }
    double sum = failures.weights().values().stream().mapToDouble(Double::doubleValue).sum();
    double at = unit(hash, 12) * sum;
    for (MockFault fault : MockFault.values()) {
      at -= failures.weights().getOrDefault(fault, 0.0);
      if (at < 0) {
        return fault;
      }
    }
    return null;
  }

  private static double unit(String hash, int from) {
    return Long.parseLong(hash.substring(from, from + 12), 16) / (double) (1L << 48);
  }
}
