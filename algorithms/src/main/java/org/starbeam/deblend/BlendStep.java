package org.starbeam.deblend;

import java.util.List;

/** How a blend moves from one iterate to the next (specs/04 section 4.6). */
interface BlendStep {
  /** Which of them. */
  enum Kind {
    ADAPROX,
    FISTA
  }

  /**
   * Moves all components by the gradients that the scene has written into them, all from the same
   * state, and lets them obey the constraint.
   *
   * @param iteration from 0
   * @param loss at the present state
   */
  void advance(
      BlendScene scene,
      List<Component> components,
      MorphologyConstraint constraint,
      int iteration,
      double loss);

  static BlendStep of(Kind kind) {
    return kind == Kind.ADAPROX ? new AdaproxStep() : new FistaStep();
  }
}
