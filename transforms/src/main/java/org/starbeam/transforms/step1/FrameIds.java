package org.starbeam.transforms.step1;

import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.quantum.QuantumContext;

/** Ids of the rows of one detector of one exposure. */
public final class FrameIds {
  private final int release;
  private final int instrument;
  private final int observation;
  private final int detector;

  private FrameIds(int release, int instrument, int observation, int detector) {
    this.release = release;
    this.instrument = instrument;
    this.observation = observation;
    this.detector = detector;
  }

  public static FrameIds of(ObservationInfo info, QuantumContext context) {
    return new FrameIds(
        context.release(),
        context.instrumentNumber(info.getInstrument()),
        IdPacker.observation(info.getDayObs(), info.getSeqNum(), info.getExposureId()),
        info.getDetector());
  }

  public static FrameIds of(ExposureSummary summary, QuantumContext context) {
    return new FrameIds(
        context.release(),
        context.instrumentNumber(summary.getInstrument()),
        IdPacker.observation(summary.getDayObs(), summary.getSeqNum(), summary.getVisit()),
        summary.getDetector());
  }

  /** Id of the row at a place of the catalogue. */
  public long source(int counter) {
    return IdPacker.pack(
        new IdPacker.Observation(release, instrument, observation, detector, counter));
  }
}
