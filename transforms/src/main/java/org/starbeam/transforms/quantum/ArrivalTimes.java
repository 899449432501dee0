package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.log.ProcessMeters;

/**
 * How long after the arrival of a raw frame the first products of it are there. A frame arrived
 * when its file was put into its place; a file system that does not tell is asked for the last
 * change of the content.
 */
final class ArrivalTimes {
  private ArrivalTimes() {}

  /** What was made of these inputs is published. */
  static void published(Iterable<QuantumInput> inputs) {
    long nowMs = System.currentTimeMillis();
    for (QuantumInput input : inputs) {
      for (DatasetRef ref : input.getResult().getOutputs()) {
        if (ref.getDatasetType().equals(DatasetTypes.RAW.name())) {
          try {
            long seconds = Math.max(0, nowMs - arrival(Path.of(ref.getPath())).toMillis());
            ProcessMeters.ARRIVAL_TO_PUBLISH.seconds(seconds / 1000.0);
          } catch (IOException | InvalidPathException e) {
            return;
          }
        }
      }
    }
  }

  private static FileTime arrival(Path file) throws IOException {
    try {
      return (FileTime) Files.getAttribute(file, "unix:ctime");
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return Files.getLastModifiedTime(file);
    }
  }
}
