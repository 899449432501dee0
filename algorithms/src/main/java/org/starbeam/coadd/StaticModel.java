package org.starbeam.coadd;

import java.util.Arrays;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.SpanSet;

/**
 * A robust mean of many images as associative state (specs/03 section 3.3): per pixel the number n
 * of values, sum W, sum rint(W x), and the K largest and K smallest values with the numbers of
 * their inputs. The model leaves out the k(n) extremes at each end; k is 0 up to n = 2, 1 up to 4,
 * 2 from 5 and 3 from 20 on. Merging adds the sums and merges the lists, ties by input number, so
 * order and partition do not matter.
 */
public final class StaticModel {
  private static final int NONE = Integer.MAX_VALUE;

  private final Box box;
  private final int[] weights;
  private final int kept;
  private final int[] count;
  private final long[] sumW;
  private final long[] sumWx;
  private final float[] top;
  private final float[] bottom;
  private final int[] topId;
  private final int[] bottomId;

  /**
   * @param box binned pixels
   * @param weights integer weight of each input, by input number
   * @param kept K
   */
  public StaticModel(Box box, int[] weights, int kept) {
    this.box = box;
    this.weights = weights.clone();
    this.kept = kept;
    int n = box.area();
    count = new int[n];
    sumW = new long[n];
    sumWx = new long[n];
    top = new float[n * kept];
    bottom = new float[n * kept];
    topId = new int[n * kept];
    bottomId = new int[n * kept];
    Arrays.fill(topId, NONE);
    Arrays.fill(bottomId, NONE);
  }

  /** Number of extremes left out at each end of n values. */
  public static int trimmed(int n) {
    if (n <= 2) {
      return 0;
    }
    return n <= 4 ? 1 : n < 20 ? 2 : 3;
  }

  /** Adds the values of an input, without NaN and without the pixels to leave out. */
  public void add(int input, ImageF values, SpanSet without) {
    Box overlap = box.intersect(values.box());
    boolean all = without.isEmpty();
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      int from = values.index(overlap.x0(), y);
      int to = (y - box.y0()) * box.width() + overlap.x0() - box.x0();
      for (int x = 0; x < overlap.width(); x++) {
        float value = values.data[from + x];
        if (!Float.isNaN(value) && (all || !without.contains(overlap.x0() + x, y))) {
          addValue(to + x, value, input);
        }
      }
    }
  }

  void addValue(int i, float value, int input) {
    count[i]++;
    sumW[i] += weights[input];
    sumWx[i] += CellState.contribution(weights[input], value);
    insert(top, topId, i, value, input, -1);
    insert(bottom, bottomId, i, value, input, 1);
  }

  /** Keeps the first K in the order of sign * value, then input number. */
  private void insert(float[] list, int[] ids, int pixel, float value, int id, int sign) {
    int first = pixel * kept;
    int at = first + kept;
    while (at > first && precedes(sign * value, id, sign * list[at - 1], ids[at - 1])) {
      at--;
    }
    if (at == first + kept) {
      return;
    }
    for (int j = first + kept - 1; j > at; j--) {
      list[j] = list[j - 1];
      ids[j] = ids[j - 1];
    }
    list[at] = value;
    ids[at] = id;
  }

  private static boolean precedes(float a, int idA, float b, int idB) {
    return idB == NONE || a < b || (a == b && idA < idB);
  }

  /** Adds all that another model over the same box and inputs holds. */
  public void merge(StaticModel other) {
    if (!box.equals(other.box) || kept != other.kept || !Arrays.equals(weights, other.weights)) {
      throw new IllegalArgumentException("models of different shape");
    }
    for (int i = 0; i < count.length; i++) {
      count[i] += other.count[i];
      sumW[i] += other.sumW[i];
      sumWx[i] += other.sumWx[i];
      for (int k = i * kept; k < (i + 1) * kept; k++) {
        if (other.topId[k] != NONE) {
          insert(top, topId, i, other.top[k], other.topId[k], -1);
        }
        if (other.bottomId[k] != NONE) {
          insert(bottom, bottomId, i, other.bottom[k], other.bottomId[k], 1);
        }
      }
    }
  }

  /** Number of inputs at a pixel, by index in the box. */
  public int count(int i) {
    return count[i];
  }

  /** The model at a pixel; NaN without data. */
  public float value(int i) {
    return value(i, Math.min(kept, trimmed(count[i])));
  }

  float value(int i, int k) {
    long w = sumW[i];
    long wx = sumWx[i];
    for (int j = i * kept; j < i * kept + k; j++) {
      w -= (long) weights[topId[j]] + weights[bottomId[j]];
      wx -= CellState.contribution(weights[topId[j]], top[j]);
      wx -= CellState.contribution(weights[bottomId[j]], bottom[j]);
    }
    return w > 0 ? (float) ((double) wx / w) : Float.NaN;
  }

  /** The model as an image. */
  public ImageF image() {
    ImageF out = new ImageF(box);
    for (int i = 0; i < count.length; i++) {
      out.data[i] = value(i);
    }
    return out;
  }

  /** {value, input} pairs of the largest (or smallest) values of a pixel. */
  double[][] extremes(int i, boolean largest) {
    double[][] out = new double[kept][];
    for (int k = 0; k < kept; k++) {
      int j = i * kept + k;
      out[k] = largest ? new double[] {top[j], topId[j]} : new double[] {bottom[j], bottomId[j]};
    }
    return out;
  }
}
