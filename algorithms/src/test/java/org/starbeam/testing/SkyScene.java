package org.starbeam.testing;

import org.jtransforms.fft.DoubleFFT_2D;
import org.starbeam.gaap.Aperture;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;

/**
 * Sources seen through a PSF, made in Fourier space on a grid of 256 x 256 pixels without any use
 * of the code under test: profiles and PSF are sampled with their pixel, the product of their
 * transforms is moved by a phase.
 */
public final class SkyScene {
  /** Pixels per side of the grid. */
  public static final int N = 256;

  private static final DoubleFFT_2D FFT = new DoubleFFT_2D(N, N);

  /** A profile about (0, 0); any unit. */
  public interface Profile {
    double at(double x, double y);
  }

  private SkyScene() {}

  public static Profile moffat(double fwhm, double beta) {
    double alpha = fwhm / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    return (x, y) -> Math.pow(1 + (x * x + y * y) / (alpha * alpha), -beta);
  }

  public static Profile exponential(double reff) {
    return (x, y) -> Math.exp(-1.6783469900166605 * Math.hypot(x, y) / reff);
  }

  public static Profile exponential(double reff, double q) {
    return (x, y) ->
        Math.exp(-1.6783469900166605 * Math.hypot(x * Math.sqrt(q), y / Math.sqrt(q)) / reff);
  }

  public static Profile gaussian(double xx, double yy, double xy) {
    double det = xx * yy - xy * xy;
    return (x, y) -> Math.exp(-0.5 * (yy * x * x - 2 * xy * x * y + xx * y * y) / det);
  }

  /** Sum 1 on the grid; each pixel the mean of sub x sub points. */
  public static ImageD sampled(Profile profile, int sub) {
    ImageD out = new ImageD(new Box(-N / 2, -N / 2, N, N));
    double sum = 0;
    for (int y = -N / 2; y < N / 2; y++) {
      for (int x = -N / 2; x < N / 2; x++) {
        double value = 0;
        for (int j = 0; j < sub; j++) {
          for (int i = 0; i < sub; i++) {
            value += profile.at(x + (i + 0.5) / sub - 0.5, y + (j + 0.5) / sub - 0.5);
          }
        }
        out.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }

  public static double[] spectrum(ImageD image) {
    double[] out = new double[2 * N * N];
    for (int y = -N / 2; y < N / 2; y++) {
      for (int x = -N / 2; x < N / 2; x++) {
        out[2 * (Math.floorMod(y, N) * N + Math.floorMod(x, N))] = image.get(x, y);
      }
    }
    FFT.complexForward(out);
    return out;
  }

  public static double frequency(int i) {
    return 2 * Math.PI / N * (i <= N / 2 ? i : i - N);
  }

  /** The convolution of two spectra, moved by (dx, dy). */
  public static ImageD convolved(double[] a, double[] b, double dx, double dy) {
    double[] out = new double[2 * N * N];
    for (int row = 0; row < N; row++) {
      for (int column = 0; column < N; column++) {
        int i = 2 * (row * N + column);
        double phase = -(frequency(column) * dx + frequency(row) * dy);
        double re = a[i] * b[i] - a[i + 1] * b[i + 1];
        double im = a[i] * b[i + 1] + a[i + 1] * b[i];
        out[i] = re * Math.cos(phase) - im * Math.sin(phase);
        out[i + 1] = re * Math.sin(phase) + im * Math.cos(phase);
      }
    }
    return image(out);
  }

  /** Inverse transform of a spectrum, real part. */
  public static ImageD image(double[] spectrum) {
    FFT.complexInverse(spectrum, true);
    ImageD image = new ImageD(new Box(-N / 2, -N / 2, N, N));
    for (int y = -N / 2; y < N / 2; y++) {
      for (int x = -N / 2; x < N / 2; x++) {
        image.set(x, y, spectrum[2 * (Math.floorMod(y, N) * N + Math.floorMod(x, N))]);
      }
    }
    return image;
  }

  /** Flux before seeing: sum of a sampled profile times the aperture's Gaussian. */
  public static double truth(ImageD profile, Aperture w) {
    double sum = 0;
    for (int y = -N / 2; y < N / 2; y++) {
      for (int x = -N / 2; x < N / 2; x++) {
        sum += profile.get(x, y) * w.weight(x, y);
      }
    }
    return sum;
  }

  /** With variance 1 in every pixel. */
  public static MaskedImage masked(ImageD image, double flux) {
    MaskedImage out = new MaskedImage(image.box());
    for (int i = 0; i < image.data.length; i++) {
      out.image().data[i] = (float) (flux * image.data[i]);
    }
    out.variance().fill(1);
    return out;
  }

  /** The middle of an image; sum 1. */
  public static ImageD stamp(ImageD image, int half) {
    ImageD out = image.view(Box.around(0, 0, half)).copy();
    double sum = 0;
    for (double p : out.data) {
      sum += p;
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }
}
