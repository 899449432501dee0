package org.starbeam.transforms.quantum;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Tells one attempt of a quantum that it is to stop, and why. */
final class CancelToken {
  /** Why an attempt is to stop. */
  enum Reason {
    TIME_LIMIT("ran longer than it may"),
    STOPPED("the run was told to stop");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  private volatile @Nullable Reason reason;

  /** The first reason counts. */
  void cancel(Reason why) {
    if (reason == null) {
      reason = why;
    }
  }

  @Nullable Reason reason() {
    return reason;
  }

  boolean isCancelled() {
    return reason != null;
  }

  /** Throws when the attempt is to stop. */
  void check() {
    Reason why = reason;
    if (why != null) {
      throw new CancellationException(why.text());
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("stopped by the runner");
    }
  }
}
