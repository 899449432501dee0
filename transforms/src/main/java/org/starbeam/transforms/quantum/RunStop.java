package org.starbeam.transforms.quantum;

/**
 * Why a run begins no quantum any more.
 *
 * @param text for the operator
 * @param now true to cancel what runs
 */
public record RunStop(Cause cause, String text, boolean now) {
  /** Who stopped it. */
  public enum Cause {
    /** {@code starbeam stop}. */
    OPERATOR,
    /** Ctrl-C. */
    INTERRUPTED,
    /** SIGTERM. */
    TERMINATED,
    /** Too much failed. */
    POLICY,
    /** Another launcher has taken the run. */
    LEASE_LOST,
    /** The disk stayed full. */
    DISK_FULL,
    /** An object store did not answer for too long. */
    STORE_UNAVAILABLE,
    /** The repository or the input is not there any more. */
    STORAGE
  }
}
