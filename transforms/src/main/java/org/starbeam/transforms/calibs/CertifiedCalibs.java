package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.QuantumSources;

/**
 * Calibrations of a collection in the form in which the graph makes them, and back: a result with
 * the dataset and its Certification.
 */
public final class CertifiedCalibs {
  private static final String TASK = "calibCollection";

  private CertifiedCalibs() {}

  /** The entries of a collection as results for the side input of {@link IsrInputs}. */
  public static List<QuantumResult> results(CalibrationCollection collection) throws IOException {
    List<QuantumResult> out = new ArrayList<>();
    for (CalibrationCollection.Entry entry : collection.entries()) {
      DatasetRef ref = entry.dataset();
      DataId id = DataId.parse(ref.getDataId());
      if (id.has("detector")) {
        QuantumResult result =
            QuantumSources.of(TASK, id.with("name", ref.getDatasetType()), List.of(ref));
        result.setQuantumId(ContentHash.ofText(entry.text()).substring(0, 32));
        result.setPayload(
            Certification.newBuilder()
                .setDatasetType(ref.getDatasetType())
                .setDetector(id.getInt("detector"))
                .setPhysicalFilter(id.has("physical_filter") ? id.get("physical_filter") : null)
                .setValidBeginTaiMjd(entry.begin())
                .setValidEndTaiMjd(entry.end())
                .build());
        out.add(result);
      }
    }
    return out;
  }

  /** The products that a run certified in its graph: those of its last firing that ended well. */
  public static List<CalibrationCollection.Entry> entries(List<QuantumRecord> quanta) {
    List<CalibrationCollection.Entry> out = new ArrayList<>();
    for (QuantumRecord record : quanta) {
      boolean good =
          record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED;
      if (record.getTask().equals(CertifyTask.NAME)
          && good
          && record.getPayload() instanceof Certification c) {
        for (DatasetRef ref : record.getOutputs()) {
          out.add(
              new CalibrationCollection.Entry(ref, c.getValidBeginTaiMjd(), c.getValidEndTaiMjd()));
        }
      }
    }
    return out;
  }
}
