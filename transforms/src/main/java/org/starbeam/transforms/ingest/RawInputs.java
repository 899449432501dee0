package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.quantum.QuantumSources;

/**
 * The frames of an input directory: every FITS file (plain, gzipped, tile-compressed) below {@code
 * raw/} and {@code calibrated/}, in the order of their paths. Listing looks at names only.
 */
public final class RawInputs {
  /** Folder of raw frames. */
  public static final String RAW = "raw";

  /** Folder of frames that are already detrended. */
  public static final String CALIBRATED = "calibrated";

  private static final int DEPTH = 12;
  private static final List<String> ENDINGS =
      List.of(".fits", ".fit", ".fts", ".fits.fz", ".fits.gz", ".fit.gz");

  private RawInputs() {}

  /** All frames; {@code NO_INPUT} when the directory holds none. */
  public static List<QuantumResult> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new BadInputException("NO_INPUT", "input directory " + directory + " does not exist");
    }
    List<QuantumResult> out = new ArrayList<>();
    for (String folder : List.of(RAW, CALIBRATED)) {
      for (Path file : frames(directory.resolve(folder))) {
        out.add(QuantumSources.inputFile(directory, file));
      }
    }
    if (out.isEmpty()) {
      throw new BadInputException(
          "NO_INPUT", directory + ": no FITS file below raw/ or calibrated/");
    }
    return out;
  }

  /** The frames as the beginning of a graph. */
  public static PCollection<QuantumResult> read(Pipeline pipeline, Path directory)
      throws IOException {
    return QuantumSources.of(pipeline, "frames", list(directory));
  }

  private static List<Path> frames(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(RawInputs::isFrame).sorted().toList();
    }
  }

  private static boolean isFrame(Path file) {
    return isFrameName(file.getFileName().toString()) && Files.isRegularFile(file);
  }

  /** True for the name of a FITS file. */
  static boolean isFrameName(String name) {
    return ENDINGS.stream().anyMatch(name.toLowerCase(Locale.ROOT)::endsWith);
  }
}
