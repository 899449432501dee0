package org.starbeam.psf;

import java.util.Arrays;

/**
 * One star fitted with a sheared profile: flux, background, centre, FWHM, g1 and g2 by Gauss-Newton
 * steps on its pixels, with the noise of the model. Owned by one fit.
 */
final class AnalyticStar {
  private static final int PARAMETERS = 7;
  private static final int SHAPE = 4;
  private static final int STEPS = 12;
  private static final double CONVERGED = 1e-4;
  private static final double MAX_SHEAR = 0.6;

  /** First step at which pixels are dropped. */
  private static final int CLIP_FROM = 3;

  final StampSet.Stamp stamp;

  /** FWHM, g1, g2. */
  final double[] shape;

  /** Their covariance, of the star's S/N capped. */
  final double[][] covariance = new double[3][3];

  double flux;
  double background;
  double x;
  double y;

  /** Reduced chi^2 of the pixels within twice the FWHM, and their number. */
  double chi2 = Double.NaN;

  int pixels;
  boolean used = true;

  private final int side;
  private final boolean[] inside;
  private final double[] variance;
  private final double[][] column;

  /**
   * @param radius of the pixels that are fitted
   * @param start FWHM, g1, g2
   */
  AnalyticStar(StampSet.Stamp stamp, int side, double radius, double[] start) {
    this.stamp = stamp;
    this.side = side;
    shape = start.clone();
    flux = stamp.star().flux();
    x = stamp.star().x();
    y = stamp.star().y();
    inside = new boolean[side * side];
    variance = new double[side * side];
    column = new double[PARAMETERS][side * side];
    for (int i = 0; i < inside.length; i++) {
      double r = Math.hypot(stamp.x0() + i % side - x, stamp.y0() + i / side - y);
      inside[i] = r <= radius && !Double.isNaN(stamp.data()[i]);
    }
  }

  /**
   * Fits.
   *
   * @param perFlux noise variance per unit of light
   * @param freeCentre whether the centre is fitted
   * @param clip sigma beyond which a pixel is dropped
   * @param maxSnr cap of the star's S/N
   */
  void fit(
      AnalyticProfile profile, double perFlux, boolean freeCentre, double clip, double maxSnr) {
    used = true;
    double moved = 1;
    for (int step = 0; step < STEPS && used && (moved > CONVERGED || step <= CLIP_FROM); step++) {
      drawColumns(profile, freeCentre);
      setVariance(perFlux, step < CLIP_FROM ? Double.POSITIVE_INFINITY : clip);
      moved = improve(freeCentre);
    }
    finish(profile, perFlux, clip, freeCentre, maxSnr);
  }

  /** The model of unit flux in column 0, and derivatives; unit background in column 1. */
  private void drawColumns(AnalyticProfile profile, boolean freeCentre) {
    double x0 = stamp.x0() - x;
    double y0 = stamp.y0() - y;
    draw(profile, shape, x0, y0, true, column[0]);
    Arrays.fill(column[1], 1);
    double[] coarse = new double[side * side];
    draw(profile, shape, x0, y0, false, coarse);
    for (int k = freeCentre ? 2 : SHAPE; k < PARAMETERS; k++) {
      double h = k == 2 || k == 3 ? 0.02 : k == SHAPE ? 1e-3 * shape[0] : 1e-3;
      double[] moved = shape.clone();
      if (k >= SHAPE) {
        moved[k - SHAPE] += h;
      }
      draw(profile, moved, x0 - (k == 2 ? h : 0), y0 - (k == 3 ? h : 0), false, column[k]);
      for (int i = 0; i < coarse.length; i++) {
        column[k][i] = flux * (column[k][i] - coarse[i]) / h;
      }
    }
  }

  private void draw(
      AnalyticProfile profile, double[] p, double x0, double y0, boolean fine, double[] out) {
    double norm = 1 / (profile.light() * p[0] * p[0]);
    for (int i = 0; i < out.length; i++) {
      out[i] = inside[i] ? norm * profile.pixel(p, x0 + i % side, y0 + i / side, fine) : 0;
    }
  }

  /** From the model's light; pixels that are far off, but for 5 % of the light, are dropped. */
  private void setVariance(double perFlux, double clip) {
    for (int i = 0; i < variance.length; i++) {
      double light = Math.max(0, flux * column[0][i]);
      double v = stamp.skyVariance() + perFlux * light;
      double r = residual(i);
      boolean far = r * r > clip * clip * (v + PiffPsf.MISFIT * PiffPsf.MISFIT * light * light);
      variance[i] = inside[i] && !far ? v : 0;
    }
  }

  private double residual(int i) {
    return stamp.data()[i] - background - flux * column[0][i];
  }

  private double[][] normal(boolean freeCentre, double[] right) {
    double[][] a = new double[PARAMETERS][PARAMETERS];
    for (int i = 0; i < variance.length; i++) {
      if (variance[i] > 0) {
        double w = 1 / variance[i];
        double r = residual(i);
        for (int k = 0; k < PARAMETERS; k++) {
          double f = w * column[k][i];
          right[k] += f * r;
          for (int j = 0; j <= k; j++) {
            a[k][j] += f * column[j][i];
          }
        }
      }
    }
    for (int k = 2; k < SHAPE && !freeCentre; k++) {
      right[k] = 0;
      for (int j = 0; j < PARAMETERS; j++) {
        a[Math.max(j, k)][Math.min(j, k)] = j == k ? 1 : 0;
      }
    }
    return a;
  }

  /** One step; returns by how much the shape moved. */
  private double improve(boolean freeCentre) {
    double[] b = new double[PARAMETERS];
    double[][] a = normal(freeCentre, b);
    if (!SmallCholesky.solve(a, b)) {
      used = false;
      return 0;
    }
    flux += b[0];
    background += b[1];
    x += clip(b[2], 0.3);
    y += clip(b[3], 0.3);
    shape[0] *= 1 + clip(b[SHAPE] / shape[0], 0.3);
    shape[1] += clip(b[SHAPE + 1], 0.1);
    shape[2] += clip(b[SHAPE + 2], 0.1);
    used =
        flux > 0
            && shape[0] > 0.5
            && shape[0] < side
            && Math.hypot(shape[1], shape[2]) < MAX_SHEAR
            && Math.hypot(x - stamp.star().x(), y - stamp.star().y()) < 2;
    return Math.abs(b[SHAPE]) / shape[0] + Math.abs(b[SHAPE + 1]) + Math.abs(b[SHAPE + 2]);
  }

  private static double clip(double v, double limit) {
    return Math.max(-limit, Math.min(limit, v));
  }

  private void finish(
      AnalyticProfile profile, double perFlux, double clip, boolean freeCentre, double maxSnr) {
    if (!used) {
      return;
    }
    drawColumns(profile, freeCentre);
    setVariance(perFlux, clip);
    double snr2 = 0;
    double sum = 0;
    pixels = 0;
    for (int i = 0; i < variance.length; i++) {
      if (variance[i] > 0) {
        double r = Math.hypot(stamp.x0() + i % side - x, stamp.y0() + i / side - y);
        snr2 += flux * column[0][i] * flux * column[0][i] / variance[i];
        if (r <= 2 * shape[0]) {
          sum += residual(i) * residual(i) / variance[i];
          pixels++;
        }
      }
    }
    chi2 = pixels > 2 * PARAMETERS ? sum / (pixels - PARAMETERS) : Double.NaN;
    double[][] a = normal(freeCentre, new double[PARAMETERS]);
    double cap = Math.max(1, snr2 / (maxSnr * maxSnr));
    used = !Double.isNaN(chi2) && SmallCholesky.factor(a);
    for (int k = 0; k < 3 && used; k++) {
      double[] unit = new double[PARAMETERS];
      unit[SHAPE + k] = 1;
      SmallCholesky.substitute(a, unit);
      for (int j = 0; j < 3; j++) {
        covariance[k][j] = cap * unit[SHAPE + j];
      }
    }
  }
}
