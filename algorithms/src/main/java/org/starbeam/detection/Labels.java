package org.starbeam.detection;

import java.util.Arrays;

/**
 * Connected components (8-connectivity) of a binary map by runs and union-find: runs of a row are
 * joined to touching runs of the row above, the smaller root wins, paths are halved. Labels count
 * from 0 in the order of their first pixel (y, x). O(pixels + runs).
 */
final class Labels {
  /** Runs as (y, x0, x1) triples, x1 exclusive, by row then column. */
  final int[] runs;

  /** Label of every run. */
  final int[] label;

  /** Number of labels. */
  final int count;

  private Labels(int[] runs, int[] label, int count) {
    this.runs = runs;
    this.label = label;
    this.count = count;
  }

  static Labels of(boolean[] map, int width, int height) {
    int[] runs = new int[3 * 256];
    int n = 0;
    int[] firstOfRow = new int[height + 1];
    for (int y = 0; y < height; y++) {
      firstOfRow[y] = n;
      int row = y * width;
      for (int x = 0; x < width; x++) {
        if (!map[row + x]) {
          continue;
        }
        int start = x;
        while (x < width && map[row + x]) {
          x++;
        }
        if (3 * n + 3 > runs.length) {
          runs = Arrays.copyOf(runs, 2 * runs.length);
        }
        runs[3 * n] = y;
        runs[3 * n + 1] = start;
        runs[3 * n + 2] = x;
        n++;
      }
    }
    firstOfRow[height] = n;
    int[] parent = unite(runs, n, firstOfRow, height);
    int[] label = new int[n];
    int count = 0;
    for (int i = 0; i < n; i++) {
      int root = root(parent, i);
      label[i] = root == i ? count++ : label[root];
    }
    return new Labels(Arrays.copyOf(runs, 3 * n), label, count);
  }

  private static int[] unite(int[] runs, int n, int[] firstOfRow, int height) {
    int[] parent = new int[n];
    for (int i = 0; i < n; i++) {
      parent[i] = i;
    }
    for (int y = 1; y < height; y++) {
      int above = firstOfRow[y - 1];
      int endAbove = firstOfRow[y];
      for (int i = firstOfRow[y]; i < firstOfRow[y + 1]; i++) {
        while (above < endAbove && runs[3 * above + 2] < runs[3 * i + 1]) {
          above++;
        }
        for (int j = above; j < endAbove && runs[3 * j + 1] <= runs[3 * i + 2]; j++) {
          int a = root(parent, i);
          int b = root(parent, j);
          parent[Math.max(a, b)] = Math.min(a, b);
        }
      }
    }
    return parent;
  }

  private static int root(int[] parent, int i) {
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  }

  /** Runs of each label in row order. */
  int[][] runsByLabel() {
    int[] size = new int[count];
    for (int l : label) {
      size[l] += 3;
    }
    int[][] out = new int[count][];
    for (int l = 0; l < count; l++) {
      out[l] = new int[size[l]];
    }
    int[] fill = new int[count];
    for (int i = 0; i < label.length; i++) {
      System.arraycopy(runs, 3 * i, out[label[i]], fill[label[i]], 3);
      fill[label[i]] += 3;
    }
    return out;
  }
}
