package org.starbeam.gaap;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;

/**
 * Divides a PSF out of apertures: u^ = w^ P^ / (|P^|^2 + eps^2), scaled so that the flux of the PSF
 * itself is 1. Two weights come of one inverse transform, as its real and its imaginary part.
 */
final class PsfQuotient {
  /** Exponent beyond which w^ counts as zero. */
  private static final double NOTHING = 45;

  /** Share of its peak above which w^ must not meet a zero of the PSF. */
  private static final double MATTERS = 1e-3;

  /** In units of eps, |P^| below which the PSF is zero. */
  private static final double ZERO = 10;

  private final FourierGrid grid;
  private final double[] quotient;
  private final double[] power;
  private final double[] noise;
  private final double epsilon;

  /**
   * @param psf centred on (0, 0), sum 1, not larger than the grid
   * @param noise {@link NoiseSpectrum} on the grid
   */
  PsfQuotient(FourierGrid grid, ImageD psf, double[] noise, double epsilon) {
    this.grid = grid;
    this.noise = noise;
    this.epsilon = epsilon;
    quotient = grid.forward(psf);
    power = new double[grid.n * grid.n];
    for (int i = 0; i < power.length; i++) {
      power[i] = quotient[2 * i] * quotient[2 * i] + quotient[2 * i + 1] * quotient[2 * i + 1];
      quotient[2 * i] /= power[i] + epsilon * epsilon;
      quotient[2 * i + 1] /= power[i] + epsilon * epsilon;
    }
  }

  /**
   * Weights of one or two apertures.
   *
   * @param dx place of the source from pixel (0, 0), at most half a pixel
   * @param half pixels to each side of pixel (0, 0) that the weights hold
   * @return one or two weights; null in the place of one whose aperture meets a zero of the PSF
   */
  @Nullable DualWeight[] weights(
      Aperture first, @Nullable Aperture second, double dx, double dy, int... half) {
    double[] spectrum = new double[2 * grid.n * grid.n];
    Sums[] sums = new Sums[second == null ? 1 : 2];
    sums[0] = new Sums(first, dx, dy);
    sums[0].addTo(spectrum, false);
    if (second != null) {
      sums[1] = new Sums(second, dx, dy);
      sums[1].addTo(spectrum, true);
    }
    grid.inverse(spectrum);
    @Nullable DualWeight[] out = new @Nullable DualWeight[sums.length];
    for (int part = 0; part < sums.length; part++) {
      out[part] = sums[part].meetsZero ? null : sums[part].weight(spectrum, part, half[part]);
    }
    return out;
  }

  /** The spectrum of one weight and what is summed on the way. */
  private final class Sums {
    private final Aperture w;
    private final double[] cos = new double[grid.n];
    private final double[] sin = new double[grid.n];
    private final double[] rowCos = new double[grid.n];
    private final double[] rowSin = new double[grid.n];
    private double star;
    private double white;
    private double coloured;
    private boolean meetsZero;

    Sums(Aperture w, double dx, double dy) {
      this.w = w;
      for (int i = 0; i < grid.n; i++) {
        cos[i] = Math.cos(grid.k[i] * dx);
        sin[i] = -Math.sin(grid.k[i] * dx);
        rowCos[i] = Math.cos(grid.k[i] * dy);
        rowSin[i] = -Math.sin(grid.k[i] * dy);
      }
    }

    DualWeight weight(double[] plane, int part, int half) {
      ImageD pixels = grid.cut(plane, part, half);
      double scale = (double) grid.n * grid.n / star;
      for (int i = 0; i < pixels.data.length; i++) {
        pixels.data[i] *= scale;
      }
      return new DualWeight(pixels, Math.sqrt(coloured / white), false);
    }

    /** Adds the spectrum, or i times it, to an array. */
    void addTo(double[] out, boolean imaginary) {
      int middle = grid.n / 2;
      for (int row = 0; row < grid.n; row++) {
        int mirrorRow = row == 0 ? 0 : grid.n - row;
        for (int column = 0; column <= middle; column++) {
          double exponent = exponent(grid.k[column], grid.k[row]);
          if (exponent > NOTHING) {
            continue;
          }
          double g = Math.exp(-exponent);
          int pixel = row * grid.n + column;
          boolean mirrored = column > 0 && column < middle;
          sum(g, pixel, mirrored ? 2 : 1);
          double pr = g * (cos[column] * rowCos[row] - sin[column] * rowSin[row]);
          double pi = g * (cos[column] * rowSin[row] + sin[column] * rowCos[row]);
          double re = quotient[2 * pixel] * pr - quotient[2 * pixel + 1] * pi;
          double im = quotient[2 * pixel] * pi + quotient[2 * pixel + 1] * pr;
          put(out, 2 * pixel, re, im, imaginary);
          if (mirrored) {
            put(out, 2 * (mirrorRow * grid.n + grid.n - column), re, -im, imaginary);
          }
        }
      }
    }

    private void put(double[] out, int at, double re, double im, boolean imaginary) {
      out[at] += imaginary ? -im : re;
      out[at + 1] += imaginary ? re : im;
    }

    private double exponent(double kx, double ky) {
      return 0.5 * (w.xx() * kx * kx + 2 * w.xy() * kx * ky + w.yy() * ky * ky);
    }

    /** Flux of the PSF, and power of u with and without the noise's colour. */
    private void sum(double g, int pixel, int times) {
      double p = power[pixel];
      double regular = p + epsilon * epsilon;
      star += times * g * p / regular;
      double u2 = times * g * g * p / (regular * regular);
      white += u2;
      coloured += u2 * noise[pixel];
      meetsZero |= g > MATTERS && p < ZERO * epsilon * ZERO * epsilon;
    }
  }
}
