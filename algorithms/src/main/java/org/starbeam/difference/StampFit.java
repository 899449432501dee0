package org.starbeam.difference;

import java.util.Arrays;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * The kernel of sum 1 that makes of one PSF stamp another, by least squares on a square of pixels
 * with equal weights. The normal matrix is that of the stamp that is convolved, so it is factored
 * once for all the others.
 */
final class StampFit {
  /**
   * Eigenvalues that are dropped: what only noise of the models would need, and what would make
   * noise of the image.
   */
  private static final double LEAST_EIGENVALUE = 1e-5;

  private final double[][] convolved;
  private final NormalEquations.Factored normal;

  /**
   * @param basis functions of the kernel
   * @param stamp PSF centred on (0, 0), 0 outside its box
   * @param half half width of the square
   */
  StampFit(KernelBasis basis, ImageD stamp, int half) {
    int outer = half + basis.halfWidth();
    convolved = basis.convolveAll(cut(stamp, outer), 2 * outer + 1, 2 * outer + 1);
    int n = convolved.length - 1;
    double[] matrix = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        matrix[i * n + j] = AlardLuptonSolver.dot(convolved[i + 1], convolved[j + 1]);
        matrix[j * n + i] = matrix[i * n + j];
      }
    }
    normal = new NormalEquations.Factored(matrix, LEAST_EIGENVALUE);
  }

  /** Pixels of a stamp on a square, row by row. */
  static double[] cut(ImageD stamp, int half) {
    ImageD out = new ImageD(Box.around(0, 0, half));
    out.copyFrom(stamp);
    return out.data;
  }

  /** Coefficients of the functions; the first, which has the sum, is 0 and stands for 1. */
  double[] toward(double[] target) {
    double[] missing = new double[target.length];
    Arrays.setAll(missing, p -> target[p] - convolved[0][p]);
    double[] right = new double[convolved.length - 1];
    for (int i = 0; i < right.length; i++) {
      right[i] = AlardLuptonSolver.dot(convolved[i + 1], missing);
    }
    double[] out = new double[convolved.length];
    System.arraycopy(normal.solve(right).values(), 0, out, 1, right.length);
    return out;
  }
}
