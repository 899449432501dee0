package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import org.starbeam.calibration.CertificationIndex;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.schema.CalibVerifyRow;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Certifies one calibration product of a detector: its validity runs from the beginning of the
 * night of its first input and is open-ended, so that masters of one night serve all later ones; a
 * later product closes it at its own begin. The data id carries the product's type as {@code name}.
 * A product whose verification failed is refused ({@code CALIB_REFUSED}), as is one that could not
 * be verified.
 */
public final class CertifyTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "certify";

  /** Role of the product. */
  static final String PRODUCT = "product";

  /** Role of what the verification of the product found. */
  static final String VERIFIED = "verified";

  /**
   * @param daysBefore how long before the night of its first input a product may be used, days; 0
   */
  public record Config(double daysBefore) implements Serializable {
    public static Config defaults() {
      return new Config(0);
    }
  }

  private final double daysBefore;

  public CertifyTask(Config config) {
    this.daysBefore = config.daysBefore();
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        2,
        Configs.json(new Config(daysBefore)),
        List.of(TaskSpec.InputRule.required(PRODUCT), TaskSpec.InputRule.optional(VERIFIED)),
        List.of(
            DatasetTypes.BIAS,
            DatasetTypes.DARK,
            DatasetTypes.FLAT,
            DatasetTypes.FRINGE,
            DatasetTypes.DEFECTS,
            DatasetTypes.PTC,
            DatasetTypes.LINEARIZER,
            DatasetTypes.BRIGHTER_FATTER,
            DatasetTypes.CTI,
            DatasetTypes.CROSSTALK));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    String type = quantum.dataId().get("name");
    DatasetRef ref = quantum.ref(PRODUCT, type);
    QuantumResult product = quantum.results(PRODUCT).get(0);
    if (!(product.getPayload() instanceof Certification draft)) {
      throw new IllegalStateException(product.getDataId() + " carries no validity");
    }
    if (CalibVerifyTask.TYPES.contains(type)) {
      requireGood(quantum, context);
    }
    context.stageExisting(ref);
    DataId id = quantum.dataId();
    return Outcome.done(
        Certification.newBuilder()
            .setDatasetType(type)
            .setDetector(id.getInt("detector"))
            .setPhysicalFilter(id.has("physical_filter") ? id.get("physical_filter") : null)
            .setValidBeginTaiMjd(draft.getValidBeginTaiMjd() - daysBefore)
            .setValidEndTaiMjd(CertificationIndex.OPEN_END)
            .build());
  }

  private static void requireGood(Quantum quantum, QuantumContext context) throws IOException {
    List<DatasetRef> refs = quantum.refs(VERIFIED, DatasetTypes.CALIB_VERIFY.name());
    if (refs.isEmpty()) {
      throw new AlgorithmException(
          "CALIB_REFUSED", quantum.dataId() + " was not verified; see calibVerify");
    }
    List<CalibVerifyRow> rows = context.reader().table(refs.get(0), CalibVerifyRow.class);
    boolean isGood =
        rows.stream()
            .anyMatch(
                r ->
                    r.getTest().equals(CalibVerifyTask.CERTIFIABLE)
                        && Boolean.TRUE.equals(r.getPass()));
    if (!isGood) {
      throw new AlgorithmException(
          "CALIB_REFUSED",
          quantum.dataId()
              + " fails its verification: "
              + rows.stream()
                  .filter(r -> r.getSeverity().equals("FAIL") && Boolean.FALSE.equals(r.getPass()))
                  .filter(r -> !r.getTest().equals(CalibVerifyTask.CERTIFIABLE))
                  .limit(5)
                  .map(CertifyTask::told)
                  .collect(Collectors.joining("; ")));
    }
  }

  private static String told(CalibVerifyRow row) {
    String of = row.getAmplifier() == null ? "" : " of " + row.getAmplifier();
    return "%s%s is %.4g, good from %s to %s"
        .formatted(
            row.getTest(), of, row.getValue(), row.getThresholdLow(), row.getThresholdHigh());
  }
}
