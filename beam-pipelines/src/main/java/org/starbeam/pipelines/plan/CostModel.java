package org.starbeam.pipelines.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * What a quantum costs, by task: CPU seconds {@code a + b n}, bytes of memory {@code c + d n},
 * bytes written by retention class {@code e + f n}. The number n is the task's {@link Driver}.
 *
 * @param made where the numbers are from
 * @param tasks by name of the stage
 * @param binsPerPatch bins of a patch that hold a parent object, on average
 */
public record CostModel(String made, Map<String, TaskCost> tasks, double binsPerPatch) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String SHIPPED = "/costs.json";

  /** A straight line. */
  public record Line(double constant, double perN) {
    static final Line ZERO = new Line(0, 0);

    double at(double n) {
      return constant + perN * n;
    }
  }

  /**
   * Cost of a task's quanta.
   *
   * @param driver what n counts
   * @param quanta number of quanta that the numbers are from
   * @param workShare share of the task's quanta that found something to do; the others cost nothing
   * @param largestN largest n among them; beyond it the line is an extrapolation
   * @param cpuSeconds median CPU time
   * @param sigma scatter of the logarithm of the CPU time about the line
   * @param memoryBytes largest live memory
   * @param writtenBytes by retention class
   */
  public record TaskCost(
      Driver driver,
      long quanta,
      double workShare,
      int largestN,
      Line cpuSeconds,
      double sigma,
      Line memoryBytes,
      Map<String, Line> writtenBytes) {
    public TaskCost {
      writtenBytes = Map.copyOf(writtenBytes);
    }
  }

  /** What drives the cost of a quantum. */
  public enum Driver {
    /** Nothing: n is 1. */
    ONE,
    /** Thousands of pixels of the detector. */
    KILOPIXELS,
    /** Thousands of bytes of the file. */
    KILOBYTES,
    /** Thousands of pixels of all frames that are combined. */
    KILOPIXELS_OF_FRAMES,
    /** Detectors of visits that are gathered. */
    DETECTORS,
    /** Datasets that are gathered. */
    INPUTS,
    /** Blocks of cells of the patch. */
    BLOCKS,
    /** Bands of the patch or of the place. */
    BANDS,
    /** Patches of the tract. */
    PATCHES
  }

  private static final TaskCost NOTHING =
      new TaskCost(Driver.ONE, 0, 1, 0, Line.ZERO, 0.5, Line.ZERO, Map.of());

  public CostModel {
    tasks = new TreeMap<>(tasks);
  }

  /** What n is for the quanta of a stage. */
  public static Driver driver(String task) {
    return switch (task) {
      case "ingest", "ingestRefcat" -> Driver.KILOBYTES;
      case "combineBias",
          "combineDark",
          "combineFlat",
          "combineFringe",
          "fitCrosstalk",
          "fitCti",
          "flatLevels",
          "measureFlatPairs" ->
          Driver.KILOPIXELS_OF_FRAMES;
      case "findDefects",
          "calibVerify",
          "singleFrame",
          "finalVisit",
          "diffim",
          "forcedOnObjects",
          "forcedOnDiaObjects" ->
          Driver.KILOPIXELS;
      case "visitSummary",
          "isolatedStars",
          "photometricSolve",
          "astrometricSolve",
          "starMotion",
          "visitTables",
          "selectVisits",
          "cellCoadd",
          "associateDia",
          "diaObjects",
          "metrics",
          "tractMetrics" ->
          Driver.DETECTORS;
      case "deepCoadd", "templateCoadd" -> Driver.BLOCKS;
      case "detectObjects", "measureObjects", "hipsRaster" -> Driver.BANDS;
      case "objectTable" -> Driver.PATCHES;
      case "releaseTables",
          "runMetrics",
          "hipsBlock",
          "hipsStretch",
          "hipsMerge5",
          "hipsMerge2",
          "hipsMerge0",
          "hips" ->
          Driver.INPUTS;
      default -> Driver.ONE;
    };
  }

  /** Cost of a task; nothing where no quantum of it was ever measured. */
  public TaskCost of(String task) {
    return tasks.getOrDefault(task, NOTHING);
  }

  /** The model that is shipped, from measured quanta. */
  public static CostModel shipped() {
    try (InputStream in = CostModel.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException("resource " + SHIPPED + " is not in the jar");
      }
      return JSON.readValue(in, CostModel.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a model that {@code report --fit-costs} wrote. */
  public static CostModel read(Path file) {
    try {
      return JSON.readValue(Files.readString(file), CostModel.class);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.USAGE,
          file + " is no cost model: " + e.getMessage(),
          "starbeam report --fit-costs RUN");
    }
  }

  /** The model as JSON. */
  public String json() {
    try {
      return JSON.writeValueAsString(JSON.valueToTree(this));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
