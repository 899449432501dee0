package org.starbeam.astrometry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The shift and turn that bring most sources onto references: for turns of -0.5 to 0.5 degrees in
 * steps of 0.02 the offsets of all pairs are counted in cells of 1 arcsec; the fullest blocks of 2
 * x 2 cells are candidates. Fallback of {@link PinwheelSearch} for few stars.
 */
final class OffsetSearch {
  private static final double STEP_DEG = 0.02;
  private static final double MAX_TURN_DEG = 0.5;
  private static final int CANDIDATES = 20;
  private static final double TOLERANCE_ARCSEC = 0.7;

  private final MatchField field;
  private final PatternMatcher.Config config;
  private final int half;
  private final int side;

  private record Peak(int votes, int step, int cell) {}

  OffsetSearch(MatchField field, PatternMatcher.Config config) {
    this.field = field;
    this.config = config;
    this.half = (int) Math.ceil(config.maxShiftArcsec()) + 1;
    this.side = 2 * half + 1;
  }

  Optional<MapVerifier.Verified> find(MapVerifier verifier) {
    int steps = (int) Math.round(Math.min(MAX_TURN_DEG, config.maxRotationDeg()) / STEP_DEG);
    List<Peak> peaks = new ArrayList<>();
    for (int step = -steps; step <= steps; step++) {
      peaks.add(peak(step));
    }
    peaks.sort(
        Comparator.comparingInt((Peak p) -> -p.votes).thenComparingInt(p -> Math.abs(p.step)));
    for (Peak peak : peaks.subList(0, Math.min(CANDIDATES, peaks.size()))) {
      Optional<MapVerifier.Verified> found = verifier.verify(map(peak), TOLERANCE_ARCSEC);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Similarity map(Peak peak) {
    double dx = peak.cell % side - half + 0.5;
    double dy = peak.cell / side - half + 0.5;
    return Similarity.about(0, 0, dx, dy, Math.toRadians(peak.step * STEP_DEG));
  }

  private Peak peak(int step) {
    int[] votes = new int[side * side];
    Similarity turn = Similarity.about(0, 0, 0, 0, Math.toRadians(step * STEP_DEG));
    for (int k = 0; k < field.sources(); k++) {
      double x = turn.mapX(field.sx[k], field.sy[k]);
      double y = turn.mapY(field.sx[k], field.sy[k]);
      for (int r : field.references.within(x, y, config.maxShiftArcsec())) {
        int cx = (int) Math.round(field.rx[r] - x) + half;
        int cy = (int) Math.round(field.ry[r] - y) + half;
        votes[cy * side + cx]++;
      }
    }
    int best = -1;
    int bestCell = 0;
    for (int cy = 0; cy < side - 1; cy++) {
      for (int cx = 0; cx < side - 1; cx++) {
        int cell = cy * side + cx;
        int sum = votes[cell] + votes[cell + 1] + votes[cell + side] + votes[cell + side + 1];
        if (sum > best) {
          best = sum;
          bestCell = cell;
        }
      }
    }
    return new Peak(best, step, bestCell);
  }
}
