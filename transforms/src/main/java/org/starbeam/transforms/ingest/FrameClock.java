package org.starbeam.transforms.ingest;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Tells when a frame was taken. */
@FunctionalInterface
public interface FrameClock extends Serializable {
  /**
   * Middle of the exposure, milliseconds since 1970-01-01T00:00:00 TAI; nothing when the file does
   * not tell, whose reason ingest will find.
   */
  OptionalLong middle(Path file);
}
