package org.starbeam.transforms.calibs;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.Router;

/**
 * Which exposures go into masters: bias, dark and flat frames but those of nightly checks and
 * photon transfer ramps (observation reason NIGHTLY or PTC).
 */
final class CalibFrames {
  static final String BIAS = IsrInputs.BIAS;
  static final String DARK = IsrInputs.DARK;
  static final String FLAT = IsrInputs.FLAT;
  static final String FRINGE = IsrInputs.FRINGE;
  static final String DEFECTS = IsrInputs.DEFECTS;
  static final String PTC = IsrInputs.PTC;
  static final String LINEARIZER = IsrInputs.LINEARIZER;
  static final String BRIGHTER_FATTER = IsrInputs.BRIGHTER_FATTER;
  static final String CTI = IsrInputs.CTI;
  static final String CROSSTALK = IsrInputs.CROSSTALK;

  /** Role of bias frames beside a photon transfer ramp. */
  static final String ZERO = "zero";

  /** Role of the measured pairs of a ramp. */
  static final String PAIRS = "pairs";

  static final String RAW = IsrInputs.RAW;
  static final String CAMERA = IsrInputs.CAMERA;

  private static final Set<String> NOT_FOR_MASTERS = Set.of("NIGHTLY", "PTC");

  private CalibFrames() {}

  /** True for an input of the master of a type. */
  static boolean isInput(ObservationInfo info, String type) {
    return info.getObservationType().equalsIgnoreCase(type)
        && !NOT_FOR_MASTERS.contains(reason(info));
  }

  private static String reason(ObservationInfo info) {
    String reason = info.getObservationReason();
    return reason == null ? "" : reason.toUpperCase(Locale.ROOT);
  }

  /** Data id of a master: detector, filter for flats and fringes, and the type as name. */
  static DataId master(ObservationInfo info, String type) {
    boolean ofFilter = type.equals(FLAT) || type.equals(FRINGE);
    DataId id = ofFilter ? CalibIds.detectorAndFilter(info) : CalibIds.detector(info);
    return id.with("name", type);
  }

  /** True for a raw result that is an input of the master of a type. */
  static boolean isInput(QuantumResult result, String type) {
    return QuantumResults.isPresent(result)
        && result.getPayload() instanceof ObservationInfo info
        && isInput(info, type);
  }

  /** True for a flat of a photon transfer ramp. */
  static boolean isForPtc(ObservationInfo info) {
    return info.getObservationType().equals("PTC")
        || (info.getObservationType().equalsIgnoreCase(FLAT) && "PTC".equals(reason(info)));
  }

  /** Sends the flats of photon transfer ramps to their detector. */
  static Router toPtc() {
    return toRamp(PTC);
  }

  /** Sends the flats of photon transfer ramps to a product of their detector. */
  static Router toRamp(String type) {
    return (result, reader, out) -> {
      if (QuantumResults.isPresent(result)
          && result.getPayload() instanceof ObservationInfo info
          && isForPtc(info)) {
        out.sendWithPayload(master(info, type), RAW, result);
      }
    };
  }

  /** True for an exposure of the sky in one of the bands. */
  static boolean isForFringes(ObservationInfo info, List<String> bands) {
    return info.getObservationType().equals(SkyExposures.SCIENCE) && bands.contains(info.getBand());
  }

  /** True for a raw exposure of the sky. */
  static boolean isForCrosstalk(ObservationInfo info) {
    return info.getObservationType().equals(SkyExposures.SCIENCE);
  }

  /** Sends raw exposures of the sky to the crosstalk of their detector. */
  static Router toCrosstalk() {
    return (result, reader, out) -> {
      if (QuantumResults.isPresent(result)
          && result.getPayload() instanceof ObservationInfo info
          && isForCrosstalk(info)) {
        out.sendWithPayload(master(info, CROSSTALK), RAW, result);
      }
    };
  }

  /** Sends exposures of the sky to the fringe frame of their detector and filter. */
  static Router toFringes(List<String> bands) {
    return (result, reader, out) -> {
      if (QuantumResults.isPresent(result)
          && result.getPayload() instanceof ObservationInfo info
          && isForFringes(info, bands)) {
        out.sendWithPayload(master(info, FRINGE), RAW, result);
      }
    };
  }

  /** Sends the inputs of a type to their master. */
  static Router toMaster(String type) {
    return (result, reader, out) -> {
      if (QuantumResults.isPresent(result)
          && result.getPayload() instanceof ObservationInfo info
          && isInput(info, type)) {
        out.sendWithPayload(master(info, type), RAW, result);
      }
    };
  }

  /** Results of a role with their metadata, in the order of exposure. */
  static List<QuantumResult> inOrder(List<QuantumResult> raws) {
    return raws.stream()
        .sorted(Comparator.comparingLong(r -> IsrInputs.info(r).getExposureId()))
        .toList();
  }
}
