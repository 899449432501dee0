package org.starbeam.transforms.calibs;

import java.io.Serializable;
import java.util.List;
import org.starbeam.calibration.CertificationIndex;
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
 */
public final class CertifyTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "certify";

  /** Role of the product. */
  static final String PRODUCT = "product";

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
        1,
        Configs.json(new Config(daysBefore)),
        List.of(TaskSpec.InputRule.required(PRODUCT)),
        List.of(
            DatasetTypes.BIAS,
            DatasetTypes.DARK,
            DatasetTypes.FLAT,
            DatasetTypes.FRINGE,
            DatasetTypes.DEFECTS,
            DatasetTypes.PTC,
            DatasetTypes.LINEARIZER,
            DatasetTypes.BRIGHTER_FATTER));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) {
    String type = quantum.dataId().get("name");
    DatasetRef ref = quantum.ref(PRODUCT, type);
    QuantumResult product = quantum.results(PRODUCT).get(0);
    if (!(product.getPayload() instanceof Certification draft)) {
      throw new IllegalStateException(product.getDataId() + " carries no validity");
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
}
