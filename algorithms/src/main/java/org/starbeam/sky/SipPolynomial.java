package org.starbeam.sky;

/**
 * A pair of polynomials f(u, v) = sum A_pq u^p v^q and g(u, v) = sum B_pq u^p v^q with p + q &lt;=
 * order, as in the SIP convention. Coefficients are stored as {@code a[p][q]}.
 */
public record SipPolynomial(double[][] a, double[][] b) {
  /** No distortion. */
  public static final SipPolynomial NONE = new SipPolynomial(new double[1][1], new double[1][1]);

  /** A pair of zero polynomials of an order. */
  public static SipPolynomial zero(int order) {
    return new SipPolynomial(new double[order + 1][order + 1], new double[order + 1][order + 1]);
  }

  public int order() {
    return a.length - 1;
  }

  /** {f, g} at (u, v). */
  public double[] apply(double u, double v) {
    return new double[] {evaluate(a, u, v), evaluate(b, u, v)};
  }

  /** {df/du, df/dv, dg/du, dg/dv} at (u, v). */
  public double[] derivatives(double u, double v) {
    return new double[] {
      derivativeU(a, u, v), derivativeV(a, u, v), derivativeU(b, u, v), derivativeV(b, u, v)
    };
  }

  private static double evaluate(double[][] c, double u, double v) {
    double sum = 0;
    for (int p = c.length - 1; p >= 0; p--) {
      sum = sum * u + row(c[p], c.length - 1 - p, v);
    }
    return sum;
  }

  private static double row(double[] c, int top, double v) {
    double sum = 0;
    for (int q = top; q >= 0; q--) {
      sum = sum * v + c[q];
    }
    return sum;
  }

  private static double derivativeU(double[][] c, double u, double v) {
    double sum = 0;
    for (int p = c.length - 1; p >= 1; p--) {
      sum = sum * u + p * row(c[p], c.length - 1 - p, v);
    }
    return sum;
  }

  private static double derivativeV(double[][] c, double u, double v) {
    double sum = 0;
    for (int p = c.length - 1; p >= 0; p--) {
      double inner = 0;
      for (int q = c.length - 1 - p; q >= 1; q--) {
        inner = inner * v + q * c[p][q];
      }
      sum = sum * u + inner;
    }
    return sum;
  }
}
