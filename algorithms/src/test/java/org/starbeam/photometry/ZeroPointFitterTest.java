package org.starbeam.photometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.sky.SkyPoint;

class ZeroPointFitterTest {
  private static final double TRUE_ZP = 31.2;

  /** {flux, fluxErr, refFlux, refFluxErr} of stars of 20 mmag, some of them 0.3 mag off. */
  private static double[][] stars(Random random, int n, double outliers) {
    double[][] c = new double[4][n];
    for (int i = 0; i < n; i++) {
      double mag = 17 + 3 * random.nextDouble();
      c[2][i] = Math.pow(10, (31.4 - mag) / 2.5);
      c[3][i] = 0.02 * c[2][i];
      double seen =
          mag + 0.02 * random.nextGaussian() + (random.nextDouble() < outliers ? -0.3 : 0);
      c[0][i] = Math.pow(10, (TRUE_ZP - seen) / 2.5);
      c[1][i] = c[0][i] / 200;
    }
    return c;
  }

  @Test
  void fortyStarsGiveTheZeroPointToFourMillimagnitudes() {
    double squares = 0;
    for (int trial = 0; trial < 200; trial++) {
      double[][] c = stars(new Random(trial), 40, 0);
      var fit = new ZeroPointFitter().fit(c[0], c[1], c[2], c[3]);
      squares += Math.pow(fit.zeroPoint() - TRUE_ZP, 2) / 200;
    }
    assertThat(Math.sqrt(squares)).isLessThan(0.004);
  }

  @Test
  void fifteenPercentOfOutliersShiftItByLessThanThreeMillimagnitudes() {
    double mean = 0;
    for (int trial = 0; trial < 200; trial++) {
      double[][] c = stars(new Random(trial), 40, 0.15);
      mean += (new ZeroPointFitter().fit(c[0], c[1], c[2], c[3]).zeroPoint() - TRUE_ZP) / 200;
    }
    assertThat(mean).isCloseTo(0, within(0.003));
  }

  @Test
  void saysHowManyStarsThereWereWhenTheyAreTooFew() {
    double[] one = {1000};
    assertThatThrownBy(() -> new ZeroPointFitter().fit(one, new double[] {1}, one, one))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("1 of 1");
  }

  @Test
  void saysThatTheCatalogueLacksTheBand() {
    double[][] c = stars(new Random(1), 40, 0);
    Arrays.fill(c[2], Double.NaN);
    assertThatThrownBy(() -> new ZeroPointFitter().fit(c[0], c[1], c[2], c[3]))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("no flux of this band for 40");
  }

  @Test
  void aDetectorWithThreeStarsInheritsTheVisit() {
    Random random = new Random(5);
    List<VisitZeroPoint.Star> stars = new ArrayList<>();
    for (int detector = 0; detector < 4; detector++) {
      int n = detector == 3 ? 3 : 75;
      double[][] c = stars(random, n, 0.02);
      for (int i = 0; i < n; i++) {
        double u = (detector % 2 == 0 ? -1 : 1) * 0.1 * random.nextDouble();
        double v = (detector / 2 == 0 ? -1 : 1) * 0.1 * random.nextDouble();
        double cloud = Math.pow(10, 0.4 * (0.03 * u - 0.02 * v) / 0.15);
        stars.add(
            new VisitZeroPoint.Star(
                detector, 150 + u, v, c[0][i] * cloud, c[1][i], c[2][i], c[3][i]));
      }
    }
    var fit = new VisitZeroPoint().fit(stars, new SkyPoint(150, 0), 0.15 * 3600);
    assertThat(fit.zeroPoint()).isCloseTo(TRUE_ZP, within(0.006));
    assertThat(fit.slopeU()).isCloseTo(0.03, within(0.008));
    assertThat(fit.slopeV()).isCloseTo(-0.02, within(0.008));
    assertThat(fit.at(3, new SkyPoint(150.05, 0.05)))
        .isCloseTo(TRUE_ZP + 0.01 - 0.02 / 3, within(0.01));
    assertThat(fit.nonPhotometric()).isFalse();
  }

  @Test
  void aCalibrationSurvivesItsTableAndPassesNegativeAndNanFluxes() {
    Box box = new Box(0, 0, 100, 80);
    PhotoCalib calib =
        new PhotoCalib(
            0.8, 0.002, new Chebyshev2D(box, 1, 0, new double[] {1, 0.01}), "single-frame");
    PhotoCalib read = PhotoCalib.fromTable(calib.toTable());
    assertThat(read.nJyPerElectron(99, 0)).isEqualTo(calib.nJyPerElectron(99, 0));
    assertThat(read.method()).isEqualTo("single-frame");
    assertThat(calib.apply(-10, 49.5, 0)).isCloseTo(-8, within(1e-9));
    assertThat(calib.apply(Double.NaN, 49.5, 0)).isNaN();
  }
}
