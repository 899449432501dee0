package org.starbeam.gaap;

import java.util.HashMap;
import java.util.Map;
import org.starbeam.image.Box;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Power of the pixel noise of one band relative to white noise of the same variance, on the
 * frequencies of a grid: the transform of the correlation. The mean of it over |u^|^2 is the factor
 * by which correlation raises the variance of a sum with weights u, {@link
 * NoiseCorrelation#factor}.
 */
final class NoiseSpectrum {
  private final NoiseCorrelation correlation;
  private final Map<Integer, double[]> bySize = new HashMap<>();

  NoiseSpectrum(NoiseCorrelation correlation) {
    this.correlation = correlation;
  }

  /** Factor for the variance of a sum with these weights. */
  double factor(ImageD weights) {
    return correlation.factor(weights);
  }

  /** n^2 numbers, row by row. */
  double[] on(FourierGrid grid) {
    return bySize.computeIfAbsent(grid.n, n -> make(grid));
  }

  private double[] make(FourierGrid grid) {
    ImageD lags = new ImageD(Box.around(0, 0, NoiseCorrelation.MAX_LAG));
    for (int y = -NoiseCorrelation.MAX_LAG; y <= NoiseCorrelation.MAX_LAG; y++) {
      for (int x = -NoiseCorrelation.MAX_LAG; x <= NoiseCorrelation.MAX_LAG; x++) {
        lags.set(x, y, correlation.rho(x, y));
      }
    }
    double[] spectrum = grid.forward(lags);
    double[] out = new double[grid.n * grid.n];
    for (int i = 0; i < out.length; i++) {
      out[i] = spectrum[2 * i];
    }
    return out;
  }
}
