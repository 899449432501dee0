package org.starbeam.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.testing.Shared;

class Chebyshev2DTest {
  private static final Box BOX = new Box(-10, 30, 201, 120);

  private static double truth(double x, double y) {
    double u = (x - 90) / 100;
    double v = (y - 89.5) / 59.5;
    return 3 + 2 * u - v + 0.5 * (2 * u * u - 1) + 0.25 * u * v;
  }

  private static Chebyshev2D.Fit fitTruth(int order) {
    SplittableRandom random = new SplittableRandom(3);
    int n = 60;
    double[] x = new double[n];
    double[] y = new double[n];
    double[] f = new double[n];
    double[] w = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = -10 + 200 * random.nextDouble();
      y[i] = 30 + 119 * random.nextDouble();
      f[i] = truth(x[i], y[i]);
      w[i] = 1 + random.nextDouble();
    }
    f[0] = 1e9;
    w[0] = 0;
    f[1] = Double.NaN;
    return Chebyshev2D.fit(BOX, order, x, y, f, w);
  }

  @Test
  void fitRestoresAPolynomialExactly() {
    Chebyshev2D.Fit fit = fitTruth(3);
    assertThat(fit.n()).isEqualTo(58);
    assertThat(fit.chi2()).isLessThan(1e-20);
    assertThat(fit.function().evaluate(17.3, 44.1)).isCloseTo(truth(17.3, 44.1), within(1e-12));
    assertThat(fit.function().coefficients()[0]).isCloseTo(3, within(1e-12));
  }

  @Test
  void rowsAreThePointsOfTheRow() {
    Chebyshev2D f = fitTruth(3).function();
    double[] row = new double[12];
    f.fillRow(5, 77, 10, row, 2);
    ImageF image = f.image(new Box(5, 77, 10, 1));
    for (int i = 0; i < 10; i++) {
      assertThat(row[2 + i]).isCloseTo(truth(5 + i, 77), within(1e-12));
      assertThat(image.get(5 + i, 77)).isEqualTo((float) row[2 + i]);
    }
  }

  @Test
  void meanIsThatOfThePixels() {
    Chebyshev2D f = fitTruth(3).function();
    double sum = 0;
    for (int y = BOX.y0(); y < BOX.y1(); y++) {
      for (int x = BOX.x0(); x < BOX.x1(); x++) {
        sum += truth(x, y);
      }
    }
    assertThat(f.mean()).isCloseTo(sum / BOX.area(), within(1e-11));
  }

  @Test
  void productAndSumAreThoseOfTheValues() {
    Chebyshev2D a = fitTruth(3).function();
    Chebyshev2D b = new Chebyshev2D(BOX, 1, 2, new double[] {1, 0.5, -0.25, 0.125, 2, -1});
    for (double[] p : new double[][] {{0, 40}, {101.5, 88}, {190, 149}}) {
      double va = a.evaluate(p[0], p[1]);
      double vb = b.evaluate(p[0], p[1]);
      assertThat(a.times(b).evaluate(p[0], p[1])).isCloseTo(va * vb, within(1e-11));
      assertThat(a.plus(b).evaluate(p[0], p[1])).isCloseTo(va + vb, within(1e-11));
    }
  }

  @Test
  void tableGivesTheSameFunctionsBack() {
    Chebyshev2D a = fitTruth(3).function();
    Chebyshev2D b = Chebyshev2D.constant(BOX, 7);
    var table = Chebyshev2D.toTable("FIELD", List.of(a, b));
    assertThat(Chebyshev2D.fromTable(table, 0)).isEqualTo(a);
    assertThat(Chebyshev2D.fromTable(table, 1)).isEqualTo(b);
  }

  @Test
  void coefficientsHaveTheDomainOfTheBackgroundVector() {
    JsonNode vector = Shared.vector("char-clipped-background").get("chebyshev2");
    double[] fitted = Shared.numbers(vector.get("coeffs"));
    double[] c = new double[9];
    for (int k = 0; k < fitted.length; k++) {
      JsonNode term = vector.get("terms_ij_xy").get(k);
      c[term.get(1).asInt() * 3 + term.get(0).asInt()] = fitted[k];
    }
    Chebyshev2D f = new Chebyshev2D(new Box(0, 0, 128, 128), 2, 2, c);
    for (JsonNode point : vector.get("points")) {
      assertThat(f.evaluate(point.get("x").asDouble(), point.get("y").asDouble()))
          .isCloseTo(point.get("value").asDouble(), within(1e-8));
    }
  }

  /** 28 terms of very uneven weights: the product of R's diagonal is tiny, none of it is. */
  @Test
  void unevenWeightsDoNotMakeAFitSingular() {
    int n = 64;
    double[] x = new double[n];
    double[] y = new double[n];
    double[] f = new double[n];
    double[] w = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = -10 + 25.0 * (i % 8) + 12;
      y[i] = 30 + 15.0 * (i / 8) + 7;
      f[i] = truth(x[i], y[i]);
      w[i] = i % 8 < 4 ? 1 : 1e-4;
    }
    var function = Chebyshev2D.fit(BOX, 6, x, y, f, w).function();
    assertThat(function.evaluate(17.3, 44.1)).isCloseTo(truth(17.3, 44.1), within(1e-6));
  }

  @Test
  void pointsOnALineAreSingular() {
    double[] x = {0, 10, 20, 30, 40, 50};
    double[] y = {60, 60, 60, 60, 60, 60};
    double[] one = {1, 1, 1, 1, 1, 1};
    assertThatThrownBy(() -> Chebyshev2D.fit(BOX, 1, x, y, x, one))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("do not determine");
  }

  @Test
  void tooFewPointsAreNamed() {
    double[] two = {1, 2};
    assertThatThrownBy(() -> Chebyshev2D.fit(BOX, 2, two, two, two, two))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("2 points for 6");
  }
}
