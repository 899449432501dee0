package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.quantum.QuantumSources;

/**
 * Calibrations of a collection in the form in which the graph makes them, and back: a result with
 * the dataset and its Certification.
 */
public final class CertifiedCalibs {
  private static final String TASK = "calibCollection";

  private CertifiedCalibs() {}

  /** True when bias and flat of a raw frame are valid at its middle. */
  public static boolean cover(List<CalibrationCollection.Entry> entries, ObservationInfo info) {
    return info.getObservationType().equals(SkyExposures.CALIBRATED)
        || (isValid(entries, IsrInputs.BIAS, CalibIds.detector(info), info.getMidTaiMjd())
            && isValid(
                entries, IsrInputs.FLAT, CalibIds.detectorAndFilter(info), info.getMidTaiMjd()));
  }

  private static boolean isValid(
      List<CalibrationCollection.Entry> entries, String type, DataId id, double mjd) {
    return entries.stream().anyMatch(e -> e.isValid(type, id, mjd));
  }

  /**
   * The entries of a collection as results for the side input of {@link IsrInputs}.
   *
   * @param without data ids of masters, with the type as {@code name}, that come from elsewhere
   */
  public static List<QuantumResult> results(CalibrationCollection collection, Set<String> without)
      throws IOException {
    List<QuantumResult> out = new ArrayList<>();
    for (CalibrationCollection.Entry entry : collection.entries()) {
      DatasetRef ref = entry.dataset();
      DataId id = DataId.parse(ref.getDataId());
      DataId named = id.with("name", ref.getDatasetType());
      if (id.has("detector") && !without.contains(named.toString())) {
        QuantumResult result = QuantumSources.of(TASK, named, List.of(ref));
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

  /** True for a result of {@link #results}. */
  static boolean isCertified(QuantumResult result) {
    return result.getTask().equals(TASK);
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
