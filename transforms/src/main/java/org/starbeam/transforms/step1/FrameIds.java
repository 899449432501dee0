package org.starbeam.transforms.step1;

import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.quantum.QuantumContext;

/** Ids of the rows of one detector of one exposure. */
public final class FrameIds {
  private static final int FIRST_DAY = 20100101;
  private static final int SEQUENCE_END = 1 << 14;

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
        observation(info.getDayObs(), info.getSeqNum(), info.getExposureId()),
        info.getDetector());
  }

  /** By day and sequence where the camera counts so, else the exposure's own number. */
  public static int observation(int dayObs, int seqNum, long exposure) {
    return dayObs >= FIRST_DAY && seqNum >= 0 && seqNum < SEQUENCE_END
        ? IdPacker.observation(dayObs, seqNum)
        : IdPacker.observation(exposure);
  }

  /** Id of the row at a place of the catalogue. */
  public long source(int counter) {
    return IdPacker.pack(
        new IdPacker.Observation(release, instrument, observation, detector, counter));
  }
}
