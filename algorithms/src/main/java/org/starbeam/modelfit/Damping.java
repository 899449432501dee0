package org.starbeam.modelfit;

/**
 * How far the steps of Levenberg and Marquardt are damped, by the gain of each: the fall of
 * chi-square over the fall that the normal equations foretell (Nielsen 1999, IMM-REP-1999-05). A
 * step as good as foretold lets the damping fall tenfold, one that gains less than half of that
 * keeps it, so that it settles where steps just succeed; refused steps in a row raise it by ever
 * larger factors.
 */
final class Damping {
  private static final double FIRST = 1e-3;
  private static final double LEAST = 1e-10;
  private static final double MOST = 1e10;
  private static final double GROWTH = 4;

  private double factor = FIRST;
  private double growth = GROWTH;

  /** What the diagonal of the normal matrix grows by, in units of itself. */
  double factor() {
    return factor;
  }

  /** True when no step can be small enough. */
  boolean isExhausted() {
    return factor >= MOST;
  }

  /** A step was taken. */
  void accepted(double gain) {
    double excess = 2 * gain - 1;
    double change = Math.max(0.1, Math.min(1, 1 - excess * excess * excess));
    factor = Math.max(LEAST, factor * change);
    growth = GROWTH;
  }

  /** A step was refused. */
  void rejected() {
    factor *= growth;
    growth *= 2;
  }
}
