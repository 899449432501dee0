package org.starbeam.transforms.quantum;

import org.starbeam.transforms.dataset.ContentHash;

/**
 * Pauses between attempts. The jitter of up to a quarter either way keeps quanta that failed
 * together from coming back together; it is a hash of quantum and attempt, so a run can be
 * repeated.
 */
final class Backoff {
  private static final double JITTER = 0.25;

  private Backoff() {}

  static long jittered(long millis, String quantumId, int attempt) {
    String hash = ContentHash.ofText("backoff\n" + quantumId + "\n" + attempt);
    double unit = Integer.parseInt(hash.substring(0, 6), 16) / (double) 0xffffff;
    return Math.round(millis * (1 + JITTER * (2 * unit - 1)));
  }
}
