package org.starbeam.pipelines.mock;

/** What can go wrong with a quantum of a mock campaign. */
public enum MockFault {
  /** A bug. */
  EXCEPTION("DEFECT", 1),
  /** An input that cannot be used. */
  CORRUPT("BAD_INPUT", 1),
  /** Data that allow no answer. */
  NO_ANSWER("ALGORITHM", 1),
  /** More memory than there is. */
  MEMORY("RESOURCE", 3),
  /** A loop without an end. */
  TIME("RESOURCE", 3),
  /** Calls without an end. */
  STACK("RESOURCE", 3),
  /** Storage that does not answer, at any attempt. */
  STORAGE("TRANSIENT", 4),
  /** Storage that answers the second time: no failure in the end. */
  HICCUP("", 2),
  /** The end of the worker. */
  EXIT("DEFECT", 1);

  private final String errorClass;
  private final int attempts;

  MockFault(String errorClass, int attempts) {
    this.errorClass = errorClass;
    this.attempts = attempts;
  }

  /** The class of the failure that it is in the end; empty for none. */
  public String errorClass() {
    return errorClass;
  }

  /** Attempts that it takes. */
  public int attempts() {
    return attempts;
  }
}
