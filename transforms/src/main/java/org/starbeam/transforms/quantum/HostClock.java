package org.starbeam.transforms.quantum;

import java.time.Instant;

/**
 * The clock of this host, which need not agree with that of others: it names files and tells people
 * when something was, and nothing is decided by it. {@code -Dstarbeam.clock.offset=SECONDS} sets it
 * wrong, to try that out.
 */
final class HostClock {
  private static final long OFFSET_MILLIS = 1000 * Long.getLong("starbeam.clock.offset", 0L);

  private HostClock() {}

  static long millis() {
    return System.currentTimeMillis() + OFFSET_MILLIS;
  }

  static Instant now() {
    return Instant.ofEpochMilli(millis());
  }
}
