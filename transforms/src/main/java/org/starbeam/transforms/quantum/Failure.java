package org.starbeam.transforms.quantum;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.io.Serializable;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.log.Redaction;
import org.starbeam.transforms.store.StoreUnavailableException;

/**
 * A failure as the ledger records it.
 *
 * @param code short stable code: the exception's own, or the name of its class
 * @param message at most 2 KiB, names the quantum and its files
 * @param stack at most 8 KiB
 * @param stackHash groups failures that arose at the same place
 * @param signature name of the known error that it is, or null
 */
record Failure(
    FailureClass failureClass,
    String code,
    String message,
    String stack,
    String stackHash,
    @Nullable String signature)
    implements Serializable {
  /** Code of a quantum that ran longer than it may. */
  static final String TIME_LIMIT = "TIME_LIMIT";

  /** Code of a failure for want of room on a disk. */
  static final String DISK_FULL = "DISK_FULL";

  /** Code of a failure for want of room for temporary files. */
  static final String SCRATCH_FULL = "SCRATCH_FULL";

  /** Code of a failure for want of an answer of an object store. */
  static final String STORE_UNAVAILABLE = "STORE_UNAVAILABLE";

  /** Code of an attempt that ended because the run was told to stop. */
  static final String STOPPED = "STOPPED";

  private static final int MESSAGE_LIMIT = 2048;
  private static final int STACK_LIMIT = 8192;
  private static final int FRAMES = 12;

  /** The failure of a quantum, from what its task threw. */
  static Failure of(String where, Throwable thrown) {
    Throwable error = unwrap(thrown);
    return new Failure(
        classify(error),
        code(error),
        cut(where + ": " + text(error), MESSAGE_LIMIT),
        cut(stack(error), STACK_LIMIT),
        stackHash(error),
        null);
  }

  /** A failure that no exception told of. */
  static Failure of(FailureClass failureClass, String code, String message, String stack) {
    String hash = ContentHash.ofText(failureClass + code).substring(0, 16);
    return new Failure(
        failureClass, code, cut(message, MESSAGE_LIMIT), cut(stack, STACK_LIMIT), hash, null);
  }

  /** The same failure by another name. */
  Failure as(FailureClass otherClass, String otherCode) {
    return new Failure(otherClass, otherCode, message, stack, stackHash, signature);
  }

  /** What is known of such errors laid over it. */
  Failure recognised(String task, List<ErrorSignature> known) {
    for (ErrorSignature one : known) {
      if (one.matches(task, this)) {
        FailureClass given = one.failureClass();
        String note = one.note() == null ? "" : " (" + one.name() + ": " + one.note() + ")";
        return new Failure(
            given == null ? failureClass : given,
            code,
            cut(message + note, MESSAGE_LIMIT),
            stack,
            stackHash,
            one.name());
      }
    }
    return this;
  }

  /** True when a task stopped because it was asked to, however that came through. */
  static boolean isCancellation(Throwable thrown) {
    Throwable error = thrown;
    for (int depth = 0; error != null && depth < FRAMES; depth++) {
      if (error instanceof CancellationException
          || error instanceof InterruptedException
          || error instanceof InterruptedIOException
          || error instanceof ClosedByInterruptException) {
        return true;
      }
      error = error.getCause();
    }
    return false;
  }

  boolean isDiskFull() {
    return code.equals(DISK_FULL);
  }

  boolean isScratchFull() {
    return code.equals(SCRATCH_FULL);
  }

  boolean isStoreUnavailable() {
    return code.equals(STORE_UNAVAILABLE);
  }

  private static Throwable unwrap(Throwable thrown) {
    StoreUnavailableException store = StoreUnavailableException.in(thrown);
    if (store != null) {
      return store;
    }
    Throwable cause = thrown.getCause();
    return thrown instanceof UncheckedIOException && cause != null ? cause : thrown;
  }

  private static FailureClass classify(Throwable error) {
    if (isDiskFull(error)) {
      return FailureClass.INFRA;
    }
    if (error instanceof BadInputException) {
      return FailureClass.BAD_INPUT;
    }
    if (error instanceof AlgorithmException) {
      return FailureClass.ALGORITHM;
    }
    if (error instanceof OutOfMemoryError || error instanceof StackOverflowError) {
      return FailureClass.RESOURCE;
    }
    if (error instanceof CancellationException || error instanceof InterruptedException) {
      return FailureClass.INFRA;
    }
    return error instanceof IOException io ? classify(io) : FailureClass.DEFECT;
  }

  private static FailureClass classify(IOException error) {
    if (error instanceof FileNotFoundException
        || error instanceof NoSuchFileException
        || error instanceof AccessDeniedException
        || error instanceof EOFException
        || error instanceof ZipException
        || error instanceof JsonProcessingException) {
      return FailureClass.BAD_INPUT;
    }
    return error instanceof StoreUnavailableException ? FailureClass.INFRA : FailureClass.TRANSIENT;
  }

  /** True when a write found no room, however libraries have wrapped that. */
  static boolean isDiskFull(Throwable thrown) {
    Throwable error = thrown;
    for (int depth = 0; error != null && depth < FRAMES; depth++) {
      boolean storage = error instanceof IOException || error instanceof SQLException;
      String message = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
      if (storage && (message.contains("no space left") || message.contains("disk quota"))) {
        return true;
      }
      error = error.getCause();
    }
    return false;
  }

  private static String code(Throwable error) {
    if (isDiskFull(error)) {
      return DISK_FULL;
    }
    if (error instanceof BadInputException bad) {
      return bad.code();
    }
    if (error instanceof StoreUnavailableException) {
      return STORE_UNAVAILABLE;
    }
    return error instanceof AlgorithmException algorithm
        ? algorithm.code()
        : error.getClass().getSimpleName();
  }

  private static String text(Throwable error) {
    boolean declared = error instanceof BadInputException || error instanceof AlgorithmException;
    if (declared) {
      return String.valueOf(error.getMessage());
    }
    String message = error.getMessage();
    return error.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  private static String stack(Throwable error) {
    StringWriter out = new StringWriter();
    error.printStackTrace(new PrintWriter(out));
    return out.toString();
  }

  /** Hash of class and method of the innermost frames, so that line numbers do not matter. */
  private static String stackHash(Throwable error) {
    Throwable root = error;
    for (int depth = 0; depth < FRAMES && root.getCause() != null; depth++) {
      root = root.getCause();
    }
    StringBuilder text = new StringBuilder(root.getClass().getName());
    StackTraceElement[] frames = root.getStackTrace();
    for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
      text.append('\n').append(frames[i].getClassName()).append('.');
      text.append(frames[i].getMethodName());
    }
    return ContentHash.ofText(text.toString()).substring(0, 16);
  }

  private static String cut(String text, int limit) {
    String safe = Redaction.of(text);
    return safe.length() <= limit ? safe : safe.substring(0, limit - 3) + "...";
  }
}
