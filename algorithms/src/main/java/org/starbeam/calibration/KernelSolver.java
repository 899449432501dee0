package org.starbeam.calibration;

import java.io.Serializable;
import java.util.List;

/**
 * The brighter-fatter kernel that explains the area changes a of the photon transfer curve
 * (specs/01 section 5.8): {@code Laplace K = -a} with the 5-point Laplacian and K = 0 outside,
 * solved at once by sine transforms.
 *
 * <p>What is measured of a detector is noisy at large lags, where K is the sum of many. So first
 * the detectors of a camera are pooled: at each lag {@code a = m + t^2 / (t^2 + s^2) (a - m)} with
 * m the weighted mean, s the error and t^2 the variance between detectors beyond their errors;
 * sensors that are alike share their mean, others keep their own. What is left of the error shrinks
 * a towards 0 by {@code 1 - (s / a)^2}.
 */
public final class KernelSolver {
  /**
   * @param half largest lag of the kernel, 8
   */
  public record Config(int half) implements Serializable {
    public static Config defaults() {
      return new Config(8);
    }
  }

  private final Config config;

  public KernelSolver(Config config) {
    this.config = config;
  }

  /**
   * The kernel of a detector.
   *
   * @param of the detector
   * @param all the detectors of the camera with it
   */
  public BrighterFatterKernel solve(PhotonTransfer of, List<PhotonTransfer> all) {
    int lags = Math.min(of.a().length, config.half + 1);
    double[][] a = new double[config.half + 1][config.half + 1];
    for (int i = 0; i < lags; i++) {
      for (int j = 0; j < lags; j++) {
        a[i][j] = pooled(of, all, i, j);
      }
    }
    return new BrighterFatterKernel(of.detector(), kernel(a));
  }

  private static double pooled(PhotonTransfer of, List<PhotonTransfer> all, int i, int j) {
    double weights = 0;
    double mean = 0;
    for (PhotonTransfer p : all) {
      double w = weight(p, i, j);
      weights += w;
      mean += w * p.a()[i][j];
    }
    mean /= weights;
    double chi2 = 0;
    double squares = 0;
    for (PhotonTransfer p : all) {
      double w = weight(p, i, j);
      chi2 += w * (p.a()[i][j] - mean) * (p.a()[i][j] - mean);
      squares += w * w;
    }
    double between = Math.max(0, chi2 - (all.size() - 1)) / (weights - squares / weights);
    double own = 1 / weight(of, i, j);
    double trust = all.size() < 2 ? 1 : between / (between + own);
    double a = mean + trust * (of.a()[i][j] - mean);
    double variance = trust * own + (1 - trust) / weights;
    return a * Math.max(0, 1 - variance / (a * a));
  }

  private static double weight(PhotonTransfer p, int i, int j) {
    return 1 / (p.aError()[i][j] * p.aError()[i][j]);
  }

  /**
   * Solves {@code Laplace K = -a}.
   *
   * @param a [i columns][j rows], lags 0 and up, continued evenly
   * @return K [row offset][column offset]
   */
  static double[][] kernel(double[][] a) {
    int half = a.length - 1;
    int n = 2 * half + 1;
    double[][] k = new double[n][n];
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        k[y][x] = -a[Math.abs(x - half)][Math.abs(y - half)];
      }
    }
    transform(k);
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        double eigenvalue =
            2 * Math.cos(Math.PI * (x + 1) / (n + 1))
                + 2 * Math.cos(Math.PI * (y + 1) / (n + 1))
                - 4;
        k[y][x] *= 4.0 / ((n + 1) * (n + 1)) / eigenvalue;
      }
    }
    transform(k);
    return k;
  }

  /** Sine transform that vanishes one pixel outside on both sides; twice it is (n + 1)^2 / 4. */
  private static void transform(double[][] values) {
    int n = values.length;
    double[] sine = new double[n * n];
    for (int p = 0; p < n; p++) {
      for (int q = 0; q < n; q++) {
        sine[p * n + q] = Math.sin(Math.PI * (p + 1) * (q + 1) / (n + 1));
      }
    }
    double[][] rows = new double[n][n];
    for (int y = 0; y < n; y++) {
      for (int p = 0; p < n; p++) {
        for (int x = 0; x < n; x++) {
          rows[y][p] += values[y][x] * sine[p * n + x];
        }
      }
    }
    for (int p = 0; p < n; p++) {
      for (int q = 0; q < n; q++) {
        double sum = 0;
        for (int y = 0; y < n; y++) {
          sum += rows[y][p] * sine[q * n + y];
        }
        values[q][p] = sum;
      }
    }
  }
}
