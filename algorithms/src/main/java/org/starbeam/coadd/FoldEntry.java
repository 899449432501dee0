package org.starbeam.coadd;

import org.jspecify.annotations.Nullable;
import org.starbeam.warp.Warp;

/** An input of the next state of a block, on its way there. */
final class FoldEntry {
  final CoaddSource source;

  /** What the last state has of the same content; null when the input is new. */
  final @Nullable AccumulatedInput known;

  /** What the next state will have. */
  AccumulatedInput input;

  /** Where a new input lies; null when it fills no cell, or is not opened yet. */
  @Nullable Placement placement;

  /** Its warp over the whole block, while there is memory for it. */
  @Nullable Warp warp;

  FoldEntry(CoaddSource source, @Nullable AccumulatedInput known, AccumulatedInput input) {
    this.source = source;
    this.known = known;
    this.input = input;
  }
}
