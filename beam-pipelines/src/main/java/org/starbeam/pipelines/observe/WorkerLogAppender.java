package org.starbeam.pipelines.observe;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.log.LogEvent;
import org.starbeam.transforms.log.WorkerLog;

/** Hands what is logged in this process to the logs of the runs that it works on. */
public final class WorkerLogAppender extends AppenderBase<ILoggingEvent> {
  @Override
  protected void append(ILoggingEvent event) {
    if (!WorkerLog.none()) {
      WorkerLog.accept(
          new LogEvent(
              event.getTimeStamp(),
              level(event.getLevel()),
              event.getLoggerName(),
              event.getMessage() == null ? "" : event.getMessage(),
              String.valueOf(event.getFormattedMessage()),
              event.getThreadName(),
              error(event.getThrowableProxy())));
    }
  }

  private static LogEvent.Level level(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> LogEvent.Level.ERROR;
      case Level.WARN_INT -> LogEvent.Level.WARN;
      case Level.INFO_INT -> LogEvent.Level.INFO;
      case Level.DEBUG_INT -> LogEvent.Level.DEBUG;
      default -> LogEvent.Level.TRACE;
    };
  }

  private static LogEvent.@Nullable ErrorText error(@Nullable IThrowableProxy thrown) {
    return thrown == null
        ? null
        : new LogEvent.ErrorText(
            thrown.getClassName(),
            String.valueOf(thrown.getMessage()),
            ThrowableProxyUtil.asString(thrown));
  }
}
