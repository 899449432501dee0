package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.DefectList;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.image.Box;
import org.starbeam.schema.AmplifierRow;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.DefectRow;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Writes what is certified of a detector as rows for users: {@code amplifier} of its photon
 * transfer curve, {@code defect} of its defects (specs/01 section 5.10). The data id has the type
 * of the product as {@code name}.
 */
public final class CalibTablesTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "calibTables";

  /** Types of products that have a table. */
  static final List<String> TYPES = List.of(CalibFrames.PTC, CalibFrames.DEFECTS);

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "calibs",
        1,
        "{}",
        List.of(TaskSpec.InputRule.required(CertifyTask.PRODUCT)),
        List.of(DatasetTypes.AMPLIFIER, DatasetTypes.DEFECT));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    String type = quantum.dataId().get("name");
    DatasetRef ref = quantum.ref(CertifyTask.PRODUCT, type);
    DataId id = CalibProduct.dataId(quantum);
    if (type.equals(CalibFrames.PTC)) {
      context.stageTable(
          DatasetTypes.AMPLIFIER,
          id,
          AmplifierRow.class,
          amplifiers(context.reader().json(ref, PhotonTransfer.class)),
          List.of());
    } else {
      DefectList defects = context.reader().cached(ref, DefectList.class, DefectList::read);
      context.stageTable(
          DatasetTypes.DEFECT,
          id,
          DefectRow.class,
          defects(id.getInt("detector"), defects),
          List.of());
    }
    return Outcome.done();
  }

  private static List<AmplifierRow> amplifiers(PhotonTransfer ptc) {
    boolean fitted = ptc.a().length > 0;
    List<AmplifierRow> rows = new ArrayList<>();
    for (PhotonTransfer.Amplifier a : ptc.amplifiers()) {
      rows.add(
          AmplifierRow.newBuilder()
              .setDetector(ptc.detector())
              .setAmplifier(a.name())
              .setGain(orNull(a.gain()))
              .setGainErr(orNull(a.gainErr()))
              .setReadNoise(orNull(a.readNoise()))
              .setReadNoiseErr(orNull(a.readNoiseErr()))
              .setNoiseFromFit(orNull(a.noiseFromFit()))
              .setTurnoff(orNull(a.turnoff()))
              .setA00(fitted ? orNull(ptc.a()[0][0]) : null)
              .setA00Err(fitted ? orNull(ptc.aError()[0][0]) : null)
              .setPairs((int) a.pairs().stream().filter(PhotonTransfer.Point::used).count())
              .build());
    }
    return rows;
  }

  private static @Nullable Double orNull(double value) {
    return Double.isNaN(value) ? null : value;
  }

  private static List<DefectRow> defects(int detector, DefectList defects) {
    List<DefectRow> rows = new ArrayList<>();
    for (DefectList.Defect d : defects.defects()) {
      Box box = d.box();
      rows.add(new DefectRow(detector, box.x0(), box.y0(), box.width(), box.height(), d.source()));
    }
    return rows;
  }
}
