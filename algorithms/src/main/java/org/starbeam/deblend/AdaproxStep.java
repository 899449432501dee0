package org.starbeam.deblend;

import java.util.List;

/**
 * Proximal ADAM in its AMSGrad form: the step of a parameter is its mean gradient over the root of
 * the largest mean square so far. One pass of the constraint.
 */
final class AdaproxStep implements BlendStep {
  private static final float B1 = 0.9f;
  private static final float B2 = 0.999f;
  private static final float LEAST = 1e-8f;
  private static final double MORPHOLOGY = 0.01;
  private static final double SPECTRUM = 0.01;
  private static final double NOISE = 0.1;
  private static final double FIRST = 0.1;

  @Override
  public void advance(
      BlendScene scene,
      List<Component> components,
      MorphologyConstraint constraint,
      int iteration,
      double loss) {
    double scale = iteration == 0 ? FIRST : 1;
    for (Component c : components) {
      spectrum(scene, c, scale);
      morphology(c, (float) (scale * MORPHOLOGY));
      MorphologyConstraint.floor(c);
      constraint.apply(c);
    }
  }

  private static void spectrum(BlendScene scene, Component c, double scale) {
    double mean = 0;
    for (float s : c.spectrum) {
      mean += s / c.spectrum.length;
    }
    float[] first = c.spectrumMemory[0];
    float[] second = c.spectrumMemory[1];
    float[] most = c.spectrumMemory[2];
    for (int b = 0; b < c.spectrum.length; b++) {
      double alpha = scale * Math.max(NOISE * scene.sigma(b), SPECTRUM * mean);
      float g = (float) c.spectrumGradient[b];
      first[b] = B1 * first[b] + (1 - B1) * g;
      second[b] = B2 * second[b] + (1 - B2) * g * g;
      most[b] = Math.max(Math.max(most[b], second[b]), LEAST);
      c.spectrum[b] -= (float) (alpha * first[b] / Math.sqrt(most[b]));
    }
  }

  private static void morphology(Component c, float alpha) {
    float[] first = c.memory[0];
    float[] second = c.memory[1];
    float[] most = c.memory[2];
    float[] m = c.morphology;
    float[] gradient = c.gradient;
    int n = c.area();
    for (int i = 0; i < n; i++) {
      float g = gradient[i];
      first[i] = B1 * first[i] + (1 - B1) * g;
      second[i] = B2 * second[i] + (1 - B2) * g * g;
      most[i] = Math.max(Math.max(most[i], second[i]), LEAST);
      m[i] -= alpha * first[i] / (float) Math.sqrt(most[i]);
    }
  }
}
