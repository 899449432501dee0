package org.starbeam.deblend;

import java.util.Arrays;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * The pixels of a blend in all bands and the loss of a model of them (specs/04 section 4.1): {@code
 * L = 1/2 sum W (D - K * M)^2} with M_b = sum_k s_kb m_k. The model is convolved as a whole, four
 * transforms per band for loss and gradients. Nothing is allocated by {@link #evaluate}. Not thread
 * safe.
 */
final class BlendScene {
  private final Box box;
  private final float[][] data;
  private final float[][] weight;
  private final double[] sigma;
  private final double[] maxWeight;
  private final Convolver convolver;
  private final Convolver.Kernel[] kernels;
  private final float[] model;
  private final float[] residual;
  private final int radius;

  /**
   * @param box of the pixels
   * @param data by band, row by row; 0 where the weight is
   * @param weight by band, inverse variance
   * @param sigma deviation of the sky by band
   * @param kernels by band, centred on (0, 0)
   */
  BlendScene(Box box, float[][] data, float[][] weight, double[] sigma, List<ImageD> kernels) {
    this.box = box;
    this.data = data;
    this.weight = weight;
    this.sigma = sigma.clone();
    int reach = 0;
    for (ImageD kernel : kernels) {
      reach = Math.max(reach, Math.max(kernel.box().x1() - 1, kernel.box().y1() - 1));
    }
    radius = reach;
    convolver = new Convolver(box.width(), box.height(), radius);
    this.kernels = kernels.stream().map(convolver::kernel).toArray(Convolver.Kernel[]::new);
    model = new float[box.area()];
    residual = new float[box.area()];
    maxWeight = new double[data.length];
    for (int b = 0; b < data.length; b++) {
      for (float w : weight[b]) {
        maxWeight[b] = Math.max(maxWeight[b], w);
      }
    }
  }

  Box box() {
    return box;
  }

  int bands() {
    return data.length;
  }

  double sigma(int band) {
    return sigma[band];
  }

  /** Largest half width of the kernels. */
  int radius() {
    return radius;
  }

  float[] data(int band) {
    return data[band];
  }

  float[] weight(int band) {
    return weight[band];
  }

  /** Upper bound of the curvature of the loss along a pixel: max W max |K^|^2. */
  double curvature(int band) {
    return maxWeight[band] * kernels[band].peak();
  }

  /** The loss, with the gradients of all components written into them. */
  double evaluate(List<Component> components) {
    for (Component c : components) {
      Arrays.fill(c.gradient, 0, c.area(), 0);
    }
    double loss = 0;
    for (int b = 0; b < data.length; b++) {
      loss += residual(components, b);
      convolver.correlate(residual, box.width(), box.height(), kernels[b], residual);
      for (Component c : components) {
        gradient(c, b);
      }
    }
    return loss;
  }

  /** The loss alone, half the transforms. */
  double loss(List<Component> components) {
    double loss = 0;
    for (int b = 0; b < data.length; b++) {
      loss += residual(components, b);
    }
    return loss;
  }

  /** W (K * M - D) of one band into the scratch image, and its part of the loss. */
  private double residual(List<Component> components, int b) {
    Arrays.fill(model, 0);
    for (Component c : components) {
      add(c, c.spectrum[b], model);
    }
    convolver.convolve(model, box.width(), box.height(), kernels[b], residual);
    float[] d = data[b];
    float[] w = weight[b];
    double loss = 0;
    int width = box.width();
    for (int start = 0; start < d.length; start += width) {
      loss += row(d, w, start, start + width);
    }
    return 0.5 * loss;
  }

  private double row(float[] d, float[] w, int start, int end) {
    double sum = 0;
    for (int i = start; i < end; i++) {
      float r = residual[i] - d[i];
      float weighted = w[i] * r;
      sum += (double) weighted * r;
      residual[i] = weighted;
    }
    return sum;
  }

  private void add(Component c, float factor, float[] to) {
    Box own = c.box;
    int width = own.width();
    float[] m = c.morphology;
    for (int y = 0; y < own.height(); y++) {
      int from = y * width;
      int at = index(own.x0(), own.y0() + y);
      for (int x = 0; x < width; x++) {
        to[at + x] += factor * m[from + x];
      }
    }
  }

  private void gradient(Component c, int b) {
    Box own = c.box;
    int width = own.width();
    float s = c.spectrum[b];
    float[] m = c.morphology;
    float[] g = c.gradient;
    double sum = 0;
    for (int y = 0; y < own.height(); y++) {
      int from = y * width;
      int at = index(own.x0(), own.y0() + y);
      float line = 0;
      for (int x = 0; x < width; x++) {
        float r = residual[at + x];
        g[from + x] += s * r;
        line += m[from + x] * r;
      }
      sum += line;
    }
    c.spectrumGradient[b] = sum;
  }

  private int index(int x, int y) {
    return (y - box.y0()) * box.width() + x - box.x0();
  }

  /** K * m of one component and band in the whole box, into an image of the box. */
  void render(Component c, int b, float[] to) {
    Arrays.fill(to, 0);
    add(c, 1, to);
    convolver.convolve(to, box.width(), box.height(), kernels[b], to);
  }

  /** K * M of one band into an image of the box. */
  void renderAll(List<Component> components, int b, float[] to) {
    Arrays.fill(to, 0);
    for (Component c : components) {
      add(c, c.spectrum[b], to);
    }
    convolver.convolve(to, box.width(), box.height(), kernels[b], to);
  }
}
