package org.starbeam.streak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Chains of neighbouring edge bins of a binary map. A bin is an edge when it is above the threshold
 * and a valid 4-neighbour is not; the border of the frame and of what was taken out is no edge.
 */
final class EdgeChains {
  private static final int[] DX = {1, 0, -1, 0, 1, -1, -1, 1};
  private static final int[] DY = {0, 1, 0, -1, 1, 1, -1, -1};

  private final int width;
  private final int height;
  private final boolean[] edge;

  EdgeChains(BinnedMap map, double threshold) {
    width = map.width();
    height = map.height();
    edge = new boolean[width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        edge[y * width + x] = map.isValid(x, y) && isEdge(map, x, y, (float) threshold);
      }
    }
  }

  private static boolean isEdge(BinnedMap map, int x, int y, float threshold) {
    if (!(map.value(x, y) > threshold)) {
      return false;
    }
    for (int k = 0; k < 4; k++) {
      int u = x + DX[k];
      int v = y + DY[k];
      if (map.isValid(u, v) && !(map.value(u, v) > threshold)) {
        return true;
      }
    }
    return false;
  }

  /** Chains of indices y * width + x in the order along them; every edge bin is in one. */
  List<int[]> chains() {
    List<int[]> out = new ArrayList<>();
    int[] forward = new int[edge.length];
    int[] back = new int[edge.length];
    for (int i = 0; i < edge.length; i++) {
      if (edge[i]) {
        edge[i] = false;
        int n = follow(i, forward);
        int m = follow(i, back);
        int[] chain = new int[n + m + 1];
        for (int k = 0; k < m; k++) {
          chain[k] = back[m - 1 - k];
        }
        chain[m] = i;
        System.arraycopy(forward, 0, chain, m + 1, n);
        out.add(chain);
      }
    }
    return out;
  }

  /** Walks over unvisited neighbours, those that share a side first. */
  private int follow(int start, int[] out) {
    int n = 0;
    int at = start;
    while (true) {
      int next = -1;
      for (int k = 0; k < 8 && next < 0; k++) {
        int x = at % width + DX[k];
        int y = at / width + DY[k];
        if (x >= 0 && y >= 0 && x < width && y < height && edge[y * width + x]) {
          next = y * width + x;
        }
      }
      if (next < 0) {
        return n;
      }
      edge[next] = false;
      out[n++] = next;
      at = next;
    }
  }

  /**
   * The pieces of a chain that stay within a distance of their chord, split where they are farthest
   * from it.
   *
   * @param deviation in bins
   * @param least number of bins of a piece, and length of its chord: a chain may zigzag over a
   *     trail of few bins
   */
  static List<int[]> straight(int[] chain, int width, double deviation, int least) {
    List<int[]> out = new ArrayList<>();
    split(chain, width, deviation, least, out);
    return out;
  }

  private static void split(int[] chain, int width, double deviation, int least, List<int[]> out) {
    int n = chain.length;
    if (n < least) {
      return;
    }
    double x0 = chain[0] % width;
    double y0 = chain[0] / width;
    double dx = chain[n - 1] % width - x0;
    double dy = chain[n - 1] / width - y0;
    double length = Math.hypot(dx, dy);
    int worst = 0;
    double most = 0;
    for (int i = 1; i < n - 1; i++) {
      double x = chain[i] % width - x0;
      double y = chain[i] / width - y0;
      double d = length > 0 ? Math.abs(x * dy - y * dx) / length : Math.hypot(x, y);
      if (d > most) {
        most = d;
        worst = i;
      }
    }
    if (most <= deviation && length >= least) {
      out.add(chain);
    } else if (worst > 0) {
      split(Arrays.copyOfRange(chain, 0, worst), width, deviation, least, out);
      split(Arrays.copyOfRange(chain, worst, n), width, deviation, least, out);
    }
  }
}
