package org.starbeam.image;

/** Order statistics without sorting. Values are finite. */
public final class Selection {
  /** From here on two passes of histograms are faster than a selection. */
  private static final int MANY = 20_000;

  private Selection() {}

  /**
   * The value of a rank, 0 being the smallest, among the first n; the array is not modified.
   *
   * @param n more than the rank
   */
  public static float ofRank(float[] values, int n, int rank) {
    int[] ranks = {rank};
    return n > MANY ? radix(values, n, ranks)[0] : small(values, n, ranks)[0];
  }

  /**
   * The values of given ranks among the first n, by two histograms of 16 bits each of the ordered
   * bit pattern; the array is not modified.
   */
  static float[] radix(float[] v, int n, int[] ranks) {
    int[] high = new int[1 << 16];
    for (int i = 0; i < n; i++) {
      high[key(v[i]) >>> 16]++;
    }
    int[] bucket = new int[ranks.length];
    int[] before = new int[ranks.length];
    for (int k = 0; k < ranks.length; k++) {
      int b = 0;
      int below = 0;
      while (below + high[b] <= ranks[k]) {
        below += high[b++];
      }
      bucket[k] = b;
      before[k] = below;
    }
    float[] out = new float[ranks.length];
    boolean[] done = new boolean[ranks.length];
    for (int k = 0; k < ranks.length; k++) {
      if (done[k]) {
        continue;
      }
      int[] low = new int[1 << 16];
      int wanted = bucket[k];
      for (int i = 0; i < n; i++) {
        int key = key(v[i]);
        if (key >>> 16 == wanted) {
          low[key & 0xffff]++;
        }
      }
      for (int j = k; j < ranks.length; j++) {
        if (bucket[j] == wanted) {
          int b = 0;
          int below = before[j];
          while (below + low[b] <= ranks[j]) {
            below += low[b++];
          }
          out[j] = value(wanted << 16 | b);
          done[j] = true;
        }
      }
    }
    return out;
  }

  /** The values of given ranks (ascending) by selection in a copy. */
  static float[] small(float[] v, int n, int[] ranks) {
    double[] copy = new double[n];
    for (int i = 0; i < n; i++) {
      copy[i] = v[i];
    }
    float[] out = new float[ranks.length];
    int from = 0;
    for (int k = 0; k < ranks.length; k++) {
      out[k] = (float) select(copy, from, n, ranks[k]);
      from = ranks[k];
    }
    return out;
  }

  /** The value of a rank among the first n; reorders the array. */
  static double select(double[] a, int n, int rank) {
    return select(a, 0, n, rank);
  }

  /**
   * Hoare's selection between {@code from} and {@code to}: afterwards what stands before the rank
   * is not larger, what stands behind not smaller.
   */
  private static double select(double[] a, int from, int to, int rank) {
    int low = from;
    int high = to - 1;
    while (low < high) {
      double pivot = middle(a[low], a[(low + high) >>> 1], a[high]);
      int i = low;
      int j = high;
      while (i <= j) {
        while (a[i] < pivot) {
          i++;
        }
        while (a[j] > pivot) {
          j--;
        }
        if (i <= j) {
          double t = a[i];
          a[i++] = a[j];
          a[j--] = t;
        }
      }
      if (rank <= j) {
        high = j;
      } else if (rank >= i) {
        low = i;
      } else {
        break;
      }
    }
    return a[rank];
  }

  private static double middle(double a, double b, double c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  /** Bits that order like the float when read as unsigned. */
  private static int key(float v) {
    int bits = Float.floatToRawIntBits(v);
    return bits ^ ((bits >> 31) | 0x80000000);
  }

  private static float value(int key) {
    return Float.intBitsToFloat(key < 0 ? key & 0x7fffffff : ~key);
  }
}
