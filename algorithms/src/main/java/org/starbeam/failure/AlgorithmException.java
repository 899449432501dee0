package org.starbeam.failure;

/**
 * An algorithm cannot give an answer on these data (too few stars, a fit that does not converge).
 */
public final class AlgorithmException extends RuntimeException {
  private final String code;

  /**
   * @param code short stable code in capitals, for example {@code TOO_FEW_STARS}
   * @param message says what was needed and what was there, with numbers
   */
  public AlgorithmException(String code, String message) {
    super(message);
    this.code = code;
  }

  public AlgorithmException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public String code() {
    return code;
  }
}
