package org.starbeam.transforms.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.starbeam.schema.LogRef;

/**
 * What is logged on a thread while it works on one quantum. Lines carry the quantum's context; the
 * same context is in SLF4J's MDC. The last 50 messages are held back when they were cut or are
 * below INFO, and written when the quantum fails.
 */
public final class QuantumLog implements AutoCloseable {
  private static final ThreadLocal<@Nullable QuantumLog> CURRENT = new ThreadLocal<>();
  private static final int LAST_LINES = 50;

  /** What every line of a quantum says of it. */
  record Context(
      String run, String step, String task, String quantumId, String dataId, String worker) {}

  /** A message among the last ones; few of them are ever made into lines. */
  private record Recent(LogEvent event, int attempt, boolean written) {}

  private final WorkerLog log;
  private final Context context;
  private final @Nullable QuantumLog outer;
  private final Deque<Recent> recent = new ArrayDeque<>();
  private final String file;
  private final long begin;
  private int attempt;
  private long written;

  QuantumLog(WorkerLog log, Context context) {
    this.log = log;
    this.context = context;
    this.outer = CURRENT.get();
    synchronized (log) {
      begin = log.place();
      file = log.file();
    }
    CURRENT.set(this);
    context();
    attempt(1);
  }

  private void context() {
    MDC.put("run", context.run());
    MDC.put("step", context.step());
    MDC.put("task", context.task());
    MDC.put("quantumId", context.quantumId());
    MDC.put("dataId", context.dataId());
  }

  /** The log of the quantum that the calling thread works on, or null. */
  public static @Nullable QuantumLog current() {
    return CURRENT.get();
  }

  /** Has the calling thread work for this quantum. */
  public <T> T during(Callable<T> work) throws Exception {
    QuantumLog before = CURRENT.get();
    Map<String, String> words = MDC.getCopyOfContextMap();
    CURRENT.set(this);
    context();
    try {
      return work.call();
    } finally {
      CURRENT.set(before);
      MDC.setContextMap(words == null ? Map.of() : words);
    }
  }

  /** Says which attempt begins. */
  public void attempt(int number) {
    attempt = number;
    MDC.put("attempt", String.valueOf(number));
  }

  synchronized void add(LogEvent event) {
    boolean kept = event.level().compareTo(LogEvent.Level.WARN) >= 0;
    if (!kept && event.level() == LogEvent.Level.INFO) {
      RateLimit.Verdict verdict = log.limit().ask(event);
      verdict.report().ifPresent(report -> log.write(log.line(report, null, 0)));
      kept = verdict.kept();
    }
    if (kept) {
      log.write(log.line(event, context, attempt));
      written++;
    }
    if (recent.size() == LAST_LINES) {
      recent.removeFirst();
    }
    recent.addLast(new Recent(event, attempt, kept));
  }

  /** The quantum has failed: writes what was held back. */
  public synchronized void failed() {
    for (Recent message : recent) {
      if (!message.written()) {
        log.write(log.line(message.event(), context, message.attempt()));
        written++;
      }
    }
    recent.clear();
  }

  /** Where the lines of a quantum that has not ended begin. */
  public LogRef begun() {
    return new LogRef(file, begin, Long.MAX_VALUE);
  }

  /** Where the lines are; null when there are none. */
  public @Nullable LogRef ref() {
    synchronized (log) {
      return written == 0 ? null : new LogRef(file, begin, log.place());
    }
  }

  @Override
  public void close() {
    for (String key : new String[] {"run", "step", "task", "quantumId", "dataId", "attempt"}) {
      MDC.remove(key);
    }
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
