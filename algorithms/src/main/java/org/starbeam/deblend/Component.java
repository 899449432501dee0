package org.starbeam.deblend;

import java.util.Arrays;
import org.starbeam.image.Box;

/**
 * One factor of a blend while it is fitted: a morphology in a box and its spectrum, their
 * gradients, what the optimiser remembers of both, and the best values so far. Arrays are as large
 * as a capacity, which a box may reach without anything being allocated; pixel (x, y) of the box is
 * element y width + x.
 */
final class Component {
  final int source;
  final int peakX;
  final int peakY;
  Box box;
  float[] morphology;
  float[] gradient;
  final float[][] memory = new float[3][];
  final float[] spectrum;
  final double[] spectrumGradient;
  final float[][] spectrumMemory;
  private float[] bestMorphology;
  private final float[] bestSpectrum;
  private Box bestBox;

  /**
   * @param source number of the source that it belongs to
   * @param peakX column of the source's peak, inside the box
   * @param peakY row of the peak
   * @param box of the morphology
   * @param morphology row by row
   * @param spectrum flux factor in each band
   */
  Component(int source, int peakX, int peakY, Box box, float[] morphology, float[] spectrum) {
    this.source = source;
    this.peakX = peakX;
    this.peakY = peakY;
    this.box = box;
    this.bestBox = box;
    int capacity = morphology.length;
    this.morphology = morphology.clone();
    this.gradient = new float[capacity];
    this.bestMorphology = morphology.clone();
    for (int i = 0; i < memory.length; i++) {
      memory[i] = new float[capacity];
    }
    this.spectrum = spectrum.clone();
    this.bestSpectrum = spectrum.clone();
    this.spectrumGradient = new double[spectrum.length];
    this.spectrumMemory = new float[3][spectrum.length];
  }

  int area() {
    return box.area();
  }

  /** Notes the present values as the best. */
  void keep() {
    System.arraycopy(morphology, 0, bestMorphology, 0, area());
    System.arraycopy(spectrum, 0, bestSpectrum, 0, spectrum.length);
    bestBox = box;
  }

  /** Goes back to the best values. */
  void restore() {
    box = bestBox;
    System.arraycopy(bestMorphology, 0, morphology, 0, area());
    System.arraycopy(bestSpectrum, 0, spectrum, 0, spectrum.length);
  }

  /** Forgets what the optimiser remembers. */
  void forget() {
    for (int i = 0; i < memory.length; i++) {
      Arrays.fill(memory[i], 0);
      Arrays.fill(spectrumMemory[i], 0);
    }
  }

  /**
   * Moves the morphology and its memory to another box; new pixels are 0.
   *
   * @param scratch at least as long as the new box
   */
  void resize(Box to, float[] scratch) {
    if (to.equals(box)) {
      return;
    }
    int area = to.area();
    if (area > morphology.length) {
      int capacity = area + area / 2;
      morphology = Arrays.copyOf(morphology, capacity);
      gradient = Arrays.copyOf(gradient, capacity);
      bestMorphology = Arrays.copyOf(bestMorphology, capacity);
      for (int i = 0; i < memory.length; i++) {
        memory[i] = Arrays.copyOf(memory[i], capacity);
      }
    }
    move(morphology, to, scratch);
    for (float[] each : memory) {
      move(each, to, scratch);
    }
    box = to;
  }

  private void move(float[] values, Box to, float[] scratch) {
    Arrays.fill(scratch, 0, to.area(), 0);
    Box both = box.intersect(to);
    for (int y = both.y0(); y < both.y1(); y++) {
      System.arraycopy(
          values,
          (y - box.y0()) * box.width() + both.x0() - box.x0(),
          scratch,
          (y - to.y0()) * to.width() + both.x0() - to.x0(),
          both.width());
    }
    System.arraycopy(scratch, 0, values, 0, to.area());
  }

  /** The box of the pixels above 0, with a border, inside a limit; the peak is always in it. */
  Box occupied(int border, Box limit) {
    int x0 = peakX;
    int x1 = peakX;
    int y0 = peakY;
    int y1 = peakY;
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++, i++) {
        if (morphology[i] > 0) {
          x0 = Math.min(x0, x);
          x1 = Math.max(x1, x);
          y0 = Math.min(y0, y);
          y1 = Math.max(y1, y);
        }
      }
    }
    return Box.ofCorners(x0, y0, x1, y1).grow(border).intersect(limit);
  }
}
