package org.starbeam.streak;

/**
 * A place where a trail may be.
 *
 * @param line in pixels of the frame
 * @param from first position along it that was seen
 * @param to last position
 * @param strength order in which candidates are tried
 */
record Candidate(Streak.Source source, Line line, double from, double to, double strength) {}
