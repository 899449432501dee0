package org.starbeam.astrometry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.testing.CiTruth;

/** Match and WCS of every frame of the simulated campaign, judged by the truth's 17 x 17 grids. */
class CiAstrometryTest {
  private static final Box BOX = new Box(0, 0, 1024, 1024);

  /** {rms, max} distance of a WCS from a grid, mas. */
  static double[] residual(Wcs wcs, double[][] grid) {
    double squares = 0;
    double worst = 0;
    for (int i = 0; i < grid[0].length; i++) {
      SkyPoint p = wcs.toSky(grid[0][i], grid[1][i]);
      double d = 1000 * Angles.separationArcsec(p.raDeg(), p.decDeg(), grid[2][i], grid[3][i]);
      squares += d * d;
      worst = Math.max(worst, d);
    }
    return new double[] {Math.sqrt(squares / grid[0].length), worst};
  }

  @Test
  void everyFrameIsMatchedAndItsWcsIsGoodToMilliarcseconds() {
    CiTruth truth = CiTruth.open();
    List<Double> rms = new ArrayList<>();
    List<Double> worst = new ArrayList<>();
    int failed = 0;
    for (CiTruth.Visit visit : truth.visits()) {
      ReferenceStars references = ReferenceStars.at(truth.references(), visit.mjd());
      for (int detector = 0; detector < 4; detector++) {
        CiTruth.Frame frame = truth.frame(visit, detector, new Random(visit.id() + detector));
        try {
          AstrometrySolver.Solution solution =
              new AstrometrySolver()
                  .solve(
                      frame.stars(),
                      truth.guess(visit, detector),
                      BOX,
                      references,
                      visit.band(),
                      visit.exposureSeconds());
          double[] r = residual(solution.fit().wcs(), truth.grid(visit, detector));
          rms.add(r[0]);
          worst.add(r[1]);
          assertThat(solution.fit().sipMaxErrorMas()).isLessThan(0.1);
        } catch (AlgorithmException e) {
          failed++;
        }
      }
    }
    Collections.sort(rms);
    Collections.sort(worst);
    assertThat(failed).isZero();
    assertThat(rms).hasSize(120);
    assertThat(rms.get(rms.size() / 2)).as("median rms, mas").isLessThan(4);
    assertThat(rms.get(rms.size() - 1)).as("worst rms, mas").isLessThan(10);
    assertThat(worst.get(worst.size() / 2)).as("median of worst points, mas").isLessThan(10);
  }
}
