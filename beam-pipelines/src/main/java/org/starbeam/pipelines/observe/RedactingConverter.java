package org.starbeam.pipelines.observe;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import org.starbeam.transforms.log.Redaction;

/**
 * The message of a log line on the console, without secrets; of a throwable its class and message
 * only, because its stack is in the run's log.
 */
public final class RedactingConverter extends ClassicConverter {
  @Override
  public String convert(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    String message = String.valueOf(event.getFormattedMessage());
    if (thrown == null || message.contains(String.valueOf(thrown.getMessage()))) {
      return Redaction.of(message);
    }
    return Redaction.of(message + ": " + thrown.getClassName() + ": " + thrown.getMessage());
  }
}
