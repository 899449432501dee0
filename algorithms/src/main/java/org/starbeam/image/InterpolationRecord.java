package org.starbeam.image;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.fits.FitsTable;

/**
 * What an interpolation replaced: place, original value and variance, the planes that caused it and
 * the method, one entry per pixel in the order (y, x). {@link #restore} gives the image back bit
 * for bit. Stored as table INTERP (specs/02 section 2).
 */
public final class InterpolationRecord {
  /** How a pixel was filled. */
  public enum Method {
    /** Linear prediction from the good pixels on both sides. */
    LINE,
    /** Linear prediction from one side only. */
    ONE_SIDE,
    /** Straight line between the medians of both sides. */
    RAMP,
    /** The clipped median of the image, in a large region. */
    MEDIAN,
    /** The clipped median of the image, for want of a good pixel in the line; also NO_DATA. */
    NO_NEIGHBOUR
  }

  private final int[] x;
  private final int[] y;
  private final float[] value;
  private final float[] variance;
  private final int[] mask;
  private final int[] method;
  private final long pixels;

  private InterpolationRecord(
      int[] x, int[] y, float[] value, float[] variance, int[] mask, int[] method, long pixels) {
    this.x = x;
    this.y = y;
    this.value = value;
    this.variance = variance;
    this.mask = mask;
    this.method = method;
    this.pixels = pixels;
  }

  /** Collects entries; they may come in any order. */
  static final class Builder {
    private int[] x = new int[256];
    private int[] y = new int[256];
    private float[] value = new float[256];
    private float[] variance = new float[256];
    private int[] mask = new int[256];
    private int[] method = new int[256];
    private int n;

    void add(int px, int py, float v, float var, int bits, Method how) {
      if (n == x.length) {
        x = Arrays.copyOf(x, 2 * n);
        y = Arrays.copyOf(y, 2 * n);
        value = Arrays.copyOf(value, 2 * n);
        variance = Arrays.copyOf(variance, 2 * n);
        mask = Arrays.copyOf(mask, 2 * n);
        method = Arrays.copyOf(method, 2 * n);
      }
      x[n] = px;
      y[n] = py;
      value[n] = v;
      variance[n] = var;
      mask[n] = bits;
      method[n++] = how.ordinal();
    }

    InterpolationRecord build(long pixels) {
      Integer[] index = new Integer[n];
      Arrays.setAll(index, i -> i);
      Arrays.sort(
          index,
          (a, b) -> y[a] != y[b] ? Integer.compare(y[a], y[b]) : Integer.compare(x[a], x[b]));
      int[] sx = new int[n];
      int[] sy = new int[n];
      float[] sv = new float[n];
      float[] svar = new float[n];
      int[] sm = new int[n];
      int[] sh = new int[n];
      for (int i = 0; i < n; i++) {
        int k = index[i];
        sx[i] = x[k];
        sy[i] = y[k];
        sv[i] = value[k];
        svar[i] = variance[k];
        sm[i] = mask[k];
        sh[i] = method[k];
      }
      return new InterpolationRecord(sx, sy, sv, svar, sm, sh, pixels);
    }
  }

  /** Number of filled pixels. */
  public int size() {
    return x.length;
  }

  /** Filled pixels over all pixels of the image. */
  public double fraction() {
    return pixels == 0 ? 0 : size() / (double) pixels;
  }

  /** The filled pixels that any of the planes caused. */
  public SpanSet spans(int planes) {
    int[] runs = new int[3 * size()];
    int n = 0;
    for (int i = 0; i < size(); i++) {
      if ((mask[i] & planes) != 0) {
        runs[n++] = y[i];
        runs[n++] = x[i];
        runs[n++] = x[i] + 1;
      }
    }
    return SpanSet.ofRuns(Arrays.copyOf(runs, n));
  }

  /** Puts the originals back: image, variance and mask of every filled pixel. */
  public void restore(MaskedImage image) {
    for (int i = 0; i < size(); i++) {
      if (image.box().contains(x[i], y[i])) {
        image.image().set(x[i], y[i], value[i]);
        image.variance().set(x[i], y[i], variance[i]);
        image.mask().set(x[i], y[i], mask[i]);
      }
    }
  }

  public FitsTable toTable() {
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x.clone());
    columns.put("y", y.clone());
    columns.put("value", value.clone());
    columns.put("variance", variance.clone());
    columns.put("mask", mask.clone());
    columns.put("method", method.clone());
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("NPIXELS", pixels);
    for (Method m : Method.values()) {
      header.put("METHOD" + m.ordinal(), m.name());
    }
    return new FitsTable("INTERP", header, columns);
  }

  public static InterpolationRecord fromTable(FitsTable table) {
    Map<String, Object> c = table.columns();
    Object pixels = table.header().get("NPIXELS");
    return new InterpolationRecord(
        (int[]) column(c, "x"),
        (int[]) column(c, "y"),
        (float[]) column(c, "value"),
        (float[]) column(c, "variance"),
        (int[]) column(c, "mask"),
        (int[]) column(c, "method"),
        pixels instanceof Number n ? n.longValue() : 0);
  }

  private static Object column(Map<String, Object> columns, String name) {
    Object column = columns.get(name);
    if (column == null) {
      throw new IllegalArgumentException("no column " + name + " in " + columns.keySet());
    }
    return column;
  }
}
