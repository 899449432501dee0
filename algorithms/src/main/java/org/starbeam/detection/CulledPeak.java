package org.starbeam.detection;

/**
 * A peak that was left out of its parent, because few of its kind are sources (specs/04 section
 * 3.2).
 *
 * @param peak as it was found, in one band
 */
public record CulledPeak(MergedPeak peak, Reason reason) {
  /** Why. */
  public enum Reason {
    /** So many peaks of the parent are stronger that its own strength does not count. */
    RANK,
    /** It is among the faintest of a large parent. */
    FAINT_OF_FAMILY
  }
}
