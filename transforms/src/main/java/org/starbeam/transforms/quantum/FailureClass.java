package org.starbeam.transforms.quantum;

/** Why a quantum failed, and how many attempts that class is worth (specs/05 section 4.5). */
public enum FailureClass {
  /** Input or output that may work when tried again. */
  TRANSIENT(4),
  /** Memory or stack of this worker was not enough. */
  RESOURCE(3),
  /** The user's file, header or table cannot be used. */
  BAD_INPUT(1),
  /** The data do not allow an answer. */
  ALGORITHM(1),
  /** A bug. */
  DEFECT(1),
  /** The machine: disk full, worker lost, stopped by the operator. */
  INFRA(1);

  private final int attempts;

  FailureClass(int attempts) {
    this.attempts = attempts;
  }

  /** Attempts including the first. */
  public int attempts() {
    return attempts;
  }
}
