package org.starbeam.transforms.quantum;

import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.RecordCoder;

/** Where a graph begins: results of no task that name files of the user or of other runs. */
public final class QuantumSources {
  private QuantumSources() {}

  /** A collection of given results. */
  public static PCollection<QuantumResult> of(
      Pipeline pipeline, String name, List<QuantumResult> results) {
    return pipeline.apply(name, Create.of(results).withCoder(RecordCoder.of(QuantumResult.class)));
  }

  /** A file of the user as a result with one {@code input_file} dataset. */
  public static QuantumResult inputFile(InputFile file) {
    return of("input", file.id(), List.of(file.ref()));
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
}
