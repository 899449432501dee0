package org.starbeam.simulation;

/** Hears how far a simulation has come; called from many threads. */
@FunctionalInterface
public interface ProgressListener {
  /** Listens to nothing. */
  ProgressListener NONE = (done, total, what) -> {};

  /**
   * @param done files written so far
   * @param total files in all
   * @param what the file just written
   */
  void progress(int done, int total, String what);
}
