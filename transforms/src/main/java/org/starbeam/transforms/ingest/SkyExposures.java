package org.starbeam.transforms.ingest;

import java.util.List;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.quantum.QuantumResults;

/** Tells exposures of the sky from calibration frames, among the results of {@link Ingest}. */
public final class SkyExposures {
  /** Observation type of a frame that comes already detrended. */
  public static final String CALIBRATED = "CALIBRATED";

  public static final String SCIENCE = "SCIENCE";

  private SkyExposures() {}

  /** True for a science exposure, raw or calibrated; false for a frame that ingest refused. */
  public static boolean contains(QuantumResult frame) {
    return QuantumResults.isPresent(frame)
        && frame.getPayload() instanceof ObservationInfo info
        && isSky(info);
  }

  /** True for the header of a science exposure, raw or calibrated. */
  static boolean isSky(ObservationInfo info) {
    return info.getObservationType().equals(SCIENCE)
        || info.getObservationType().equals(CALIBRATED);
  }

  /**
   * Keeps all but the exposures of the sky in other bands. One whose band is not known stays: the
   * step that needs the band says so.
   *
   * @param bands bands to keep; empty means all
   */
  static SerializableFunction<QuantumResult, Boolean> inBands(List<String> bands) {
    return frame -> {
      if (bands.isEmpty() || !contains(frame)) {
        return true;
      }
      String band = ((ObservationInfo) frame.getPayload()).getBand();
      return band == null || bands.contains(band);
    };
  }

  /** Keeps frames up to an observing day, and those that ingest refused. */
  static SerializableFunction<QuantumResult, Boolean> through(int lastDayObs) {
    return frame ->
        !(frame.getPayload() instanceof ObservationInfo info) || info.getDayObs() <= lastDayObs;
  }
}
