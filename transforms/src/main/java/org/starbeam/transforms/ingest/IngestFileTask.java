package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.Camera;
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

  /** Name of the task of the mapping file. */
  public static final String MAPPING = "ingestMapping";

  /** Reads a file, complains of what is wrong with it, and tells its data id. */
  @FunctionalInterface
  private interface Check extends Serializable {
    DataId of(Path file, QuantumContext context) throws IOException;
  }

  private final String name;
  private final int version;
  private final DatasetType type;
  private final Check check;

  private IngestFileTask(String name, int version, DatasetType type, Check check) {
    this.name = name;
    this.version = version;
    this.type = type;
    this.check = check;
  }

  /** The camera file; it also notes which calibrations the file gives nominal values for. */
  static IngestFileTask camera() {
    return new IngestFileTask(
        CAMERA,
        2,
        DatasetTypes.CAMERA,
        (file, context) -> {
          Camera camera = CameraYaml.read(file);
          Camera.Nominal nominal = camera.nominal();
          stageNominal(context, camera, DatasetTypes.BIAS, nominal.bias());
          stageNominal(context, camera, DatasetTypes.DARK, nominal.dark());
          stageNominal(context, camera, DatasetTypes.FLAT, nominal.flat());
          return DataId.of("instrument", camera.name());
        });
  }

  private static void stageNominal(
      QuantumContext context, Camera camera, DatasetType type, @Nullable Double value)
      throws IOException {
    if (value != null) {
      context.stageJson(
          DatasetTypes.NOMINAL_CALIB,
          DataId.of("instrument", camera.name(), "name", type.name()),
          Map.of("value", value));
    }
  }

  static IngestFileTask mapping() {
    return new IngestFileTask(
        MAPPING,
        1,
        DatasetTypes.MAPPING,
        (file, context) -> {
          CalibratedFrameMapping.read(file);
          return DataId.of("name", "calibrated");
        });
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        name,
        "ingest",
        version,
        "{}",
        List.of(TaskSpec.InputRule.required(IngestTask.FILE)),
        name.equals(CAMERA) ? List.of(type, DatasetTypes.NOMINAL_CALIB) : List.of(type));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Path file = context.reader().path(quantum.ref(IngestTask.FILE, DatasetTypes.INPUT_FILE.name()));
    DataId id = check.of(file, context);
    byte[] bytes = Files.readAllBytes(file);
    context.stageFile(type, id, target -> Files.write(target, bytes));
    return Outcome.done();
  }
}
