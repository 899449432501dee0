package org.starbeam.pipelines.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.filter.Filter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.log.Redaction;

/** The log of this process, as the options of the command line want it. */
final class ProcessLog {
  private static final String OURS = "org.starbeam";
  private static final String CONSOLE = "STDERR";
  private static final String FILE = "LOG_FILE";

  private ProcessLog() {}

  /**
   * Sets what is shown on the terminal and opens the file.
   *
   * @param file gets everything from DEBUG up; null for none
   */
  static void configure(GlobalOptions.Level shown, @Nullable Path file) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    Logger ours = context.getLogger(OURS);
    Appender<ILoggingEvent> console = ours.getAppender(CONSOLE);
    if (console != null) {
      for (Filter<ILoggingEvent> filter : console.getCopyOfAttachedFiltersList()) {
        if (filter instanceof ThresholdFilter threshold) {
          threshold.setLevel(shown.name());
        }
      }
    }
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    for (Logger logger : new Logger[] {ours, root}) {
      Appender<ILoggingEvent> before = logger.getAppender(FILE);
      if (before != null) {
        logger.detachAppender(before);
        before.stop();
      }
    }
    if (file != null) {
      Appender<ILoggingEvent> appender = open(context, file);
      ours.setLevel(Level.DEBUG);
      ours.addAppender(appender);
      root.addAppender(appender);
    }
  }

  private static Appender<ILoggingEvent> open(LoggerContext context, Path file) {
    Path absolute = file.toAbsolutePath();
    try {
      Path directory = absolute.getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      Files.write(absolute, new byte[0], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "--log-file " + file + ": cannot be written: " + e.getMessage());
    }
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setLayout(new Lines());
    encoder.start();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(context);
    appender.setName(FILE);
    appender.setFile(absolute.toString());
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }

  /** Time, level, logger, message and stack, without secrets. */
  private static final class Lines extends LayoutBase<ILoggingEvent> {
    @Override
    public String doLayout(ILoggingEvent event) {
      StringBuilder out = new StringBuilder();
      out.append(event.getInstant()).append(' ').append(event.getLevel()).append(' ');
      out.append(event.getLoggerName()).append(' ').append(event.getFormattedMessage());
      if (event.getThrowableProxy() != null) {
        out.append('\n').append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      return Redaction.of(out.append('\n').toString());
    }
  }
}
