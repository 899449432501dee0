package org.starbeam.deblend;

import java.util.List;

/**
 * Accelerated proximal gradient with the steps that bound the curvature, 1/L; starts its momentum
 * anew when the loss rises. The iterate that is evaluated is the extrapolated one, made to obey the
 * constraint too.
 */
final class FistaStep implements BlendStep {
  private static final int SPECTRUM_EVERY = 3;

  private double time = 1;
  private double last = Double.POSITIVE_INFINITY;
  private double[][] spectrumCurvature = new double[0][];
  private float[] scratch = new float[0];

  @Override
  public void advance(
      BlendScene scene,
      List<Component> components,
      MorphologyConstraint constraint,
      int iteration,
      double loss) {
    if (iteration % SPECTRUM_EVERY == 0 || spectrumCurvature.length != components.size()) {
      spectrumCurvature = spectrumCurvatures(scene, components);
    }
    boolean restart = loss > last;
    last = loss;
    if (restart) {
      time = 1;
    }
    double next = 0.5 * (1 + Math.sqrt(1 + 4 * time * time));
    double momentum = iteration == 0 || restart ? 0 : (time - 1) / next;
    time = next;
    double[] morphologyCurvature = morphologyCurvatures(scene, components);
    for (int k = 0; k < components.size(); k++) {
      Component c = components.get(k);
      step(c, (float) (1 / morphologyCurvature[k]), spectrumCurvature[k]);
      MorphologyConstraint.floor(c);
      constraint.apply(c);
      extrapolate(c, (float) momentum, iteration == 0);
      MorphologyConstraint.floor(c);
      constraint.apply(c);
    }
  }

  private static void step(Component c, float size, double[] curvature) {
    int n = c.area();
    for (int i = 0; i < n; i++) {
      c.morphology[i] -= size * c.gradient[i];
    }
    for (int b = 0; b < c.spectrum.length; b++) {
      if (curvature[b] > 0) {
        c.spectrum[b] -= (float) (c.spectrumGradient[b] / curvature[b]);
      }
    }
  }

  /** y = x + momentum (x - last x); x is remembered. */
  private static void extrapolate(Component c, float momentum, boolean first) {
    int n = c.area();
    float[] x = c.memory[0];
    for (int i = 0; i < n; i++) {
      float now = c.morphology[i];
      c.morphology[i] = first ? now : now + momentum * (now - x[i]);
      x[i] = now;
    }
    float[] s = c.spectrumMemory[0];
    for (int b = 0; b < c.spectrum.length; b++) {
      float now = c.spectrum[b];
      c.spectrum[b] = first ? now : now + momentum * (now - s[b]);
      s[b] = now;
    }
  }

  /**
   * L_k = L_k0 + sum over overlapping j of sqrt(L_k0 L_j0), L_k0 = sum_b s_kb^2 max W max |K^|^2.
   */
  static double[] morphologyCurvatures(BlendScene scene, List<Component> components) {
    double[] own = new double[components.size()];
    for (int k = 0; k < own.length; k++) {
      float[] s = components.get(k).spectrum;
      for (int b = 0; b < s.length; b++) {
        own[k] += (double) s[b] * s[b] * scene.curvature(b);
      }
      own[k] = Math.max(own[k], Double.MIN_NORMAL);
    }
    double[] out = own.clone();
    for (int k = 0; k < out.length; k++) {
      for (int j = 0; j < out.length; j++) {
        if (j != k && overlap(components.get(k), components.get(j))) {
          out[k] += Math.sqrt(own[k] * own[j]);
        }
      }
    }
    return out;
  }

  private double[][] spectrumCurvatures(BlendScene scene, List<Component> components) {
    if (scratch.length != scene.box().area()) {
      scratch = new float[scene.box().area()];
    }
    double[][] own = new double[components.size()][scene.bands()];
    for (int k = 0; k < own.length; k++) {
      for (int b = 0; b < scene.bands(); b++) {
        own[k][b] = spectrumCurvature(scene, components.get(k), b, scratch);
      }
    }
    double[][] out = new double[own.length][];
    for (int k = 0; k < own.length; k++) {
      out[k] = own[k].clone();
      for (int j = 0; j < own.length; j++) {
        if (j != k && overlap(components.get(k), components.get(j))) {
          for (int b = 0; b < out[k].length; b++) {
            out[k][b] += Math.sqrt(own[k][b] * own[j][b]);
          }
        }
      }
    }
    return out;
  }

  /** {@code <K m, W K m>}. */
  static double spectrumCurvature(BlendScene scene, Component c, int b, float[] scratch) {
    scene.render(c, b, scratch);
    float[] w = scene.weight(b);
    double sum = 0;
    for (int i = 0; i < w.length; i++) {
      sum += (double) w[i] * scratch[i] * scratch[i];
    }
    return sum;
  }

  private static boolean overlap(Component a, Component b) {
    return !a.box.intersect(b.box).isEmpty();
  }
}
