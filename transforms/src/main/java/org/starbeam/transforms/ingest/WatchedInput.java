package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.transforms.log.ProcessMeters;
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
    implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedInput.class);
  private static final long AFTER_ERROR_MS = 1000;

  /** How long to rest after a look. */
  long restMs() {
    return settings.pollMillis();
  }

  /**
   * How long to rest after a look that failed; it will be repeated.
   *
   * @param lookedMs when a look has succeeded last, or the first was tried
   */
  long restMs(IOException failure, long lookedMs) {
    LOG.warn("listing of {}: {}; tried again", directory, failure.toString());
    ProcessMeters.WATERMARK_LAG.set((System.currentTimeMillis() - lookedMs) / 1000.0);
    return Math.max(AFTER_ERROR_MS, settings.pollMillis());
  }
}
