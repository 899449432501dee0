package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Checks the mapping file of calibrated frames and copies it into the repository. As an input of
 * every task that opens such frames its content enters their input hashes.
 */
public final class IngestMappingTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "ingestMapping";

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "ingest",
        1,
        "{}",
        List.of(TaskSpec.InputRule.required(IngestTask.FILE)),
        List.of(DatasetTypes.MAPPING));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    DatasetRef input = quantum.ref(IngestTask.FILE, DatasetTypes.INPUT_FILE.name());
    Path file = context.reader().path(input);
    CalibratedFrameMapping.read(file);
    byte[] bytes = Files.readAllBytes(file);
    context.stageFile(
        DatasetTypes.MAPPING,
        DataId.of("name", "calibrated"),
        target -> Files.write(target, bytes));
    return Outcome.done();
  }
}
