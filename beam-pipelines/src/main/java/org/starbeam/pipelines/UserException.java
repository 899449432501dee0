package org.starbeam.pipelines;

import org.jspecify.annotations.Nullable;

/**
 * Something the user can mend: the message names the thing and the place, {@link #next} the command
 * to type.
 */
public final class UserException extends RuntimeException {
  private final ExitCode exitCode;
  private final @Nullable String next;

  public UserException(ExitCode exitCode, String message, @Nullable String next) {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
  }

  public UserException(ExitCode exitCode, String message) {
    this(exitCode, message, null);
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  /** A useful next command, or null. */
  public @Nullable String next() {
    return next;
  }
}
