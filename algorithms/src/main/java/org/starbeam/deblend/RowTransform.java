package org.starbeam.deblend;

/**
 * Fourier transforms of the columns of a matrix whose rows are arrays: all columns at once, element
 * by element of the rows, so that the inner loops run over contiguous floats. Length 2^a 3^b 5^c,
 * decimation in frequency without reordering (Stockham). Immutable.
 */
final class RowTransform {
  private static final float S3 = (float) Math.sqrt(0.75);
  private static final float C51 = (float) Math.cos(2 * Math.PI / 5);
  private static final float C52 = (float) Math.cos(4 * Math.PI / 5);
  private static final float S51 = (float) Math.sin(2 * Math.PI / 5);
  private static final float S52 = (float) Math.sin(4 * Math.PI / 5);

  private final int length;
  private final int[] radices;
  private final float[] cos;
  private final float[] sin;

  RowTransform(int length) {
    this.length = length;
    this.radices = radices(length);
    cos = new float[length];
    sin = new float[length];
    for (int i = 0; i < length; i++) {
      cos[i] = (float) Math.cos(2 * Math.PI * i / length);
      sin[i] = (float) -Math.sin(2 * Math.PI * i / length);
    }
  }

  /** The next length that can be transformed, at least n, and even when asked for. */
  static int length(int n, boolean even) {
    for (int m = Math.max(n, 1); ; m++) {
      int rest = m;
      for (int p : new int[] {2, 3, 5}) {
        while (rest % p == 0) {
          rest /= p;
        }
      }
      if (rest == 1 && (!even || m % 2 == 0)) {
        return m;
      }
    }
  }

  private static int[] radices(int n) {
    int[] out = new int[32];
    int count = 0;
    int rest = n;
    for (int p : new int[] {4, 2, 3, 5}) {
      while (rest % p == 0 && rest > 1) {
        out[count++] = p;
        rest /= p;
      }
    }
    if (rest != 1) {
      throw new IllegalArgumentException("length " + n + " is not of the form 2^a 3^b 5^c");
    }
    return java.util.Arrays.copyOf(out, count);
  }

  /** Whether an odd number of passes leaves the result in the other pair of matrices. */
  boolean endsInOther() {
    return radices.length % 2 == 1;
  }

  /**
   * Transforms the first {@code width} columns with exp(-2 pi i k x / n), not scaled. With real and
   * imaginary parts exchanged it is the inverse. The result is in (re, im), or in (otherRe,
   * otherIm) if {@link #endsInOther}.
   */
  void run(float[][] re, float[][] im, float[][] otherRe, float[][] otherIm, int width) {
    float[][] xr = re;
    float[][] xi = im;
    float[][] yr = otherRe;
    float[][] yi = otherIm;
    int n = length;
    int stride = 1;
    for (int radix : radices) {
      pass(radix, n, stride, xr, xi, yr, yi, width);
      float[][] t = xr;
      xr = yr;
      yr = t;
      t = xi;
      xi = yi;
      yi = t;
      n /= radix;
      stride *= radix;
    }
  }

  private void pass(
      int radix,
      int n,
      int stride,
      float[][] xr,
      float[][] xi,
      float[][] yr,
      float[][] yi,
      int width) {
    int m = n / radix;
    for (int k = 0; k < m; k++) {
      int turn = k * stride;
      for (int q = 0; q < stride; q++) {
        int from = q + stride * k;
        int step = stride * m;
        int to = q + stride * radix * k;
        switch (radix) {
          case 2 -> two(xr, xi, yr, yi, from, step, to, stride, turn, width);
          case 3 -> three(xr, xi, yr, yi, from, step, to, stride, turn, width);
          case 4 -> four(xr, xi, yr, yi, from, step, to, stride, turn, width);
          default -> five(xr, xi, yr, yi, from, step, to, stride, turn, width);
        }
      }
    }
  }

  private void two(
      float[][] xr,
      float[][] xi,
      float[][] yr,
      float[][] yi,
      int from,
      int step,
      int to,
      int stride,
      int turn,
      int width) {
    float[] ar = xr[from];
    float[] ai = xi[from];
    float[] br = xr[from + step];
    float[] bi = xi[from + step];
    float[] pr = yr[to];
    float[] pi = yi[to];
    float[] qr = yr[to + stride];
    float[] qi = yi[to + stride];
    float c = cos[turn];
    float s = sin[turn];
    for (int i = 0; i < width; i++) {
      float dr = ar[i] - br[i];
      float di = ai[i] - bi[i];
      pr[i] = ar[i] + br[i];
      pi[i] = ai[i] + bi[i];
      qr[i] = dr * c - di * s;
      qi[i] = dr * s + di * c;
    }
  }

  private void three(
      float[][] xr,
      float[][] xi,
      float[][] yr,
      float[][] yi,
      int from,
      int step,
      int to,
      int stride,
      int turn,
      int width) {
    float[] ar = xr[from];
    float[] ai = xi[from];
    float[] br = xr[from + step];
    float[] bi = xi[from + step];
    float[] cr = xr[from + 2 * step];
    float[] ci = xi[from + 2 * step];
    float[] pr = yr[to];
    float[] pi = yi[to];
    float[] qr = yr[to + stride];
    float[] qi = yi[to + stride];
    float[] rr = yr[to + 2 * stride];
    float[] ri = yi[to + 2 * stride];
    float c1 = cos[turn];
    float s1 = sin[turn];
    float c2 = cos[2 * turn];
    float s2 = sin[2 * turn];
    for (int i = 0; i < width; i++) {
      float sr = br[i] + cr[i];
      float si = bi[i] + ci[i];
      float dr = S3 * (br[i] - cr[i]);
      float di = S3 * (bi[i] - ci[i]);
      float mr = ar[i] - 0.5f * sr;
      float mi = ai[i] - 0.5f * si;
      float ur = mr + di;
      float ui = mi - dr;
      float vr = mr - di;
      float vi = mi + dr;
      pr[i] = ar[i] + sr;
      pi[i] = ai[i] + si;
      qr[i] = ur * c1 - ui * s1;
      qi[i] = ur * s1 + ui * c1;
      rr[i] = vr * c2 - vi * s2;
      ri[i] = vr * s2 + vi * c2;
    }
  }

  private void four(
      float[][] xr,
      float[][] xi,
      float[][] yr,
      float[][] yi,
      int from,
      int step,
      int to,
      int stride,
      int turn,
      int width) {
    float[] ar = xr[from];
    float[] ai = xi[from];
    float[] br = xr[from + step];
    float[] bi = xi[from + step];
    float[] cr = xr[from + 2 * step];
    float[] ci = xi[from + 2 * step];
    float[] dr = xr[from + 3 * step];
    float[] di = xi[from + 3 * step];
    float[] pr = yr[to];
    float[] pi = yi[to];
    float[] qr = yr[to + stride];
    float[] qi = yi[to + stride];
    float[] rr = yr[to + 2 * stride];
    float[] ri = yi[to + 2 * stride];
    float[] tr = yr[to + 3 * stride];
    float[] ti = yi[to + 3 * stride];
    float c1 = cos[turn];
    float s1 = sin[turn];
    float c2 = cos[2 * turn];
    float s2 = sin[2 * turn];
    float c3 = cos[3 * turn];
    float s3 = sin[3 * turn];
    for (int i = 0; i < width; i++) {
      float apcr = ar[i] + cr[i];
      float apci = ai[i] + ci[i];
      float amcr = ar[i] - cr[i];
      float amci = ai[i] - ci[i];
      float bpdr = br[i] + dr[i];
      float bpdi = bi[i] + di[i];
      float bmdr = br[i] - dr[i];
      float bmdi = bi[i] - di[i];
      pr[i] = apcr + bpdr;
      pi[i] = apci + bpdi;
      float ur = amcr + bmdi;
      float ui = amci - bmdr;
      qr[i] = ur * c1 - ui * s1;
      qi[i] = ur * s1 + ui * c1;
      float vr = apcr - bpdr;
      float vi = apci - bpdi;
      rr[i] = vr * c2 - vi * s2;
      ri[i] = vr * s2 + vi * c2;
      float wr = amcr - bmdi;
      float wi = amci + bmdr;
      tr[i] = wr * c3 - wi * s3;
      ti[i] = wr * s3 + wi * c3;
    }
  }

  private void five(
      float[][] xr,
      float[][] xi,
      float[][] yr,
      float[][] yi,
      int from,
      int step,
      int to,
      int stride,
      int turn,
      int width) {
    float[] ar = xr[from];
    float[] ai = xi[from];
    float[] br = xr[from + step];
    float[] bi = xi[from + step];
    float[] cr = xr[from + 2 * step];
    float[] ci = xi[from + 2 * step];
    float[] dr = xr[from + 3 * step];
    float[] di = xi[from + 3 * step];
    float[] er = xr[from + 4 * step];
    float[] ei = xi[from + 4 * step];
    float[] pr = yr[to];
    float[] pi = yi[to];
    float[] qr = yr[to + stride];
    float[] qi = yi[to + stride];
    float[] rr = yr[to + 2 * stride];
    float[] ri = yi[to + 2 * stride];
    float[] tr = yr[to + 3 * stride];
    float[] ti = yi[to + 3 * stride];
    float[] wr = yr[to + 4 * stride];
    float[] wi = yi[to + 4 * stride];
    float c1 = cos[turn];
    float s1 = sin[turn];
    float c2 = cos[2 * turn];
    float s2 = sin[2 * turn];
    float c3 = cos[3 * turn];
    float s3 = sin[3 * turn];
    float c4 = cos[4 * turn];
    float s4 = sin[4 * turn];
    for (int i = 0; i < width; i++) {
      float ber = br[i] + er[i];
      float bei = bi[i] + ei[i];
      float cdr = cr[i] + dr[i];
      float cdi = ci[i] + di[i];
      float bmr = br[i] - er[i];
      float bmi = bi[i] - ei[i];
      float cmr = cr[i] - dr[i];
      float cmi = ci[i] - di[i];
      float mr = ar[i] + C51 * ber + C52 * cdr;
      float mi = ai[i] + C51 * bei + C52 * cdi;
      float nr = S51 * bmr + S52 * cmr;
      float ni = S51 * bmi + S52 * cmi;
      float or = ar[i] + C52 * ber + C51 * cdr;
      float oi = ai[i] + C52 * bei + C51 * cdi;
      float ur = S52 * bmr - S51 * cmr;
      float ui = S52 * bmi - S51 * cmi;
      pr[i] = ar[i] + ber + cdr;
      pi[i] = ai[i] + bei + cdi;
      qr[i] = (mr + ni) * c1 - (mi - nr) * s1;
      qi[i] = (mr + ni) * s1 + (mi - nr) * c1;
      rr[i] = (or + ui) * c2 - (oi - ur) * s2;
      ri[i] = (or + ui) * s2 + (oi - ur) * c2;
      tr[i] = (or - ui) * c3 - (oi + ur) * s3;
      ti[i] = (or - ui) * s3 + (oi + ur) * c3;
      wr[i] = (mr - ni) * c4 - (mi + nr) * s4;
      wi[i] = (mr - ni) * s4 + (mi + nr) * c4;
    }
  }
}
