package org.starbeam.pipelines;

/** The runner gave up: a fault of the machine, the cluster or the repository, not of a quantum. */
public final class PipelineFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private PipelineFailedException(String message, Throwable cause) {
    super(message, cause);
  }

  /** With the innermost cause, which is the one that means something to the operator. */
  public static PipelineFailedException of(String runner, Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String what = root.getMessage() == null ? root.getClass().getName() : root.getMessage();
    return new PipelineFailedException("runner " + runner + " gave up: " + what, thrown);
  }
}
