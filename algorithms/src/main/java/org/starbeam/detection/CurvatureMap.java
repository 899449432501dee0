package org.starbeam.detection;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Significance of the negative curvature of the sky at every pixel, all bands together: the images
 * filtered with -laplacian of a Gaussian of {@code 1/sqrt(2)} of the PSF's width, each weighted as
 * is best for a point source of the same flux in all bands. Two equal point sources have a maximum
 * each from 0.75 FWHM on, where their sum has one up to 1.2 FWHM in the matched filter; the price
 * is half of the significance.
 *
 * <p>The filter is a sum of two separable ones; the noise is that of the smoothed variance, with
 * the correlation of the pixels. Cost O(pixels x bands x kernel width), five float images.
 */
public final class CurvatureMap {
  private static final double RELATIVE_WIDTH = Math.sqrt(0.5);
  private static final double REACH = 4;
  private static final int UNUSABLE = MaskPlanes.NO_DATA | MaskPlanes.SAT | MaskPlanes.BAD;

  private final Box box;
  private final float[] signal;
  private final float[] weight;
  private final boolean[] spoilt;

  private CurvatureMap(Box box) {
    this.box = box;
    signal = new float[box.area()];
    weight = new float[box.area()];
    spoilt = new boolean[box.area()];
  }

  /** What one band adds. */
  public record Band(MaskedImage image, PsfModel psf, NoiseCorrelation noise) {}

  /** The map in a box that holds all images; 0 near pixels that a band lacks. */
  public static ImageF of(List<Band> bands, Box box) {
    CurvatureMap map = new CurvatureMap(box);
    bands.forEach(map::add);
    for (int i = 0; i < map.signal.length; i++) {
      float w = map.weight[i];
      map.signal[i] = w > 0 && !map.spoilt[i] ? map.signal[i] / (float) Math.sqrt(w) : 0;
    }
    return ImageF.wrap(map.box, map.signal);
  }

  private void add(Band band) {
    double[] at = band.psf().averagePosition();
    double[] shape = band.psf().shape(at[0], at[1]);
    double sigma = RELATIVE_WIDTH * Math.sqrt((shape[0] + shape[1]) / 2);
    double[] gauss = SignificanceMap.gaussian(sigma, REACH);
    double[] second = curvature(gauss, sigma);
    ImageD hat = hat(gauss, second);
    ImageD psf = band.psf().kernelImage(at[0], at[1]);
    double power = 0;
    double response = 0;
    for (int y = hat.box().y0(); y < hat.box().y1(); y++) {
      for (int x = hat.box().x0(); x < hat.box().x1(); x++) {
        power += hat.get(x, y) * hat.get(x, y);
        response += psf.box().contains(x, y) ? hat.get(x, y) * psf.get(x, y) : 0;
      }
    }
    power *= band.noise().factor(hat);
    Box own = band.image().box();
    int n = own.area();
    float[] data = new float[n];
    float[] variance = new float[n];
    float @Nullable [] loaded = SignificanceMap.load(band.image(), UNUSABLE, data, variance);
    float[] valid = loaded == null ? ones(n) : loaded;
    float[] across = data.clone();
    float[] scratch = new float[n];
    int width = own.width();
    int height = own.height();
    SignificanceMap.convolve(data, scratch, width, height, second, gauss);
    SignificanceMap.convolve(across, scratch, width, height, gauss, second);
    SignificanceMap.convolve(variance, scratch, width, height, gauss, gauss);
    SignificanceMap.convolve(valid, scratch, width, height, gauss, gauss);
    for (int y = own.y0(), i = 0; y < own.y1(); y++) {
      int to = (y - box.y0()) * box.width() + own.x0() - box.x0();
      for (int x = 0; x < width; x++, i++, to++) {
        if (valid[i] < 0.999f) {
          spoilt[to] |= valid[i] > 0.001f;
        } else if (variance[i] > 0) {
          double w = response / (variance[i] * power);
          signal[to] += (float) (w * (data[i] + across[i]));
          weight[to] += (float) (w * response);
        }
      }
    }
  }

  private static float[] ones(int n) {
    float[] out = new float[n];
    Arrays.fill(out, 1);
    return out;
  }

  /** Minus the second derivative of a Gaussian, of sum 0. */
  private static double[] curvature(double[] gauss, double sigma) {
    double[] out = new double[gauss.length];
    int half = gauss.length / 2;
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      double r2 = (i - half) * (i - half) / (sigma * sigma);
      out[i] = (1 - r2) * gauss[i];
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] -= sum * gauss[i];
    }
    return out;
  }

  private static ImageD hat(double[] gauss, double[] second) {
    int half = gauss.length / 2;
    ImageD out = new ImageD(Box.around(0, 0, half));
    Arrays.fill(out.data, 0);
    for (int y = -half; y <= half; y++) {
      for (int x = -half; x <= half; x++) {
        out.set(x, y, second[x + half] * gauss[y + half] + gauss[x + half] * second[y + half]);
      }
    }
    return out;
  }
}
