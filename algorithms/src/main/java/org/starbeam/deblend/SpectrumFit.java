package org.starbeam.deblend;

import java.util.Arrays;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.NonNegativeSolver;

/**
 * Spectra of given morphologies by weighted least squares that are not negative, band by band:
 * exactly, with an active set, for some hundred components; by projected conjugate gradients that
 * need no matrix for more.
 */
final class SpectrumFit {
  /** Components up to which the normal equations are solved exactly. */
  static final int EXACT = 200;

  private static final int CG_ITERATIONS = 60;
  private static final int CG_ROUNDS = 3;
  private static final double CG_RELATIVE = 1e-4;

  private SpectrumFit() {}

  /** Replaces all spectra. */
  static void fit(BlendScene scene, List<Component> components) {
    if (components.size() > EXACT) {
      iterate(scene, components);
      return;
    }
    for (int b = 0; b < scene.bands(); b++) {
      exact(scene, components, b);
    }
    components.forEach(MorphologyConstraint::floor);
  }

  private static void exact(BlendScene scene, List<Component> components, int b) {
    int k = components.size();
    float[] full = new float[scene.box().area()];
    Box[] boxes = new Box[k];
    float[][] rendered = new float[k][];
    for (int i = 0; i < k; i++) {
      Component c = components.get(i);
      scene.render(c, b, full);
      boxes[i] = c.box.grow(scene.radius()).intersect(scene.box());
      rendered[i] = cut(full, scene.box(), boxes[i]);
    }
    double[][] a = new double[k][k];
    double[] rhs = new double[k];
    for (int i = 0; i < k; i++) {
      rhs[i] = product(scene, b, boxes[i], rendered[i], scene.box(), scene.data(b));
      for (int j = 0; j <= i; j++) {
        a[i][j] = product(scene, b, boxes[i], rendered[i], boxes[j], rendered[j]);
        a[j][i] = a[i][j];
      }
    }
    double[] s = NonNegativeSolver.solve(a, rhs);
    for (int i = 0; i < k; i++) {
      components.get(i).spectrum[b] = (float) s[i];
    }
  }

  private static float[] cut(float[] full, Box box, Box part) {
    float[] out = new float[part.area()];
    for (int y = 0; y < part.height(); y++) {
      System.arraycopy(
          full,
          (part.y0() + y - box.y0()) * box.width() + part.x0() - box.x0(),
          out,
          y * part.width(),
          part.width());
    }
    return out;
  }

  private static double product(
      BlendScene scene, int b, Box boxA, float[] a, Box boxB, float[] other) {
    Box both = boxA.intersect(boxB);
    float[] w = scene.weight(b);
    Box all = scene.box();
    double sum = 0;
    for (int y = both.y0(); y < both.y1(); y++) {
      int ia = (y - boxA.y0()) * boxA.width() + both.x0() - boxA.x0();
      int ib = (y - boxB.y0()) * boxB.width() + both.x0() - boxB.x0();
      int iw = (y - all.y0()) * all.width() + both.x0() - all.x0();
      for (int x = 0; x < both.width(); x++) {
        sum += (double) w[iw + x] * a[ia + x] * other[ib + x];
      }
    }
    return sum;
  }

  /**
   * Conjugate gradients from the present spectra on the components that are not held at 0, begun
   * anew from what is above 0 after each round. Bands are independent, but share the passes.
   */
  private static void iterate(BlendScene scene, List<Component> components) {
    int k = components.size();
    int bands = scene.bands();
    double[][] s = new double[bands][k];
    boolean[][] free = new boolean[bands][k];
    for (boolean[] each : free) {
      Arrays.fill(each, true);
    }
    for (int i = 0; i < k; i++) {
      for (int b = 0; b < bands; b++) {
        s[b][i] = components.get(i).spectrum[b];
      }
    }
    double[][] rhs = gradient(scene, components, new double[bands][k], new double[bands][k]);
    double[][] diagonal = diagonal(scene, components);
    for (int round = 0; round < CG_ROUNDS; round++) {
      conjugate(scene, components, s, free, rhs, diagonal);
      double[][] slope = gradient(scene, components, s, new double[bands][k]);
      for (int b = 0; b < bands; b++) {
        for (int i = 0; i < k; i++) {
          free[b][i] = s[b][i] > 0 || slope[b][i] < 0;
          s[b][i] = Math.max(0, s[b][i]);
        }
      }
    }
    put(components, s);
    components.forEach(MorphologyConstraint::floor);
  }

  private static void put(List<Component> components, double[][] s) {
    for (int i = 0; i < components.size(); i++) {
      for (int b = 0; b < s.length; b++) {
        components.get(i).spectrum[b] = (float) s[b][i];
      }
    }
  }

  /** A s - rhs0 for the spectra s, less what is given. */
  private static double[][] gradient(
      BlendScene scene, List<Component> components, double[][] s, double[][] less) {
    put(components, s);
    scene.evaluate(components);
    double[][] out = new double[s.length][components.size()];
    for (int i = 0; i < components.size(); i++) {
      for (int b = 0; b < s.length; b++) {
        out[b][i] = components.get(i).spectrumGradient[b] - less[b][i];
      }
    }
    return out;
  }

  private static double[][] diagonal(BlendScene scene, List<Component> components) {
    double[][] out = new double[scene.bands()][components.size()];
    for (int i = 0; i < components.size(); i++) {
      Component c = components.get(i);
      double squares = 0;
      for (int p = 0; p < c.area(); p++) {
        squares += (double) c.morphology[p] * c.morphology[p];
      }
      for (int b = 0; b < scene.bands(); b++) {
        out[b][i] = Math.max(squares * scene.curvature(b), Double.MIN_NORMAL);
      }
    }
    return out;
  }

  private static void conjugate(
      BlendScene scene,
      List<Component> components,
      double[][] s,
      boolean[][] free,
      double[][] atZero,
      double[][] diagonal) {
    int bands = s.length;
    int k = components.size();
    double[][] r = gradient(scene, components, s, new double[bands][k]);
    double[][] p = new double[bands][k];
    double[] rz = new double[bands];
    double[] start = new double[bands];
    boolean[] done = new boolean[bands];
    for (int iteration = 0; iteration < CG_ITERATIONS; iteration++) {
      boolean all = true;
      for (int b = 0; b < bands; b++) {
        double next = 0;
        for (int i = 0; i < k; i++) {
          r[b][i] = free[b][i] ? r[b][i] : 0;
          next += r[b][i] * r[b][i] / diagonal[b][i];
        }
        start[b] = iteration == 0 ? next : start[b];
        done[b] |= !(next > CG_RELATIVE * CG_RELATIVE * start[b]);
        all &= done[b];
        double beta = iteration == 0 ? 0 : next / rz[b];
        rz[b] = next;
        for (int i = 0; i < k; i++) {
          p[b][i] = (free[b][i] ? -r[b][i] / diagonal[b][i] : 0) + beta * p[b][i];
        }
      }
      if (all) {
        return;
      }
      double[][] ap = gradient(scene, components, p, atZero);
      for (int b = 0; b < bands; b++) {
        if (done[b]) {
          continue;
        }
        double pap = 0;
        for (int i = 0; i < k; i++) {
          pap += p[b][i] * ap[b][i];
        }
        double alpha = pap > 0 ? rz[b] / pap : 0;
        for (int i = 0; i < k; i++) {
          s[b][i] += alpha * p[b][i];
          r[b][i] += alpha * ap[b][i];
        }
      }
    }
  }
}
