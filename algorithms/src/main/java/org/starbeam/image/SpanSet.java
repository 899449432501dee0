package org.starbeam.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A set of pixels as runs of rows. Runs are (y, x0, x1) triples, x1 exclusive, by row then column,
 * disjoint and not touching within a row, so equal sets have equal runs. Immutable.
 */
public final class SpanSet {
  /** No pixels. */
  public static final SpanSet EMPTY = new SpanSet(new int[0]);

  private final int[] runs;
  private final int area;
  private final Box box;

  private SpanSet(int[] runs) {
    this.runs = runs;
    int pixels = 0;
    int xMin = Integer.MAX_VALUE;
    int xMax = Integer.MIN_VALUE;
    for (int i = 0; i < runs.length; i += 3) {
      pixels += runs[i + 2] - runs[i + 1];
      xMin = Math.min(xMin, runs[i + 1]);
      xMax = Math.max(xMax, runs[i + 2] - 1);
    }
    this.area = pixels;
    this.box =
        runs.length == 0 ? Box.EMPTY : Box.ofCorners(xMin, runs[0], xMax, runs[runs.length - 3]);
  }

  /**
   * The set of given runs in any order; they may overlap.
   *
   * @param triples (y, x0, x1) with x1 exclusive; empty runs are left out
   */
  public static SpanSet ofRuns(int[] triples) {
    return new SpanSet(normal(triples, triples.length));
  }

  /** The pixels of a box. */
  public static SpanSet ofBox(Box box) {
    int[] runs = new int[box.isEmpty() ? 0 : 3 * box.height()];
    for (int i = 0; i < runs.length; i += 3) {
      runs[i] = box.y0() + i / 3;
      runs[i + 1] = box.x0();
      runs[i + 2] = box.x1();
    }
    return new SpanSet(runs);
  }

  /**
   * The pixels of a box that are set in a map.
   *
   * @param map the box row by row
   */
  public static SpanSet ofMap(boolean[] map, Box box) {
    Runs found = new Runs();
    int width = box.width();
    for (int row = 0; row < map.length; row += width) {
      int x = 0;
      while (x < width) {
        if (!map[row + x]) {
          x++;
          continue;
        }
        int start = x;
        while (x < width && map[row + x]) {
          x++;
        }
        found.add(box.y0() + row / width, box.x0() + start, box.x0() + x);
      }
    }
    return new SpanSet(found.toArray());
  }

  /** All pixels that have any of the planes. */
  public static SpanSet ofMask(MaskI mask, int planes) {
    Runs found = new Runs();
    Box box = mask.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      int row = mask.index(box.x0(), y);
      int x = 0;
      while (x < box.width()) {
        if ((mask.data[row + x] & planes) == 0) {
          x++;
          continue;
        }
        int start = x;
        while (x < box.width() && (mask.data[row + x] & planes) != 0) {
          x++;
        }
        found.add(y, box.x0() + start, box.x0() + x);
      }
    }
    return new SpanSet(found.toArray());
  }

  /**
   * The 8-connected parts of the pixels that have any of the planes, in the order of their first
   * pixel (y, x).
   */
  public static List<SpanSet> connected(MaskI mask, int planes) {
    return ofMask(mask, planes).parts();
  }

  /** The 8-connected parts in the order of their first pixel (y, x): union-find over runs. */
  public List<SpanSet> parts() {
    int n = runs.length / 3;
    int[] parent = new int[n];
    for (int i = 0; i < n; i++) {
      parent[i] = i;
    }
    int above = 0;
    for (int i = 0; i < n; i++) {
      int y = runs[3 * i];
      while (above < i && precedes(above, y - 1, runs[3 * i + 1])) {
        above++;
      }
      for (int j = above;
          j < i && runs[3 * j] == y - 1 && runs[3 * j + 1] <= runs[3 * i + 2];
          j++) {
        int a = root(parent, i);
        int b = root(parent, j);
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
    List<Runs> parts = new ArrayList<>();
    int[] label = new int[n];
    for (int i = 0; i < n; i++) {
      int root = root(parent, i);
      if (root == i) {
        label[i] = parts.size();
        parts.add(new Runs());
      } else {
        label[i] = label[root];
      }
      parts.get(label[i]).add(runs[3 * i], runs[3 * i + 1], runs[3 * i + 2]);
    }
    List<SpanSet> out = new ArrayList<>(parts.size());
    for (Runs part : parts) {
      out.add(new SpanSet(part.toArray()));
    }
    return out;
  }

  /** True when run i lies before row y, or on it and ends before x (not even diagonal). */
  private boolean precedes(int i, int y, int x) {
    return runs[3 * i] < y || (runs[3 * i] == y && runs[3 * i + 2] < x);
  }

  private static int root(int[] parent, int i) {
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  }

  /** The runs as (y, x0, x1) triples, x1 exclusive; a copy. */
  public int[] runs() {
    return runs.clone();
  }

  /** Number of runs. */
  public int size() {
    return runs.length / 3;
  }

  public int y(int run) {
    return runs[3 * run];
  }

  /** First column of a run. */
  public int x0(int run) {
    return runs[3 * run + 1];
  }

  /** First column past a run. */
  public int x1(int run) {
    return runs[3 * run + 2];
  }

  /** Number of pixels. */
  public int area() {
    return area;
  }

  public boolean isEmpty() {
    return area == 0;
  }

  public Box box() {
    return box;
  }

  /** Binary search over the runs. */
  public boolean contains(int x, int y) {
    int low = 0;
    int high = size() - 1;
    while (low <= high) {
      int mid = (low + high) >>> 1;
      if (y(mid) < y || (y(mid) == y && x1(mid) <= x)) {
        low = mid + 1;
      } else if (y(mid) > y || x0(mid) > x) {
        high = mid - 1;
      } else {
        return true;
      }
    }
    return false;
  }

  /** The part inside a box. */
  public SpanSet clip(Box to) {
    Runs out = new Runs();
    for (int i = 0; i < size(); i++) {
      if (y(i) >= to.y0() && y(i) < to.y1()) {
        out.add(y(i), Math.max(x0(i), to.x0()), Math.min(x1(i), to.x1()));
      }
    }
    return new SpanSet(out.toArray());
  }

  public SpanSet union(SpanSet other) {
    int[] all = Arrays.copyOf(runs, runs.length + other.runs.length);
    System.arraycopy(other.runs, 0, all, runs.length, other.runs.length);
    return ofRuns(all);
  }

  /** The pixels that both have. */
  public SpanSet intersect(SpanSet other) {
    Runs out = new Runs();
    int j = 0;
    for (int i = 0; i < size(); i++) {
      while (j < other.size() && other.precedes(j, y(i), x0(i))) {
        j++;
      }
      for (int k = j; k < other.size() && other.y(k) == y(i) && other.x0(k) < x1(i); k++) {
        out.add(y(i), Math.max(x0(i), other.x0(k)), Math.min(x1(i), other.x1(k)));
      }
    }
    return new SpanSet(out.toArray());
  }

  /** The pixels that the other set does not have. */
  public SpanSet minus(SpanSet other) {
    Runs out = new Runs();
    int j = 0;
    for (int i = 0; i < size(); i++) {
      while (j < other.size() && other.precedes(j, y(i), x0(i))) {
        j++;
      }
      int start = x0(i);
      for (int k = j; k < other.size() && other.y(k) == y(i) && other.x0(k) < x1(i); k++) {
        out.add(y(i), start, Math.min(other.x0(k), x1(i)));
        start = Math.max(start, other.x1(k));
      }
      out.add(y(i), start, x1(i));
    }
    return new SpanSet(out.toArray());
  }

  /** All pixels within a radius (pixels, centre to centre) of one of this set. */
  public SpanSet grow(double radius) {
    if (radius < 0 || isEmpty()) {
      return radius < 0 ? shrink(-radius) : this;
    }
    int reach = (int) radius;
    Runs out = new Runs();
    for (int dy = -reach; dy <= reach; dy++) {
      int half = (int) Math.sqrt(radius * radius - dy * dy);
      for (int i = 0; i < size(); i++) {
        out.add(y(i) + dy, x0(i) - half, x1(i) + half);
      }
    }
    return ofRuns(out.toArray());
  }

  /** The pixels whose whole disc of a radius lies in this set. */
  public SpanSet shrink(double radius) {
    SpanSet outside = ofBox(box.grow((int) radius + 1)).minus(this);
    return minus(outside.grow(radius));
  }

  public SpanSet shift(int dx, int dy) {
    int[] moved = runs.clone();
    for (int i = 0; i < moved.length; i += 3) {
      moved[i] += dy;
      moved[i + 1] += dx;
      moved[i + 2] += dx;
    }
    return new SpanSet(moved);
  }

  /** Sets planes on the pixels that lie in the mask. */
  public void setMask(MaskI mask, int planes) {
    SpanSet in = clip(mask.box());
    for (int i = 0; i < in.size(); i++) {
      int row = mask.index(0, in.y(i));
      for (int x = in.x0(i); x < in.x1(i); x++) {
        mask.data[row + x] |= planes;
      }
    }
  }

  /** Bits set in any of the pixels that lie in the mask. */
  public int orOf(MaskI mask) {
    SpanSet in = clip(mask.box());
    int bits = 0;
    for (int i = 0; i < in.size(); i++) {
      int row = mask.index(0, in.y(i));
      for (int x = in.x0(i); x < in.x1(i); x++) {
        bits |= mask.data[row + x];
      }
    }
    return bits;
  }

  private static int[] normal(int[] triples, int length) {
    int yMin = Integer.MAX_VALUE;
    int yMax = Integer.MIN_VALUE;
    for (int i = 0; i < length; i += 3) {
      yMin = Math.min(yMin, triples[i]);
      yMax = Math.max(yMax, triples[i]);
    }
    if (yMin > yMax) {
      return new int[0];
    }
    int[] start = new int[yMax - yMin + 2];
    for (int i = 0; i < length; i += 3) {
      start[triples[i] - yMin + 1]++;
    }
    for (int r = 1; r < start.length; r++) {
      start[r] += start[r - 1];
    }
    long[] keys = new long[length / 3];
    int[] fill = start.clone();
    for (int i = 0; i < length; i += 3) {
      keys[fill[triples[i] - yMin]++] =
          ((long) triples[i + 1] << 32) | (triples[i + 2] & 0xffffffffL);
    }
    Runs out = new Runs();
    for (int r = 0; r + 1 < start.length; r++) {
      Arrays.sort(keys, start[r], start[r + 1]);
      for (int k = start[r]; k < start[r + 1]; k++) {
        out.merge(yMin + r, (int) (keys[k] >> 32), (int) keys[k]);
      }
    }
    return out.toArray();
  }

  /** A growing list of runs. */
  private static final class Runs {
    private int[] list = new int[48];
    private int n;

    void add(int y, int x0, int x1) {
      if (x1 <= x0) {
        return;
      }
      if (n + 3 > list.length) {
        list = Arrays.copyOf(list, 2 * list.length);
      }
      list[n++] = y;
      list[n++] = x0;
      list[n++] = x1;
    }

    /** Adds a run that does not begin before the last one of its row. */
    void merge(int y, int x0, int x1) {
      if (n > 0 && x1 > x0 && list[n - 3] == y && list[n - 1] >= x0) {
        list[n - 1] = Math.max(list[n - 1], x1);
      } else {
        add(y, x0, x1);
      }
    }

    int[] toArray() {
      return Arrays.copyOf(list, n);
    }
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof SpanSet other && Arrays.equals(runs, other.runs);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(runs);
  }

  @Override
  public String toString() {
    return "SpanSet[" + area + " pixels in " + box + "]";
  }
}
