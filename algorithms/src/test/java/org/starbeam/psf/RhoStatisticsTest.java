package org.starbeam.psf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The sums over a tree are those over all pairs, one by one. */
class RhoStatisticsTest {
  private static final double[] EDGES = RhoStatistics.logarithmicEdges(0.5, 60, 20);

  private static List<RhoStatistics.Star> field(int n, Random random) {
    List<RhoStatistics.Star> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(
          new RhoStatistics.Star(
              80 * random.nextDouble(),
              i % 3 == 0 ? 5 : 60 * random.nextDouble(),
              0.05 * random.nextGaussian(),
              0.02 + 0.05 * random.nextGaussian(),
              0.003 * random.nextGaussian(),
              0.003 * random.nextGaussian(),
              8 + random.nextDouble(),
              0.02 * random.nextGaussian()));
    }
    return out;
  }

  /** Mean of Re(conj(a) b) over both orders of every pair of a bin, for rho1, rho2 and rho4. */
  private static double[] allPairs(List<RhoStatistics.Star> stars, double lo, double hi) {
    double[] sum = new double[3];
    long n = 0;
    for (RhoStatistics.Star a : stars) {
      for (RhoStatistics.Star b : stars) {
        double r = Math.hypot(a.x() - b.x(), a.y() - b.y());
        if (a != b && r >= lo && r < hi) {
          n++;
          sum[0] += a.de1() * b.de1() + a.de2() * b.de2();
          sum[1] += a.e1() * b.de1() + a.e2() * b.de2();
          sum[2] += (a.de1() * b.e1() + a.de2() * b.e2()) * b.dT() / b.t();
        }
      }
    }
    return new double[] {n / 2, sum[0] / n, sum[1] / n, sum[2] / n};
  }

  @Test
  void theTreeCountsEveryPairOnce() {
    List<RhoStatistics.Star> stars = field(700, new Random(3));
    for (RhoStatistics.Bin bin : RhoStatistics.of(stars, EDGES)) {
      double[] expected = allPairs(stars, bin.lo(), bin.hi());
      assertThat(bin.pairs()).isEqualTo((long) expected[0]);
      assertThat(bin.rho()[0]).isCloseTo(expected[1], within(1e-17));
      assertThat(bin.rho()[1]).isCloseTo(expected[2], within(1e-16));
      assertThat(bin.rho()[3]).isCloseTo(expected[3], within(1e-17));
    }
  }

  @Test
  void pairsAtOnePlaceAreInNoBinAndStarsWithoutAValueDoNotCount() {
    RhoStatistics.Star star = new RhoStatistics.Star(1, 1, 0, 0, 0.01, 0, 8, 0);
    RhoStatistics.Star near = new RhoStatistics.Star(2, 1, 0, 0, 0.01, 0, 8, 0);
    RhoStatistics.Star odd = new RhoStatistics.Star(2, 1, 0, 0, Double.NaN, 0, 8, 0);
    List<RhoStatistics.Bin> bins =
        RhoStatistics.of(List.of(star, star, near, odd), new double[] {0.5, 2});
    assertThat(bins.get(0).pairs()).isEqualTo(2);
    assertThat(bins.get(0).rho()[0]).isCloseTo(1e-4, within(1e-18));
    assertThat(RhoStatistics.of(List.of(), EDGES)).allMatch(b -> b.pairs() == 0);
  }

  /** Residuals of size A whose phase grows along x have rho1 = A^2 J0(k r). */
  @Test
  void aWaveInTheResidualsHasItsCorrelation() {
    Random random = new Random(4);
    List<RhoStatistics.Star> stars = new ArrayList<>();
    double k = 2 * Math.PI / 40;
    for (int i = 0; i < 20_000; i++) {
      double x = 200 * random.nextDouble();
      double y = 200 * random.nextDouble();
      double de1 = 0.01 * Math.cos(k * x);
      stars.add(new RhoStatistics.Star(x, y, 0, 0, de1, 0.01 * Math.sin(k * x), 8, 0));
    }
    List<RhoStatistics.Bin> bins = RhoStatistics.of(stars, new double[] {1, 1.2, 15, 15.5});
    assertThat(bins.get(0).rho()[0]).isCloseTo(1e-4 * besselJ0(1.1 * k), within(1e-6));
    assertThat(bins.get(2).rho()[0]).isCloseTo(1e-4 * besselJ0(15.25 * k), within(1e-6));
  }

  private static double besselJ0(double z) {
    int steps = 1000;
    double sum = 0;
    for (int i = 0; i < steps; i++) {
      sum += Math.cos(z * Math.sin(Math.PI * (i + 0.5) / steps));
    }
    return sum / steps;
  }
}
