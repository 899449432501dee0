package org.starbeam.deblend;

import java.util.List;

/**
 * The loop around an optimiser: loss and gradients, the best iterate, the stopping rule and the
 * boxes (specs/04 section 4.6).
 *
 * <p>It ends when the loss has fallen by less than half a unit per component over five iterations
 * and by less than 1e-4 of itself in the last: units of chi-square, whose meaning does not depend
 * on the number of pixels.
 */
final class BlendFit {
  /**
   * @param kind optimiser
   * @param minIterations before it may stop
   * @param maxIterations after which it stops
   * @param perComponent fall of the loss over five iterations that is too small to go on
   * @param relative change of the loss that is too small to go on
   * @param threshold below which morphologies are 0, in deviations of the sky
   */
  record Config(
      BlendStep.Kind kind,
      int minIterations,
      int maxIterations,
      double perComponent,
      double relative,
      double threshold) {
    static Config defaults() {
      return new Config(BlendStep.Kind.ADAPROX, 5, 300, 0.5, 1e-4, 1);
    }

    Config atMost(int iterations) {
      return new Config(
          kind, Math.min(minIterations, iterations), iterations, perComponent, relative, threshold);
    }
  }

  /**
   * @param iterations steps that were made
   * @param loss of the best iterate, which the components hold
   * @param converged false when the maximum of iterations was reached
   * @param history loss at each iterate
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Result(int iterations, double loss, boolean converged, double[] history) {}

  private static final int WINDOW = 5;
  private static final int RESIZE_EVERY = 3;
  private static final int BORDER = 5;

  private final Config config;

  BlendFit(Config config) {
    this.config = config;
  }

  /** Fits; components that are handed in hold the best iterate afterwards. */
  Result run(BlendScene scene, List<Component> components) {
    double[] sigma = new double[scene.bands()];
    for (int b = 0; b < sigma.length; b++) {
      sigma[b] = scene.sigma(b);
    }
    MorphologyConstraint constraint = new MorphologyConstraint(config.threshold, sigma);
    BlendStep step = BlendStep.of(config.kind);
    float[] scratch = new float[scene.box().area()];
    double[] history = new double[config.maxIterations + 1];
    double best = Double.POSITIVE_INFINITY;
    int n = 0;
    boolean converged = false;
    for (; ; n++) {
      double loss = scene.evaluate(components);
      history[n] = loss;
      if (loss < best) {
        best = loss;
        components.forEach(Component::keep);
      }
      converged = n >= config.minIterations && hasConverged(history, n, components.size());
      if (converged || n == config.maxIterations) {
        break;
      }
      step.advance(scene, components, constraint, n, loss);
      if (n % RESIZE_EVERY == RESIZE_EVERY - 1) {
        for (Component c : components) {
          c.resize(c.occupied(BORDER, scene.box()), scratch);
        }
      }
    }
    components.forEach(Component::restore);
    return new Result(n, best, converged, java.util.Arrays.copyOf(history, n + 1));
  }

  private boolean hasConverged(double[] history, int n, int components) {
    double window = history[Math.max(0, n - WINDOW)] - history[n];
    double last = Math.abs(history[n - 1] - history[n]);
    return window < config.perComponent * components
        && last < config.relative * Math.abs(history[n]);
  }
}
