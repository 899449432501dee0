package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * An error that somebody has looked at (specs/05 section 4.5): how it is recognised and what is to
 * be made of it.
 *
 * @param name short name, shown with the failures
 * @param code regular expression that the whole error code matches; null for any
 * @param message regular expression that is found in the message; null for any
 * @param task regular expression that the whole task name matches; null for any
 * @param failureClass class to give to the failure, or null to leave it
 * @param tolerance share of a task's quanta that may fail in this way without counting against the
 *     failure policy, 0 to 1
 * @param ticket where it is followed up
 * @param note what it means and what to do, shown to the operator
 * @param resolved true when it is said to be mended: a quantum that fails in this way again ends
 *     the run
 */
public record ErrorSignature(
    String name,
    @Nullable String code,
    @Nullable String message,
    @Nullable String task,
    @Nullable FailureClass failureClass,
    double tolerance,
    @Nullable String ticket,
    @Nullable String note,
    boolean resolved)
    implements Serializable {

  /**
   * Checks what a file said.
   *
   * @throws BadInputException {@code ERRORS_INVALID} for a wrong pattern or tolerance, or when the
   *     signature would match everything
   */
  public ErrorSignature {
    if (code == null && message == null) {
      throw new BadInputException(
          "ERRORS_INVALID", "signature " + name + " needs a code or a message to match");
    }
    if (!(tolerance >= 0 && tolerance <= 1)) {
      throw new BadInputException(
          "ERRORS_INVALID", "signature " + name + ": tolerance " + tolerance + " is not in 0..1");
    }
    for (String pattern : new String[] {code, message, task}) {
      try {
        Pattern.compile(pattern == null ? "" : pattern);
      } catch (PatternSyntaxException e) {
        throw new BadInputException(
            "ERRORS_INVALID", "signature " + name + ": " + e.getMessage(), e);
      }
    }
  }

  boolean matches(String taskName, Failure failure) {
    return (task == null || taskName.matches(task))
        && (code == null || failure.code().matches(code))
        && (message == null || Pattern.compile(message).matcher(failure.message()).find());
  }
}
