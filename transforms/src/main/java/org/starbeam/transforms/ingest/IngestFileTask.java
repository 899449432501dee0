package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.CameraYaml;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Checks a file that describes the frames and copies it into the repository. As an input of every
 * task that opens such frames its content enters their input hashes.
 */
public final class IngestFileTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Name of the task of the camera file. */
  public static final String CAMERA = "ingestCamera";

  /** Name of the task of the mapping file of calibrated frames. */
  public static final String MAPPING = "ingestMapping";

  /** Reads a file, complains of what is wrong with it, and tells its data id. */
  @FunctionalInterface
  private interface Check extends Serializable {
    DataId of(Path file) throws IOException;
  }

  private final String name;
  private final DatasetType type;
  private final Check check;

  private IngestFileTask(String name, DatasetType type, Check check) {
    this.name = name;
    this.type = type;
    this.check = check;
  }

  static IngestFileTask camera() {
    return new IngestFileTask(
        CAMERA, DatasetTypes.CAMERA, file -> DataId.of("instrument", CameraYaml.read(file).name()));
  }

  static IngestFileTask mapping() {
    return new IngestFileTask(
        MAPPING,
        DatasetTypes.MAPPING,
        file -> {
          CalibratedFrameMapping.read(file);
          return DataId.of("name", "calibrated");
        });
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        name,
        "ingest",
        1,
        "{}",
        List.of(TaskSpec.InputRule.required(IngestTask.FILE)),
        List.of(type));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Path file = context.reader().path(quantum.ref(IngestTask.FILE, DatasetTypes.INPUT_FILE.name()));
    DataId id = check.of(file);
    byte[] bytes = Files.readAllBytes(file);
    context.stageFile(type, id, target -> Files.write(target, bytes));
    return Outcome.done();
  }
}
