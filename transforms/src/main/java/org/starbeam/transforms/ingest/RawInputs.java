package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
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

  private static final List<String> ENDINGS =
      List.of(".fits", ".fit", ".fts", ".fits.fz", ".fits.gz", ".fit.gz");

  private RawInputs() {}

  /** All frames; {@code NO_INPUT} when the folder holds none. */
  public static List<InputFile> list(InputFolder input) throws IOException {
    if (!input.exists()) {
      throw new BadInputException("NO_INPUT", "input directory " + input + " does not exist");
    }
    List<InputFile> out = new ArrayList<>();
    for (String folder : List.of(RAW, CALIBRATED)) {
      input.files(folder).stream().filter(RawInputs::isFrame).forEach(out::add);
    }
    if (out.isEmpty()) {
      throw new BadInputException("NO_INPUT", input + ": no FITS file below raw/ or calibrated/");
    }
    return out;
  }

  /** The frames as the beginning of a graph. */
  public static PCollection<QuantumResult> read(Pipeline pipeline, InputFolder input)
      throws IOException {
    List<QuantumResult> frames = list(input).stream().map(QuantumSources::inputFile).toList();
    return QuantumSources.of(pipeline, "frames", frames);
  }

  private static boolean isFrame(InputFile file) {
    return isFrameName(file.relative());
  }

  /** True for the name of a FITS file. */
  static boolean isFrameName(String name) {
    return ENDINGS.stream().anyMatch(name.toLowerCase(Locale.ROOT)::endsWith);
  }
}
