package org.starbeam.detection;

import java.util.Arrays;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;

/** The pixels of a box that footprints cover, and the connected parts that they make. */
final class Coverage {
  private final Box box;
  private final boolean[] covered;

  Coverage(Box box) {
    this.box = box;
    this.covered = new boolean[box.area()];
  }

  /** Adds the part of a run that lies in the box. */
  void add(int y, int x0, int x1) {
    if (y < box.y0() || y >= box.y1()) {
      return;
    }
    int row = (y - box.y0()) * box.width() - box.x0();
    int from = Math.max(x0, box.x0());
    int to = Math.min(x1, box.x1());
    if (from < to) {
      Arrays.fill(covered, row + from, row + to, true);
    }
  }

  /** The 8-connected parts in the order of their first pixel (y, x). */
  List<SpanSet> parts() {
    return SpanSet.ofMap(covered, box).parts();
  }

  /** Index of the part that holds each pixel, the box row by row; 0 outside all parts. */
  int[] labels(List<SpanSet> parts) {
    int[] out = new int[covered.length];
    for (int label = 0; label < parts.size(); label++) {
      SpanSet part = parts.get(label);
      for (int i = 0; i < part.size(); i++) {
        int row = (part.y(i) - box.y0()) * box.width() - box.x0();
        Arrays.fill(out, row + part.x0(i), row + part.x1(i), label);
      }
    }
    return out;
  }
}
