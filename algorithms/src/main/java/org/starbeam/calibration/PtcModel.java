package org.starbeam.calibration;

/**
 * Covariances of the pixels of a flat field whose pixel borders move with the charge (specs/01
 * section 5.5; Astier et al. 2019, A&amp;A 629, A36, eq. 20), with e = mu g electrons:
 *
 * <pre>
 * C_ij = mu / g [delta + a_ij e + 2/3 (a*a + c)_ij e^2 + (1/3 a*a*a + 5/6 a*c)_ij e^3] + n_ij / g^2
 * </pre>
 *
 * <p>mu is the mean [ADU], g the gain [electrons per ADU], a the relative change of a pixel's area
 * per electron i columns and j rows away [1/electron], c [1/electron^2], n the noise [electron^2],
 * and * the convolution of the matrices continued evenly to negative lags, without wrapping.
 * Matrices are [i][j], square, of the lags 0 and up; i along the rows of the image.
 *
 * @param a shared with the caller
 * @param c shared with the caller
 * @param second factor of e^2
 * @param third factor of e^3
 */
public record PtcModel(double[][] a, double[][] c, double[][] second, double[][] third) {
  /** The model of area changes a and their change c with the charge. */
  public static PtcModel of(double[][] a, double[][] c) {
    double[][] aa = convolve(a, a);
    double[][] aaa = convolve(aa, a);
    double[][] ac = convolve(a, c);
    int n = a.length;
    double[][] second = new double[n][n];
    double[][] third = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        second[i][j] = 2.0 / 3 * (aa[i][j] + c[i][j]);
        third[i][j] = aaa[i][j] / 3 + 5.0 / 6 * ac[i][j];
      }
    }
    return new PtcModel(a, c, second, third);
  }

  /** The model without c. */
  public static PtcModel of(double[][] a) {
    return of(a, new double[a.length][a.length]);
  }

  /**
   * Covariance at a lag, ADU^2.
   *
   * @param mean ADU
   * @param gain electrons per ADU
   * @param noise n_ij, electrons^2
   */
  public double covariance(int i, int j, double mean, double gain, double noise) {
    double shot = i == 0 && j == 0 ? mean / gain : 0;
    return shot + a[i][j] * mean * mean + higher(i, j, mean, gain) + noise / (gain * gain);
  }

  /** The part of the covariance that grows faster than mean^2, ADU^2. */
  double higher(int i, int j, double mean, double gain) {
    double e = mean * gain;
    return mean / gain * e * e * (second[i][j] + third[i][j] * e);
  }

  /**
   * Variance of a pixel when no other pixel counts: {@code [exp(2 a e) - 1] / (2 g^2 a) + n / g^2}
   * (eq. 16), ADU^2.
   */
  public static double exponential(double mean, double gain, double a00, double noise) {
    double e = mean * gain;
    double shot = a00 == 0 ? e : Math.expm1(2 * a00 * e) / (2 * a00);
    return (shot + noise) / (gain * gain);
  }

  /** Convolution of the even continuations; the result has all lags at which it is not 0. */
  private static double[][] convolve(double[][] p, double[][] q) {
    int np = p.length - 1;
    int nq = q.length - 1;
    int n = np + nq;
    double[][] out = new double[n + 1][n + 1];
    for (int i = 0; i <= n; i++) {
      for (int j = 0; j <= n; j++) {
        double sum = 0;
        for (int k = -np; k <= np; k++) {
          for (int l = -np; l <= np; l++) {
            int x = Math.abs(i - k);
            int y = Math.abs(j - l);
            if (x <= nq && y <= nq) {
              sum += p[Math.abs(k)][Math.abs(l)] * q[x][y];
            }
          }
        }
        out[i][j] = sum;
      }
    }
    return out;
  }
}
