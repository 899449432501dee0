package org.starbeam.pipelines.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A number of threads that do pieces of work; results are in the order of the pieces. */
final class Workers implements AutoCloseable {
  private final ExecutorService threads;

  Workers(int count) {
    threads = Executors.newFixedThreadPool(count);
  }

  /** Makes one thing of another. */
  @FunctionalInterface
  interface Piece<A, B> {
    B make(A from) throws IOException;
  }

  /** Makes something of each; the first piece that fails ends the others. */
  <A, B> List<B> map(List<A> all, Piece<A, B> piece) throws IOException {
    List<Future<B>> futures = new ArrayList<>();
    for (A one : all) {
      futures.add(threads.submit(() -> piece.make(one)));
    }
    List<B> out = new ArrayList<>();
    try {
      for (Future<B> future : futures) {
        out.add(future.get());
      }
    } catch (ExecutionException e) {
      threads.shutdownNow();
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof RuntimeException runtime) {
        throw runtime;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return out;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
