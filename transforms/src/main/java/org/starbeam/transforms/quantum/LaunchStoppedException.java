package org.starbeam.transforms.quantum;

/** Leaves the graph of a launch that has been stopped; what is not done is done by the next one. */
public final class LaunchStoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LaunchStoppedException(String message) {
    super(message);
  }
}
