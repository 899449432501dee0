package org.starbeam.failure;

/**
 * The user's file, header or table cannot be used; the message names it and says what was expected.
 */
public final class BadInputException extends RuntimeException {
  private final String code;

  /**
   * @param code short stable code in capitals, for example {@code TRUNCATED} or {@code
   *     MISSING_CALIB}
   * @param message names file, key, row or data id, says what was expected and what to do
   */
  public BadInputException(String code, String message) {
    super(message);
    this.code = code;
  }

  public BadInputException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public String code() {
    return code;
  }
}
