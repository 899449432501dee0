package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RecordCoder;

/** Where a graph begins: results of no task that name files of the user or of other runs. */
public final class QuantumSources {
  private static final int NAME_LENGTH = 60;

  private QuantumSources() {}

  /** A collection of given results. */
  public static PCollection<QuantumResult> of(
      Pipeline pipeline, String name, List<QuantumResult> results) {
    return pipeline.apply(name, Create.of(results).withCoder(RecordCoder.of(QuantumResult.class)));
  }

  /**
   * A file of the input directory as a result with one {@code input_file} dataset. Its data id is a
   * name made from its path below the directory. The content is stood for by size and time of last
   * change, because the task that reads the file finds its real hash.
   */
  public static QuantumResult inputFile(Path directory, Path file) throws IOException {
    String relative = directory.relativize(file).toString().replace('\\', '/');
    DataId id = DataId.of("name", name(relative));
    String stamp = Files.size(file) + "|" + Files.getLastModifiedTime(file).toMillis();
    DatasetRef ref =
        new DatasetRef(
            DatasetTypes.INPUT_FILE.name(),
            id.toString(),
            "",
            file.toAbsolutePath().normalize().toString(),
            ContentHash.ofText(relative + "|" + stamp),
            Files.size(file));
    return of("input", id, List.of(ref));
  }

  /** A result of something outside the graph. */
  public static QuantumResult of(String task, DataId id, List<DatasetRef> outputs) {
    return QuantumResult.newBuilder()
        .setTask(task)
        .setQuantumId(InputHash.quantumId(task, id))
        .setDataId(id.toString())
        .setWindow("all")
        .setEventTimeMs(0)
        .setStatus(QuantumStatus.DONE)
        .setOutputs(outputs)
        .build();
  }

  /** The readable end of a path and a few digits that tell it from all others. */
  private static String name(String relative) {
    String readable = relative.replaceAll("[^A-Za-z0-9_.+-]", "_").replaceAll("\\.{2,}", "_");
    String end = readable.substring(Math.max(0, readable.length() - NAME_LENGTH));
    return end + "-" + ContentHash.ofText(relative).substring(0, 8);
  }
}
