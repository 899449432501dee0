package org.starbeam.photometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/** Invented surveys: 3 x 3 detectors of 0.2 degrees, dithered, with every term known. */
class SelfCalibrationTest {
  private static final SelfCalibration CALIBRATION =
      new SelfCalibration(SelfCalibration.Config.defaults());
  private static final double RADIUS_ARCSEC = 0.43 * 3600;
  private static final double ZERO_POINT = 28;

  /** A survey and its truth. */
  private static final class Survey {
    final List<SelfCalibration.Visit> visits = new ArrayList<>();
    final List<SelfCalibration.Observation> observations = new ArrayList<>();
    final List<SelfCalibration.Reference> references = new ArrayList<>();
    final List<double[]> truth = new ArrayList<>();
    final double[][] delta;
    final int nStars;
    double cloud;
    double referenceErr = 0.02;

    Survey(int nVisits, int nStars, long seed, double cloud, double[] flat) {
      this.nStars = nStars;
      this.cloud = cloud;
      Random random = new Random(seed);
      double[] mag = new double[nStars];
      double[][] place = new double[nStars][];
      for (int s = 0; s < nStars; s++) {
        mag[s] = 17 + 4 * Math.sqrt(random.nextDouble());
        place[s] =
            new double[] {0.9 * (random.nextDouble() - 0.5), 0.9 * (random.nextDouble() - 0.5)};
        if (random.nextInt(5) == 0) {
          references.add(
              new SelfCalibration.Reference(
                  s, mag[s] + referenceErr * random.nextGaussian(), referenceErr));
        }
      }
      delta = new double[nVisits][9];
      Gnomonic field = new Gnomonic(new SkyPoint(30, -10));
      for (int v = 0; v < nVisits; v++) {
        visit(v, field, mag, place, flat, random);
      }
    }

    private void visit(
        int v, Gnomonic field, double[] mag, double[][] place, double[] flat, Random random) {
      double du = 0.3 * (random.nextDouble() - 0.5);
      double dv = 0.3 * (random.nextDouble() - 0.5);
      boolean cloudy = cloud > 0 && v % 4 == 0;
      double z = 0.02 * random.nextGaussian() + (cloudy ? cloud * random.nextDouble() : 0);
      double gu = (cloudy ? 0.02 : 0.005) * random.nextGaussian();
      double gv = (cloudy ? 0.02 : 0.005) * random.nextGaussian();
      for (int d = 0; d < 9; d++) {
        delta[v][d] = (cloudy ? 0.035 : 0.003) * random.nextGaussian();
      }
      truth.add(new double[] {z, gu, gv});
      SkyPoint center = field.deproject(Math.toRadians(du), Math.toRadians(dv));
      visits.add(new SelfCalibration.Visit(v, center, RADIUS_ARCSEC, ZERO_POINT));
      for (int s = 0; s < mag.length; s++) {
        double x = (place[s][0] - du) / 0.2;
        double y = (place[s][1] - dv) / 0.2;
        if (Math.abs(x) < 1.5 && Math.abs(y) < 1.5) {
          int d = 3 * (int) Math.floor(y + 1.5) + (int) Math.floor(x + 1.5);
          double onX = 2 * (x - Math.rint(x));
          double onY = 2 * (y - Math.rint(y));
          double err = 0.001 + 0.02 * Math.pow(10, 0.3 * (mag[s] - 21));
          double seen =
              mag[s] - z - gu * 0.2 * x / 0.43 - gv * 0.2 * y / 0.43 - delta[v][d] - flat[d];
          observations.add(
              new SelfCalibration.Observation(
                  s,
                  v,
                  d,
                  field.deproject(Math.toRadians(place[s][0]), Math.toRadians(place[s][1])),
                  onX,
                  onY,
                  seen + Math.hypot(err, 0.002) * random.nextGaussian(),
                  err));
        }
      }
    }

    SelfCalibration.Result solve() {
      return CALIBRATION.solve(nStars, visits, observations, references);
    }

    /** Zero points of all detectors of all visits, found less true, mag. */
    double[] errors(SelfCalibration.Result found, double[] flat, boolean cloudyOnes) {
      List<Double> out = new ArrayList<>();
      for (int v = 0; v < visits.size(); v++) {
        if (cloudyOnes == (cloud > 0 && v % 4 == 0)) {
          VisitZeroPoint.Fit fit = found.visits().get((long) v);
          Gnomonic plane = new Gnomonic(fit.center());
          for (int d = 0; d < 9; d++) {
            double x = d % 3 - 1;
            double y = d / 3 - 1;
            SkyPoint middle = plane.deproject(Math.toRadians(0.2 * x), Math.toRadians(0.2 * y));
            double[] t = truth.get(v);
            double want =
                ZERO_POINT + t[0] + (t[1] * x + t[2] * y) * 0.2 / 0.43 + delta[v][d] + flat[d];
            out.add(fit.at(d, middle) - want);
          }
        }
      }
      return out.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  /** The same observation with another magnitude. */
  private static SelfCalibration.Observation moved(SelfCalibration.Observation o, double by) {
    return new SelfCalibration.Observation(
        o.star(), o.visit(), o.detector(), o.place(), o.x(), o.y(), o.mag() + by, o.err());
  }

  private static double rms(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v * v;
    }
    return Math.sqrt(sum / values.length);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v / values.length;
    }
    return sum;
  }

  private static double rmsAboutMean(double[] values) {
    double mean = mean(values);
    double[] off = values.clone();
    for (int i = 0; i < off.length; i++) {
      off[i] -= mean;
    }
    return rms(off);
  }

  private static double[] flat(double mag) {
    double[] out = new double[9];
    for (int d = 0; d < 9; d++) {
      out[d] = mag * ((d * 5 % 9) - 4) / 4;
    }
    return out;
  }

  @Test
  void zeroPointsOfClearVisitsAreRightToTwoMillimagnitudes() {
    double[] flat = flat(0.006);
    Survey survey = new Survey(20, 1500, 1, 0, flat);
    double[] errors = survey.errors(survey.solve(), flat, false);
    assertThat(rmsAboutMean(errors)).isLessThan(0.0015);
    assertThat(mean(errors)).isBetween(-0.003, 0.003);
  }

  @Test
  void zeroPointsThroughCloudsAreRightToFiveMillimagnitudes() {
    double[] flat = flat(0);
    Survey survey = new Survey(20, 1500, 2, 0.5, flat);
    SelfCalibration.Result found = survey.solve();
    assertThat(rmsAboutMean(survey.errors(found, flat, true))).isLessThan(0.005);
    assertThat(rmsAboutMean(survey.errors(found, flat, false))).isLessThan(0.0015);
    for (int v = 0; v < 20; v++) {
      double spread = rmsAboutMean(survey.delta[v]);
      if (spread < 0.01 || spread > 0.03) {
        assertThat(found.visits().get((long) v).nonPhotometric())
            .as("visit %d, detectors scatter by %.3f mag", v, spread)
            .isEqualTo(spread > 0.03);
      }
    }
  }

  @Test
  void aThirdOfTheReferencesWrongAndVariableStarsMoveNothing() {
    double[] flat = flat(0);
    Survey survey = new Survey(12, 1500, 3, 0, flat);
    SelfCalibration.Result before = survey.solve();
    for (int k = 0; k < survey.references.size(); k += 3) {
      SelfCalibration.Reference r = survey.references.get(k);
      survey.references.set(k, new SelfCalibration.Reference(r.star(), r.mag() + 0.7, r.err()));
    }
    Random random = new Random(4);
    for (int i = 0; i < survey.observations.size(); i++) {
      SelfCalibration.Observation o = survey.observations.get(i);
      if (o.star() % 20 == 0) {
        survey.observations.set(i, moved(o, 0.2 * random.nextGaussian()));
      }
    }
    SelfCalibration.Result after = survey.solve();
    double[] a = survey.errors(before, flat, false);
    double[] b = survey.errors(after, flat, false);
    for (int i = 0; i < a.length; i++) {
      assertThat(b[i]).isBetween(a[i] - 0.003, a[i] + 0.003);
    }
    int[] seen = new int[survey.nStars];
    survey.observations.forEach(o -> seen[o.star()]++);
    long often = IntStream.range(0, seen.length).filter(s -> s % 20 == 0 && seen[s] >= 6).count();
    assertThat((double) after.nVariable()).isBetween(0.8 * often, (double) often);
  }

  @Test
  void aStarFlatThatVariesOverItsDetectorIsFound() {
    Survey survey = new Survey(40, 2500, 6, 0, flat(0));
    SelfCalibration.StarFlat truth =
        new SelfCalibration.StarFlat(new double[] {0, 0.004, -0.003, 0.003, 0.002, -0.002});
    survey.observations.replaceAll(o -> moved(o, -truth.at(o.x(), o.y())));
    SelfCalibration.Result found = survey.solve();
    assertThat(found.starFlats()).hasSize(9);
    double sum = 0;
    int n = 0;
    for (SelfCalibration.StarFlat flat : found.starFlats().values()) {
      for (double x = -0.9; x < 1; x += 0.3) {
        for (double y = -0.9; y < 1; y += 0.3) {
          sum += Math.pow(flat.at(x, y) - truth.at(x, y) - offset(flat, truth), 2);
          n++;
        }
      }
    }
    assertThat(Math.sqrt(sum / n)).isLessThan(0.002);
  }

  private static double offset(SelfCalibration.StarFlat a, SelfCalibration.StarFlat b) {
    double sum = 0;
    int n = 0;
    for (double x = -0.9; x < 1; x += 0.3) {
      for (double y = -0.9; y < 1; y += 0.3) {
        sum += a.at(x, y) - b.at(x, y);
        n++;
      }
    }
    return sum / n;
  }

  @Test
  void theOrderOfObservationsAndReferencesIsRounding() {
    double[] flat = flat(0.004);
    Survey survey = new Survey(8, 600, 7, 0.3, flat);
    double[] a = survey.errors(survey.solve(), flat, false);
    Collections.shuffle(survey.observations, new Random(1));
    Collections.shuffle(survey.references, new Random(2));
    double[] b = survey.errors(survey.solve(), flat, false);
    for (int i = 0; i < a.length; i++) {
      assertThat(b[i]).isBetween(a[i] - 1e-9, a[i] + 1e-9);
    }
  }

  @Test
  void aCommonShiftOfAllMagnitudesIsAShiftOfTheZeroPoints() {
    double[] flat = flat(0);
    Survey survey = new Survey(8, 600, 8, 0, flat);
    double[] a = survey.errors(survey.solve(), flat, false);
    survey.observations.replaceAll(o -> moved(o, -0.03));
    double[] b = survey.errors(survey.solve(), flat, false);
    for (int i = 0; i < a.length; i++) {
      assertThat(b[i] - 0.03).isBetween(a[i] - 2e-4, a[i] + 2e-4);
    }
  }

  @Test
  void withoutReferencesVisitsAgreeAmongEachOther() {
    double[] flat = flat(0);
    Survey survey = new Survey(10, 1000, 9, 0, flat);
    survey.references.clear();
    assertThat(rmsAboutMean(survey.errors(survey.solve(), flat, false))).isLessThan(0.002);
  }

  /** Few stars on a detector or many, in eight visits or in thirty. */
  @Test
  void errorsOfZeroPointsOnDetectorsAreThoseOfTheirOffsetsToo() {
    for (int[] size : new int[][] {{8, 300}, {8, 1500}, {30, 600}}) {
      double pulls = 0;
      double constantsOnly = 0;
      int n = 0;
      for (int seed = 1; seed <= 6; seed++) {
        Survey survey = new Survey(size[0], size[1], 20 + seed, 0, flat(0.004));
        SelfCalibration.Result found = survey.solve();
        double[] errors = survey.errors(found, flat(0.004), false);
        for (int k = 0; k < errors.length; k++) {
          VisitZeroPoint.Fit fit = found.visits().get((long) (k / 9));
          pulls += Math.pow(errors[k] / fit.error(k % 9), 2);
          constantsOnly += Math.pow(errors[k] / fit.zeroPointErr(), 2);
          n++;
        }
      }
      assertThat(Math.sqrt(pulls / n))
          .as("%d visits, %d stars", size[0], size[1])
          .isBetween(0.8, 1.35);
      assertThat(constantsOnly).as("without offsets").isGreaterThan(1.3 * pulls);
    }
  }

  /** Cost per observation, of processor time; with {@code -Dstarbeam.full=true} a million. */
  @Test
  void aMillionObservationsAreSolvedInMinutes() {
    int nVisits = Boolean.getBoolean("starbeam.full") ? 1000 : 40;
    Survey survey = new Survey(nVisits, 2250, 11, 0.3, flat(0.003));
    long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    SelfCalibration.Result found = survey.solve();
    double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1e9;
    int n = survey.observations.size();
    System.out.printf(
        "SelfCalibration: %,d observations of %d visits in %.1f s, %.1f us each%n",
        n, nVisits, seconds, 1e6 * seconds / n);
    assertThat(found.visits()).hasSize(nVisits);
    assertThat(seconds).isLessThan(120 * Math.max(1, n / 1e6));
  }

  @Test
  void visitsWithoutSharedStarsAreNamed() {
    Survey survey = new Survey(1, 3, 10, 0, flat(0));
    assertThatThrownBy(survey::solve)
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("none of 1 visits has 5 isolated stars");
  }
}
