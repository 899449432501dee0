package org.starbeam.transforms.quantum;

/** A run that another launcher works on. */
public final class RunActiveException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RunActiveException(String message) {
    super(message);
  }
}
