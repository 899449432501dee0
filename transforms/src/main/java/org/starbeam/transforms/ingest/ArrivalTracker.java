package org.starbeam.transforms.ingest;

import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.jspecify.annotations.Nullable;

/**
 * Claims what a watcher does, step by step. A split leaves nothing to the one that was working and
 * everything to the one that goes on.
 */
final class ArrivalTracker extends RestrictionTracker<ArrivalState, ArrivalState.Step> {
  private ArrivalState state;
  private boolean split;

  ArrivalTracker(ArrivalState state) {
    this.state = state;
  }

  @Override
  public boolean tryClaim(ArrivalState.Step step) {
    if (split || state.isEnded()) {
      return false;
    }
    state.apply(step);
    return true;
  }

  @Override
  public ArrivalState currentRestriction() {
    return state;
  }

  @Override
  public @Nullable SplitResult<ArrivalState> trySplit(double fractionOfRemainder) {
    if (split || state.isEnded()) {
      return null;
    }
    ArrivalState rest = state;
    state = ArrivalState.ended();
    split = true;
    return SplitResult.of(state, rest);
  }

  @Override
  public void checkDone() {
    if (!state.isEnded()) {
      throw new IllegalStateException("the watch of the input ended before its time");
    }
  }

  @Override
  public IsBounded isBounded() {
    return IsBounded.UNBOUNDED;
  }
}
