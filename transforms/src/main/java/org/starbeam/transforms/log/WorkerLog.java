package org.starbeam.transforms.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The log of one worker process of one run (specs/05 section 7.4): JSON lines in compressed frames,
 * {@code logs/<worker>-<n>.jsonl.zst}, on disk at the latest a second after they were written. What
 * cannot be written is lost and never fails a quantum; half a minute later a new file is begun.
 *
 * <p>Of each logger and message template 100 lines a minute are kept, then a count. Warnings and
 * errors of a quantum are always kept. Messages below INFO, and what the limit cut, are kept when
 * they are among the last 50 lines before a failure ({@link QuantumLog}).
 */
public final class WorkerLog implements Closeable {
  private static final Map<WorkerLog, Boolean> OPEN = new ConcurrentHashMap<>();
  private static final int FRAME_BYTES = 256 << 10;
  private static final int TEXT_LIMIT = 8192;
  private static final long AGAIN_NANOS = 30_000_000_000L;
  private static final JsonFactory JSON = new JsonFactory();

  private final Path directory;
  private final String run;
  private final String worker = HostName.process();
  private final RateLimit limit = new RateLimit(100);
  private final ByteArrayOutputStream frame = new ByteArrayOutputStream();
  private final ScheduledThreadPoolExecutor clock;
  private @Nullable OutputStream out;
  private String file = "";
  private long position;
  private boolean broken;
  private long brokenSince;

  private WorkerLog(Path directory, String run) {
    this.directory = directory;
    this.run = run;
    clock =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "starbeam-log");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleWithFixedDelay(this::flush, 1, 1, TimeUnit.SECONDS);
  }

  /**
   * The log of this process in a run; the file is made by the first line.
   *
   * @param directory the run's log directory
   */
  public static WorkerLog open(Path directory, String run) {
    WorkerLog log = new WorkerLog(directory, run);
    OPEN.put(log, true);
    return log;
  }

  /** Takes what was said in this process: into the quantum of the thread, else into every log. */
  public static void accept(LogEvent event) {
    QuantumLog quantum = QuantumLog.current();
    if (quantum != null) {
      quantum.add(event);
    } else if (event.level().compareTo(LogEvent.Level.INFO) >= 0) {
      OPEN.keySet().forEach(log -> log.add(event));
    }
  }

  /** True when nothing in this process keeps a log. */
  public static boolean none() {
    return OPEN.isEmpty();
  }

  /** The scope of one quantum on this thread. */
  public QuantumLog quantum(String step, String task, String quantumId, String dataId) {
    return new QuantumLog(this, new QuantumLog.Context(run, step, task, quantumId, dataId, worker));
  }

  private void add(LogEvent event) {
    RateLimit.Verdict verdict = limit.ask(event);
    verdict.report().ifPresent(report -> write(line(report, null, 0, worker)));
    if (verdict.kept()) {
      write(line(event, null, 0, worker));
    }
  }

  RateLimit limit() {
    return limit;
  }

  String line(LogEvent event, QuantumLog.@Nullable Context context, int attempt) {
    return line(event, context, attempt, worker);
  }

  private static String line(
      LogEvent event, QuantumLog.@Nullable Context context, int attempt, String worker) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("t", Instant.ofEpochMilli(event.millis()).toString());
      json.writeStringField("level", event.level().name());
      json.writeStringField("logger", event.logger());
      json.writeStringField("msg", clean(event.message()));
      if (context != null) {
        json.writeStringField("run", context.run());
        json.writeStringField("step", context.step());
        json.writeStringField("task", context.task());
        json.writeStringField("quantumId", context.quantumId());
        json.writeStringField("dataId", context.dataId());
        json.writeNumberField("attempt", attempt);
      }
      json.writeStringField("worker", worker);
      json.writeStringField("thread", event.thread());
      LogEvent.ErrorText error = event.error();
      if (error != null) {
        json.writeObjectFieldStart("ex");
        json.writeStringField("type", error.type());
        json.writeStringField("msg", clean(error.message()));
        json.writeStringField("stack", clean(error.stack()));
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.append('\n').toString();
  }

  private static String clean(String text) {
    String safe = Redaction.of(text);
    return safe.length() <= TEXT_LIMIT ? safe : safe.substring(0, TEXT_LIMIT - 3) + "...";
  }

  /** Where a line that is written next begins; makes the file when there is none. */
  synchronized long place() {
    if (out == null && mayWrite()) {
      create();
    }
    return LogPlace.of(position, frame.size());
  }

  /** Name of the file that is written to. */
  synchronized String file() {
    return file;
  }

  synchronized void write(String line) {
    if (!mayWrite()) {
      return;
    }
    if (out == null) {
      create();
    }
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    frame.write(bytes, 0, bytes.length);
    if (frame.size() >= FRAME_BYTES) {
      flush();
    }
  }

  private boolean mayWrite() {
    if (broken && System.nanoTime() - brokenSince > AGAIN_NANOS) {
      broken = false;
    }
    return !broken;
  }

  private void giveUp() {
    broken = true;
    brokenSince = System.nanoTime();
    frame.reset();
    closeFile();
  }

  private void create() {
    String name = worker.replaceAll("[^A-Za-z0-9_.-]", "-");
    try {
      Path parent = directory.getParent();
      if (parent == null || !Files.isDirectory(parent)) {
        throw new NoSuchFileException(directory + ": the repository is gone");
      }
      Files.createDirectories(directory);
      for (int n = 0; ; n++) {
        try {
          String wanted = name + "-" + n + ".jsonl.zst";
          out =
              Files.newOutputStream(
                  directory.resolve(wanted),
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE);
          file = wanted;
          position = 0;
          return;
        } catch (FileAlreadyExistsException e) {
          // Of an earlier process with this name.
        }
      }
    } catch (IOException e) {
      giveUp();
    }
  }

  /** Hands what has been written to the operating system. */
  public synchronized void flush() {
    OutputStream open = out;
    if (open == null || frame.size() == 0) {
      return;
    }
    byte[] packed = Zstd.compress(frame.toByteArray(), 3);
    ByteBuffer header = ByteBuffer.allocate(LogPlace.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(LogPlace.SKIPPABLE_MAGIC).putInt(4).putInt(packed.length);
    try {
      open.write(header.array());
      open.write(packed);
      open.flush();
    } catch (IOException e) {
      giveUp();
      return;
    }
    position += LogPlace.HEADER_BYTES + packed.length;
    frame.reset();
  }

  private void closeFile() {
    OutputStream open = out;
    out = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        broken = true;
        brokenSince = System.nanoTime();
      }
    }
  }

  @Override
  public void close() {
    OPEN.remove(this);
    clock.shutdownNow();
    limit.rest().forEach(report -> write(line(report, null, 0, worker)));
    synchronized (this) {
      flush();
      closeFile();
    }
  }
}
