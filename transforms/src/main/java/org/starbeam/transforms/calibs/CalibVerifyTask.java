package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CalibrationCheck;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.MasterVerifier;
import org.starbeam.camera.Detector;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.schema.CalibVerifyRow;
import org.starbeam.schema.ObservationInfo;
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
 * Verifies a bias, dark, flat or photon transfer curve of a detector: rows {@code calib_verify}.
 * The masters are tried on the earliest of the exposures that went into them, the product in the
 * role of its type and in {@code product}. What the rows mean for the product is for {@link
 * CertifyTask} to say.
 */
public final class CalibVerifyTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "calibVerify";

  /** Types that are verified before they are certified. */
  static final List<String> TYPES =
      List.of(CalibFrames.BIAS, CalibFrames.DARK, CalibFrames.FLAT, CalibFrames.PTC);

  /**
   * @param isr reduction of the exposures; bias, dark and flat are switched by the type of product
   * @param limits of the statistics
   * @param maxExposures on which a master is tried, 9
   */
  public record Config(IsrTask.Config isr, MasterVerifier.Config limits, int maxExposures)
      implements Serializable {
    public static Config defaults() {
      return new Config(IsrTask.Config.defaults(), MasterVerifier.Config.defaults(), 9);
    }
  }

  private final Config config;

  public CalibVerifyTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    List<TaskSpec.InputRule> rules = new ArrayList<>();
    rules.add(TaskSpec.InputRule.required(CertifyTask.PRODUCT));
    rules.add(TaskSpec.InputRule.required(CalibFrames.CAMERA));
    IsrInputs.CALIBRATIONS.forEach(role -> rules.add(TaskSpec.InputRule.optional(role)));
    rules.add(TaskSpec.InputRule.optional(CalibFrames.RAW));
    return new TaskSpec(
        NAME, "calibs", 1, Configs.json(config), rules, List.of(DatasetTypes.CALIB_VERIFY));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Detector nominal =
        CalibProduct.camera(quantum, context).detector(quantum.dataId().getInt("detector"));
    IsrCalibrations calibrations = IsrRunner.calibrations(quantum, context);
    Detector inUse = new IsrTask(config.isr()).withGains(nominal, calibrations.ptc());
    MasterVerifier verifier = new MasterVerifier(config.limits(), inUse);
    List<CalibrationCheck> checks = checks(quantum, context, nominal, verifier, calibrations);
    List<CalibrationCheck> condemning = verifier.condemning(checks);
    List<CalibVerifyRow> rows = new ArrayList<>();
    checks.forEach(check -> rows.add(row(quantum.dataId(), check)));
    rows.add(row(quantum.dataId(), passed(condemning)));
    context.metric("failed", condemning.size());
    context.stageTable(
        DatasetTypes.CALIB_VERIFY, quantum.dataId(), CalibVerifyRow.class, rows, List.of());
    return Outcome.done();
  }

  /** The verdict. */
  static final String CERTIFIABLE = "CERTIFIABLE";

  private static CalibrationCheck passed(List<CalibrationCheck> condemning) {
    return new CalibrationCheck(
        null,
        CERTIFIABLE,
        condemning.isEmpty() ? 1 : 0,
        1,
        1,
        1,
        CalibrationCheck.Severity.FAIL,
        condemning.size());
  }

  private List<CalibrationCheck> checks(
      Quantum quantum,
      QuantumContext context,
      Detector nominal,
      MasterVerifier verifier,
      IsrCalibrations calibrations)
      throws IOException {
    String type = quantum.dataId().get("name");
    if (type.equals(CalibFrames.PTC)) {
      if (calibrations.ptc() == null) {
        throw new IllegalStateException(quantum.dataId() + " has no curve");
      }
      return verifier.ptc(calibrations.ptc(), nominal);
    }
    CalibrationFrame master = master(type, calibrations);
    int inputs = master.cards().get("CPPN") instanceof Number n ? n.intValue() : 1;
    List<MasterVerifier.Exposure> exposures =
        exposures(quantum, context, nominal, calibrations, inputs(master, inputs));
    boolean isMeasured = calibrations.ptc() != null;
    return switch (type) {
      case CalibFrames.BIAS -> verifier.bias(exposures, inputs, isMeasured);
      case CalibFrames.DARK -> verifier.dark(master, exposures, inputs, isMeasured);
      default -> verifier.flat(master, exposures, inputs, isMeasured);
    };
  }

  private static CalibrationFrame master(String type, IsrCalibrations calibrations) {
    CalibrationFrame master =
        switch (type) {
          case CalibFrames.BIAS -> calibrations.bias();
          case CalibFrames.DARK -> calibrations.dark();
          default -> calibrations.flat();
        };
    if (master == null) {
      throw new IllegalStateException("no " + type + " to verify");
    }
    return master;
  }

  /** Names of the exposures that went into a master. */
  private static Set<String> inputs(CalibrationFrame master, int n) {
    Set<String> out = new HashSet<>();
    for (int i = 0; i < n; i++) {
      out.add(String.valueOf(master.cards().get("CPPIN" + i)));
    }
    return out;
  }

  private List<MasterVerifier.Exposure> exposures(
      Quantum quantum,
      QuantumContext context,
      Detector detector,
      IsrCalibrations calibrations,
      Set<String> used)
      throws IOException {
    String type = quantum.dataId().get("name");
    boolean dark = !type.equals(CalibFrames.BIAS) && calibrations.dark() != null;
    IsrTask.Config applying = config.isr().applying(true, dark, type.equals(CalibFrames.FLAT));
    IsrTask isr =
        new IsrTask(type.equals(CalibFrames.FLAT) ? applying : applying.withoutBrighterFatter());
    List<MasterVerifier.Exposure> out = new ArrayList<>();
    for (QuantumResult raw : CalibFrames.inOrder(quantum.results(CalibFrames.RAW))) {
      ObservationInfo info = IsrInputs.info(raw);
      if (out.size() < config.maxExposures() && used.contains(MasterInputs.name(info))) {
        context.checkCancelled();
        out.add(
            new MasterVerifier.Exposure(
                MasterInputs.reduce(context, raw, detector, isr, calibrations),
                IsrRunner.darkTime(info)));
      }
    }
    return out;
  }

  private static CalibVerifyRow row(DataId id, CalibrationCheck check) {
    return CalibVerifyRow.newBuilder()
        .setProduct(id.get("name"))
        .setDetector(id.getInt("detector"))
        .setPhysicalFilter(id.has("physical_filter") ? id.get("physical_filter") : null)
        .setLevel(check.amplifier() == null ? "DETECTOR" : "AMP")
        .setAmplifier(check.amplifier())
        .setTest(check.test())
        .setValue(orNull(check.value()))
        .setReference(orNull(check.reference()))
        .setThresholdLow(orNull(check.low()))
        .setThresholdHigh(orNull(check.high()))
        .setPass(check.passes())
        .setSeverity(check.severity().name())
        .setN(check.n())
        .build();
  }

  private static @Nullable Double orNull(double value) {
    return Double.isNaN(value) ? null : value;
  }
}
