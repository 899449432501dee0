package org.starbeam.characterization;

import java.util.List;

/** Keeps the reservation honest where stars are few (specs/02 section 6.2). */
final class PsfStarList {
  private static final int MIN_TRAINING = 15;

  private PsfStarList() {}

  /** The stars as they are, or all for the fit when fewer than 15 would be left for it. */
  static List<PsfStar> withEnoughTraining(List<PsfStar> stars) {
    long training = stars.stream().filter(s -> !s.reserved()).count();
    return training >= MIN_TRAINING
        ? List.copyOf(stars)
        : stars.stream().map(s -> new PsfStar(s.key(), s.x(), s.y(), s.flux(), false)).toList();
  }
}
