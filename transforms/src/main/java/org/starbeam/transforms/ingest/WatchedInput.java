package org.starbeam.transforms.ingest;

import java.io.Serializable;
import org.starbeam.transforms.quantum.ArrivalSettings;

/**
 * An input directory that is watched, and how.
 *
 * @param directory absolute path
 * @param rolloverHours when the observing day begins, hours TAI
 * @param clock tells which night a frame keeps open
 * @param stop says whether the operator wants the stream to end
 */
record WatchedInput(
    String directory,
    ArrivalSettings settings,
    double rolloverHours,
    FrameClock clock,
    RawArrivals.StopSignal stop)
    implements Serializable {}
