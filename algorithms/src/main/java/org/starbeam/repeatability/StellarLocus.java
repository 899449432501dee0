package org.starbeam.repeatability;

import java.util.Arrays;
import org.starbeam.image.ClippedStatistics;

/**
 * The stellar locus in g-r and r-i (specs/04 section 11.4, wPerp of specs/07 section 11.2): a
 * straight line through stars of 0.28 to 1.0 and 0.02 to 0.48 mag by orthogonal regression, clipped
 * at 3.5 robust sigma, fitted again to what projects into the segment, clipped at 2.5, fitted
 * again. Colours are magnitudes as they are given, NaN where there is none.
 *
 * @param g component of the unit vector along the line in g-r
 * @param r component in r-i
 * @param g0 g-r of a point on the line
 * @param r0 r-i of that point
 */
public record StellarLocus(double g, double r, double g0, double r0) {
  /** Range of g-r of the box. */
  public static final double BLUEST = 0.28;

  /** Its other end. */
  public static final double REDDEST = 1.0;

  private static final double LEAST_R_I = 0.02;
  private static final double LARGEST_R_I = 0.48;
  private static final double TO_MMAG = 1000;

  /** The line of HSC, r-i = 0.483 (g-r) - 0.042. */
  public static final StellarLocus HSC = through(0.483, -0.042);

  private static StellarLocus through(double slope, double intercept) {
    double norm = Math.hypot(1, slope);
    double middle = 0.5 * (BLUEST + REDDEST);
    return new StellarLocus(1 / norm, slope / norm, middle, slope * middle + intercept);
  }

  /** Whether colours are in the box of the locus. */
  static boolean contains(double gr, double ri) {
    return gr > BLUEST && gr < REDDEST && ri > LEAST_R_I && ri < LARGEST_R_I;
  }

  /** Distance to the line in mmag, positive above it. */
  double distance(double gr, double ri) {
    return TO_MMAG * (g * (ri - r0) - r * (gr - g0));
  }

  /** r-i on the line. */
  public double at(double gr) {
    return r0 + (gr - g0) * r / g;
  }

  /** Distances of stars, NaN outside of the box. */
  public double[] distances(double[] gr, double[] ri) {
    double[] out = new double[gr.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = contains(gr[i], ri[i]) ? distance(gr[i], ri[i]) : Double.NaN;
    }
    return out;
  }

  /** The line of these stars; that of HSC with fewer than three in the box. */
  public static StellarLocus fit(double[] gr, double[] ri) {
    boolean[] used = new boolean[gr.length];
    for (int i = 0; i < used.length; i++) {
      used[i] = contains(gr[i], ri[i]);
    }
    StellarLocus line = HSC.refit(gr, ri, used);
    for (double sigmas : new double[] {3.5, 2.5}) {
      double[] d = line.distances(gr, ri);
      double limit = sigmas * width(d);
      double middle = middle(d);
      for (int i = 0; i < used.length; i++) {
        used[i] = contains(gr[i], ri[i]) && Math.abs(d[i] - middle) <= limit;
      }
      line = line.refit(gr, ri, used);
    }
    return line;
  }

  private StellarLocus refit(double[] gr, double[] ri, boolean[] used) {
    int n = 0;
    double x = 0;
    double y = 0;
    for (int i = 0; i < used.length; i++) {
      if (used[i]) {
        n++;
        x += gr[i];
        y += ri[i];
      }
    }
    if (n < 3) {
      return this;
    }
    x /= n;
    y /= n;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (int i = 0; i < used.length; i++) {
      if (used[i]) {
        xx += (gr[i] - x) * (gr[i] - x);
        yy += (ri[i] - y) * (ri[i] - y);
        xy += (gr[i] - x) * (ri[i] - y);
      }
    }
    double angle = 0.5 * Math.atan2(2 * xy, xx - yy);
    return new StellarLocus(Math.cos(angle), Math.sin(angle), x, y);
  }

  /** Median of the finite distances. */
  public static double middle(double[] distances) {
    double[] sorted = finite(distances);
    return sorted.length == 0 ? Double.NaN : ClippedStatistics.quantile(sorted, 0.5);
  }

  /** 1.4826 times the median absolute deviation of the finite distances. */
  public static double width(double[] distances) {
    double middle = middle(distances);
    double[] off =
        Arrays.stream(finite(distances)).map(d -> Math.abs(d - middle)).sorted().toArray();
    return off.length == 0
        ? Double.NaN
        : ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.quantile(off, 0.5);
  }

  /** The finite of some values, ascending. */
  public static double[] finite(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
  }
}
