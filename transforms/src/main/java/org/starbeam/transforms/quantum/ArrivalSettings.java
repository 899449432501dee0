package org.starbeam.transforms.quantum;

import java.io.Serializable;

/**
 * How a watched input is followed (specs/05 sections 2.3 and 2.4).
 *
 * @param pollMillis pause between two listings
 * @param settleMillis how long size and time of a file that was not renamed into place must stay
 *     the same
 * @param visitTimeoutMillis how long a visit waits for its missing detectors, from the first on
 */
public record ArrivalSettings(long pollMillis, long settleMillis, long visitTimeoutMillis)
    implements Serializable {
  public static ArrivalSettings defaults() {
    return new ArrivalSettings(1000, 3000, 120_000);
  }
}
