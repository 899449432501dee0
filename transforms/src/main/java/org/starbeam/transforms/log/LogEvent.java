package org.starbeam.transforms.log;

import org.jspecify.annotations.Nullable;

/**
 * One thing that was said.
 *
 * @param millis time, milliseconds since 1970
 * @param template the message before its arguments are put in; tells kinds of messages apart
 * @param error type, message and stack of a throwable, or null
 */
public record LogEvent(
    long millis,
    Level level,
    String logger,
    String template,
    String message,
    String thread,
    @Nullable ErrorText error) {

  /** Levels in rising order. */
  public enum Level {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  /** A throwable as text. */
  public record ErrorText(String type, String message, String stack) {}
}
