package org.starbeam.streak;

import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a trail that shine (specs/02 section 16.4): blocks above two sigma, joined over gaps
 * and over what sources hide. One part for a satellite, several for the strobes of an aircraft.
 */
final class TrailParts {
  private static final double SHINES = 2;
  private static final double PART_SNR = 4;
  private static final double SHARP = 4;

  /**
   * A part.
   *
   * @param from first position along the trail
   * @param to last position
   * @param openStart whether nothing but the border of the frame ends it there
   */
  record Part(int first, int last, double from, double to, boolean openStart, boolean openEnd) {
    double length() {
      return to - from;
    }
  }

  private final Brightness blocks;
  private final Brightness cells;
  private final List<Part> parts;

  /**
   * @param blocks flux per length in blocks
   * @param cells the same in shorter cells, for the ends
   * @param bridge longest gap in pixels
   */
  TrailParts(Trail trail, Brightness blocks, Brightness cells, double bridge) {
    this.blocks = blocks;
    this.cells = cells;
    parts = new ArrayList<>();
    int first = -1;
    int last = -1;
    int dark = 0;
    for (int k = 0; k < blocks.size(); k++) {
      if (blocks.shines(k, SHINES)) {
        if (first >= 0 && dark * blocks.cell() > bridge) {
          add(trail, first, last);
          first = -1;
        }
        first = first < 0 ? k : first;
        last = k;
        dark = 0;
      } else if (blocks.hasData(k)) {
        dark++;
      }
    }
    if (first >= 0) {
      add(trail, first, last);
    }
  }

  List<Part> parts() {
    return parts;
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** True where the whole chord of the frame shines. */
  boolean crossesFrame() {
    return parts.size() == 1 && parts.get(0).openStart && parts.get(0).openEnd;
  }

  /** Sum of the parts' lengths. */
  double length() {
    return parts.stream().mapToDouble(Part::length).sum();
  }

  /** Significance of all parts together. */
  double snr() {
    double signal = 0;
    double weight = 0;
    for (Part part : parts) {
      for (int k = part.first; k <= part.last; k++) {
        if (blocks.hasData(k)) {
          double w = 1 / (blocks.sigma(k) * blocks.sigma(k));
          signal += w * blocks.amplitude(k);
          weight += w;
        }
      }
    }
    return weight > 0 ? signal / Math.sqrt(weight) : 0;
  }

  /** Mean flux per length. */
  double meanBrightness() {
    double sum = 0;
    int n = 0;
    for (Part part : parts) {
      for (int k = part.first; k <= part.last; k++) {
        if (blocks.hasData(k)) {
          sum += blocks.amplitude(k);
          n++;
        }
      }
    }
    return n == 0 ? 0 : sum / n;
  }

  /** Share of the parts' cells that pixels tell of. */
  double seenShare() {
    int seen = 0;
    int all = 0;
    for (int j = 0; j < cells.size(); j++) {
      if (contains(cells.start(j) + 0.5 * cells.cell())) {
        all++;
        seen += cells.hasData(j) ? 1 : 0;
      }
    }
    return all == 0 ? 0 : seen / (double) all;
  }

  /**
   * Length of an even trail with the same sum and sum of squares of its light, noise taken off: the
   * length where a trail is even, four scale lengths of an edge-on disc, about its size for a blob.
   */
  double effectiveLength() {
    double sum = 0;
    double squares = 0;
    int seen = 0;
    for (int j = 0; j < cells.size(); j++) {
      if (cells.hasData(j) && contains(cells.start(j) + 0.5 * cells.cell())) {
        double a = cells.amplitude(j);
        sum += a;
        squares += a * a - cells.sigma(j) * cells.sigma(j);
        seen++;
      }
    }
    if (!(sum > 0)) {
      return 0;
    }
    double effective = squares > 0 ? Math.min(seen, sum * sum / squares) : seen;
    return effective * cells.cell() / Math.max(0.2, seenShare());
  }

  private boolean contains(double s) {
    for (Part part : parts) {
      if (s >= part.from && s <= part.to) {
        return true;
      }
    }
    return false;
  }

  private void add(Trail trail, int first, int last) {
    double signal = 0;
    double weight = 0;
    for (int k = first; k <= last; k++) {
      if (blocks.hasData(k)) {
        double w = 1 / (blocks.sigma(k) * blocks.sigma(k));
        signal += w * blocks.amplitude(k);
        weight += w;
      }
    }
    if (signal < PART_SNR * Math.sqrt(weight)) {
      return;
    }
    boolean openStart = isUnseen(0, first);
    boolean openEnd = isUnseen(last + 1, blocks.size());
    double from = openStart ? trail.from() : edge(first, true);
    double to = openEnd ? trail.to() : edge(last, false);
    parts.add(new Part(first, last, from, to, openStart, openEnd));
  }

  private boolean isUnseen(int from, int to) {
    for (int k = from; k < to; k++) {
      if (blocks.hasData(k)) {
        return false;
      }
    }
    return true;
  }

  /** Where light begins or ends within a block, as far as shorter cells show it. */
  private double edge(int block, boolean start) {
    double low = blocks.start(block);
    double high = low + blocks.cell();
    int a = cells.indexOf(low + 0.5 * cells.cell());
    int b = cells.indexOf(high - 0.5 * cells.cell());
    int step = start ? 1 : -1;
    for (int j = start ? a : b; j >= a && j <= b; j += step) {
      if (cells.hasData(j) && blocks.amplitude(block) < SHARP * cells.sigma(j)) {
        break;
      }
      if (cells.shines(j, SHINES)) {
        return start ? cells.start(j) : cells.start(j) + cells.cell();
      }
    }
    return start ? low : high;
  }
}
