package org.starbeam.transforms.calibs;

import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.DataId;

/** Data ids of calibrations. */
public final class CalibIds {
  private CalibIds() {}

  /** A physical filter as a data id holds it: what is not allowed there becomes an underscore. */
  public static String filter(String physicalFilter) {
    String safe = physicalFilter.strip().replaceAll("[^A-Za-z0-9_.+-]", "_").replace("..", "__");
    return safe.isEmpty() ? "none" : safe.substring(0, Math.min(80, safe.length()));
  }

  /** Instrument and detector of an exposure. */
  public static DataId detector(ObservationInfo info) {
    return DataId.of("instrument", info.getInstrument(), "detector", info.getDetector());
  }

  /** Instrument, detector and filter of an exposure. */
  public static DataId detectorAndFilter(ObservationInfo info) {
    return detector(info).with("physical_filter", filter(info.getPhysicalFilter()));
  }
}
