package org.starbeam.pipelines.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes something of each element of a list, on several threads at a time. */
final class ParallelMap implements AutoCloseable {
  private final ExecutorService threads;

  ParallelMap(int threads) {
    this.threads = Executors.newFixedThreadPool(threads);
  }

  /** Makes one thing of another. */
  @FunctionalInterface
  interface Piece<A, B> {
    B make(A from) throws IOException;
  }

  /** What was made, in the order of the elements; the first piece that fails ends the others. */
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
