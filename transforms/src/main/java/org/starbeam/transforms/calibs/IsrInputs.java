package org.starbeam.transforms.calibs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.CertificationIndex;
import org.starbeam.calibration.CertificationIndex.Entry;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.IngestFileTask;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.quantum.QuantumResults;

/**
 * Chooses for one raw exposure what {@link IsrRunner} needs from the campaign-wide side results:
 * the camera and, by detector, filter and middle of the exposure, the certified bias, dark, flat,
 * fringe, defects, photon transfer curve, linearizer, brighter-fatter kernel, charge transfer and
 * crosstalk, in roles of these names.
 *
 * <p>Where the calibration that would fit has failed, its absence marker is added, so that the
 * quantum is blocked and names the cause. Where none was ever made: bias and flat are {@code
 * MISSING_CALIB}, unless the camera file gives nominal values for them; dark and defects are left
 * out and ISR goes on without (specs/01 section 3.1). Fringes are subtracted, measured gains used,
 * non-linearity, the brighter-fatter effect, deferred charge and crosstalk corrected where these
 * are certified; that they could not be made blocks nothing. Calibrated frames need nothing but the
 * camera and the mapping file, where there are such.
 */
public final class IsrInputs {
  public static final String RAW = "raw";
  public static final String CAMERA = "camera";
  public static final String MAPPING = "mapping";
  public static final String BIAS = "bias";
  public static final String DARK = "dark";
  public static final String FLAT = "flat";
  public static final String FRINGE = "fringe";
  public static final String DEFECTS = "defects";
  public static final String PTC = "ptc";
  public static final String LINEARIZER = "linearizer";
  public static final String BRIGHTER_FATTER = "brighter_fatter";
  public static final String CTI = "cti";
  public static final String CROSSTALK = "crosstalk";

  /** Types of calibration that a raw exposure may need; each is a role. */
  public static final List<String> CALIBRATIONS =
      List.of(BIAS, DARK, FLAT, FRINGE, DEFECTS, PTC, LINEARIZER, BRIGHTER_FATTER, CTI, CROSSTALK);

  /** Those that are used where they are certified, and whose failure blocks nothing. */
  private static final Set<String> EXTRA =
      Set.of(FRINGE, PTC, LINEARIZER, BRIGHTER_FATTER, CTI, CROSSTALK);

  private IsrInputs() {}

  /**
   * The inputs to add to a quantum of a raw exposure.
   *
   * @param raw result of ingest, with its payload
   * @param side all side results; others than camera and certifications are passed over
   */
  public static List<QuantumInput> select(QuantumResult raw, List<QuantumResult> side) {
    List<QuantumInput> out = new ArrayList<>();
    if (!QuantumResults.isPresent(raw)) {
      return out;
    }
    ObservationInfo info = info(raw);
    side.stream().filter(IsrInputs::isCamera).findFirst().ifPresent(r -> out.add(input(CAMERA, r)));
    if (info.getObservationType().equals(SkyExposures.CALIBRATED)) {
      side.stream()
          .filter(r -> r.getTask().equals(IngestFileTask.MAPPING))
          .forEach(r -> out.add(input(MAPPING, r)));
      return out;
    }
    CertificationIndex<QuantumResult> index = index(side, info.getInstrument());
    for (String type : CALIBRATIONS) {
      choose(type, info, index, side).ifPresent(r -> out.add(input(type, r)));
    }
    return out;
  }

  /** Metadata of a raw result. */
  public static ObservationInfo info(QuantumResult raw) {
    if (raw.getPayload() instanceof ObservationInfo info) {
      return info;
    }
    throw new IllegalStateException(
        raw.getTask() + "(" + raw.getDataId() + ") carries no ObservationInfo; route it with it");
  }

  private static Optional<QuantumResult> choose(
      String type,
      ObservationInfo info,
      CertificationIndex<QuantumResult> index,
      List<QuantumResult> side) {
    boolean ofFilter = type.equals(FLAT) || type.equals(FRINGE);
    String filter = ofFilter ? CalibIds.filter(info.getPhysicalFilter()) : null;
    Optional<QuantumResult> found =
        index.find(type, info.getDetector(), filter, info.getMidTaiMjd());
    if (found.isPresent() || EXTRA.contains(type)) {
      return found;
    }
    Optional<QuantumResult> failed =
        side.stream().filter(r -> isAbsent(r, type, info, filter)).findFirst();
    boolean needed = type.equals(BIAS) || type.equals(FLAT);
    if (failed.isEmpty() && needed && !isNominal(type, info, side)) {
      BadInputException missing =
          index.missing(type, info.getDetector(), filter, info.getMidTaiMjd());
      throw new BadInputException(
          missing.code(),
          missing.getMessage()
              + " For a camera without "
              + type
              + " frames camera.yaml can give a nominal value, for example nominal: {bias: 0, flat:"
              + " 1}.",
          missing);
    }
    return failed;
  }

  /** Whether the camera file gives a value to use where no calibration of a type was made. */
  private static boolean isNominal(String type, ObservationInfo info, List<QuantumResult> side) {
    DataId id = DataId.of("instrument", info.getInstrument(), "name", type);
    return side.stream()
        .flatMap(result -> result.getOutputs().stream())
        .anyMatch(
            ref ->
                ref.getDatasetType().equals(DatasetTypes.NOMINAL_CALIB.name())
                    && DataId.parse(ref.getDataId()).equals(id));
  }

  /** The certifications of an instrument among the side results. */
  static CertificationIndex<QuantumResult> index(List<QuantumResult> side, String instrument) {
    List<Entry<QuantumResult>> entries = new ArrayList<>();
    for (QuantumResult result : side) {
      if (QuantumResults.isPresent(result)
          && result.getPayload() instanceof Certification c
          && DataId.parse(result.getDataId()).get("instrument").equals(instrument)) {
        entries.add(
            new Entry<>(
                c.getDatasetType(),
                c.getDetector(),
                c.getPhysicalFilter(),
                c.getValidBeginTaiMjd(),
                c.getValidEndTaiMjd(),
                result));
      }
    }
    return new CertificationIndex<>(entries, false);
  }

  private static boolean isAbsent(
      QuantumResult result, String type, ObservationInfo info, @Nullable String filter) {
    if (QuantumResults.isPresent(result) || !result.getTask().equals(CertifyTask.NAME)) {
      return false;
    }
    DataId id = DataId.parse(result.getDataId());
    return id.get("instrument").equals(info.getInstrument())
        && id.getInt("detector") == info.getDetector()
        && id.get("name").equals(type)
        && (filter == null || id.get("physical_filter").equals(filter));
  }

  /** The camera, or the absence marker of its ingestion. */
  private static boolean isCamera(QuantumResult result) {
    return result.getTask().equals(IngestFileTask.CAMERA)
        || result.getOutputs().stream()
            .map(DatasetRef::getDatasetType)
            .anyMatch(DatasetTypes.CAMERA.name()::equals);
  }

  /** A result in a role, without what it carries beside its datasets. */
  static QuantumInput input(String role, QuantumResult result) {
    return new QuantumInput(role, QuantumResult.newBuilder(result).setPayload(null).build());
  }
}
