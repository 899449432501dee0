package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.List;
import org.starbeam.calibration.CertificationIndex;
import org.starbeam.camera.Camera;
import org.starbeam.schema.Certification;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * What the quanta that make a calibration have in common. Their data id is that of the dataset and,
 * as {@code name}, its type.
 */
final class CalibProduct {
  private CalibProduct() {}

  /** The camera, which is an input of every such quantum. */
  static Camera camera(Quantum quantum, QuantumContext context) throws IOException {
    Camera camera = IsrRunner.camera(quantum, context);
    if (camera == null) {
      throw new IllegalStateException(quantum.dataId() + " has no camera");
    }
    return camera;
  }

  /** Data id of the dataset. */
  static DataId dataId(Quantum quantum) {
    return quantum.dataId().only("instrument", "detector", "physical_filter");
  }

  /** Valid from the beginning of the night of the first of the raw exposures on. */
  static Certification validity(Quantum quantum, Camera camera, List<QuantumResult> raws) {
    DataId id = quantum.dataId();
    double rollover = camera.dayObsOffsetHours() / 24;
    double first =
        raws.stream()
            .mapToDouble(r -> IsrInputs.info(r).getBeginTaiMjd())
            .min()
            .orElseThrow(() -> new IllegalStateException(id + " has no inputs"));
    return Certification.newBuilder()
        .setDatasetType(id.get("name"))
        .setDetector(id.getInt("detector"))
        .setPhysicalFilter(id.has("physical_filter") ? id.get("physical_filter") : null)
        .setValidBeginTaiMjd(Math.floor(first - rollover) + rollover)
        .setValidEndTaiMjd(CertificationIndex.OPEN_END)
        .build();
  }

  /** Valid as long as the product of a role. */
  static Certification validityOf(Quantum quantum, String role) {
    if (quantum.results(role).get(0).getPayload() instanceof Certification c) {
      return Certification.newBuilder(c).setDatasetType(quantum.dataId().get("name")).build();
    }
    throw new IllegalStateException(quantum.dataId() + ": " + role + " without validity");
  }
}
