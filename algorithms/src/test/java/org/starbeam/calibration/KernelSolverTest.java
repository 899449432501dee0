package org.starbeam.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Kernels from area changes; truth is the kernel that the area changes were made of. */
class KernelSolverTest {
  private static double truth(int x, int y) {
    return -8e-7 * Math.exp(-Math.hypot(x / 0.9, y / 1.15));
  }

  /** Minus the Laplacian of the kernel, which is 0 beyond 8 pixels. */
  private static double[][] areaChanges() {
    double[][] a = new double[9][9];
    for (int i = 0; i < 9; i++) {
      for (int j = 0; j < 9; j++) {
        double right = i == 8 ? 0 : truth(i + 1, j);
        double above = j == 8 ? 0 : truth(i, j + 1);
        a[i][j] = 4 * truth(i, j) - right - truth(i - 1, j) - above - truth(i, j - 1);
      }
    }
    return a;
  }

  @Test
  void theKernelOfTheAreaChangesIsFound() {
    double[][] k = KernelSolver.kernel(areaChanges());
    for (int y = -8; y <= 8; y++) {
      for (int x = -8; x <= 8; x++) {
        assertThat(k[y + 8][x + 8]).isCloseTo(truth(x, y), within(1e-12 * 8e-7));
      }
    }
  }

  private static PhotonTransfer measured(Random random, double factor, double error) {
    double[][] a = areaChanges();
    double[][] errors = new double[9][9];
    for (int i = 0; i < 9; i++) {
      for (int j = 0; j < 9; j++) {
        errors[i][j] = error;
        a[i][j] = factor * a[i][j] + error * random.nextGaussian();
      }
    }
    return new PhotonTransfer(0, List.of(), a, errors, 0, 0);
  }

  private static double distance(BrighterFatterKernel k, double factor) {
    double sum = 0;
    for (int y = -4; y <= 4; y++) {
      for (int x = -4; x <= 4; x++) {
        sum = Math.max(sum, Math.abs(k.values()[y + 8][x + 8] - factor * truth(x, y)));
      }
    }
    return sum / 8e-7;
  }

  @Test
  void detectorsThatAreAlikeHelpEachOtherAndOthersKeepTheirOwn() {
    Random random = new Random(1);
    KernelSolver solver = new KernelSolver(KernelSolver.Config.defaults());
    List<PhotonTransfer> alike = new ArrayList<>();
    for (int d = 0; d < 9; d++) {
      alike.add(measured(random, 1, 1.3e-8));
    }
    double alone = 0;
    double together = 0;
    for (PhotonTransfer p : alike) {
      alone += distance(solver.solve(p, List.of(p)), 1) / 9;
      together += distance(solver.solve(p, alike), 1) / 9;
    }
    assertThat(together).isLessThan(0.6 * alone).isLessThan(0.1);
    List<PhotonTransfer> mixed = new ArrayList<>();
    for (int d = 0; d < 8; d++) {
      mixed.add(measured(random, d % 2 == 0 ? 1 : 1.6, 2e-9));
    }
    assertThat(distance(solver.solve(mixed.get(0), mixed), 1)).isLessThan(0.08);
    assertThat(distance(solver.solve(mixed.get(1), mixed), 1.6)).isLessThan(0.08);
  }
}
