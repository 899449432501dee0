package org.starbeam.image;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.fits.FitsTable;

/**
 * A smooth function over a box: f(x, y) = sum over i, j of c[j][i] T_i(u) T_j(v), with T the
 * Chebyshev polynomials of the first kind and u = 2 (x - x0) / (width - 1) - 1, v likewise, so that
 * the centres of the box's outermost pixels are at -1 and +1. Immutable.
 */
public final class Chebyshev2D {
  /** Smallest diagonal element of R, in units of the largest, at which a fit is determined. */
  private static final double MIN_DIAGONAL = 1e-10;

  private final Box box;
  private final int orderX;
  private final int orderY;
  private final double[] coefficients;

  /**
   * @param coefficients (orderY + 1) rows of (orderX + 1) values, c[j * (orderX + 1) + i]; copied
   */
  public Chebyshev2D(Box box, int orderX, int orderY, double[] coefficients) {
    if (box.isEmpty() || orderX < 0 || orderY < 0) {
      throw new IllegalArgumentException(box + ", orders " + orderX + ", " + orderY);
    }
    if (coefficients.length != (orderX + 1) * (orderY + 1)) {
      throw new IllegalArgumentException(
          coefficients.length + " coefficients for orders " + orderX + ", " + orderY);
    }
    this.box = box;
    this.orderX = orderX;
    this.orderY = orderY;
    this.coefficients = coefficients.clone();
  }

  public static Chebyshev2D constant(Box box, double value) {
    return new Chebyshev2D(box, 0, 0, new double[] {value});
  }

  /**
   * A fit and what it says of itself.
   *
   * @param covariance of the fitted coefficients in the order of {@link #terms}, from the given
   *     errors (inverse normal matrix)
   * @param terms the (i, j) of each fitted coefficient
   * @param chi2 sum of weight * residual^2
   * @param n points with weight
   */
  public record Fit(
      Chebyshev2D function, double[][] covariance, List<int[]> terms, double chi2, int n) {}

  /**
   * Weighted least squares fit of terms with i &lt;= orderX, j &lt;= orderY and i + j &lt;=
   * totalOrder, by QR decomposition.
   *
   * @param weights inverse variances; points with weight 0 or without finite value are left out
   * @throws AlgorithmException TOO_FEW_POINTS when there are fewer points than terms, SINGULAR_FIT
   *     when their places do not determine the terms
   */
  public static Fit fit(
      Box box,
      int orderX,
      int orderY,
      int totalOrder,
      double[] x,
      double[] y,
      double[] values,
      double[] weights) {
    return fit(box, terms(orderX, orderY, totalOrder), x, y, values, weights, 0);
  }

  /**
   * {@link #fit} of every term up to a total order, of which all but the constant one have a prior
   * of mean zero.
   *
   * @param sigma standard deviation of the prior; infinite for none
   */
  public static Fit fit(
      Box box,
      int totalOrder,
      double[] x,
      double[] y,
      double[] values,
      double[] weights,
      double sigma) {
    List<int[]> terms = terms(totalOrder, totalOrder, totalOrder);
    return fit(box, terms, x, y, values, weights, 1 / sigma);
  }

  private static Fit fit(
      Box box,
      List<int[]> terms,
      double[] x,
      double[] y,
      double[] values,
      double[] weights,
      double prior) {
    int[] used = usable(values, weights);
    int orderX = terms.stream().mapToInt(t -> t[0]).max().orElse(0);
    int orderY = terms.stream().mapToInt(t -> t[1]).max().orElse(0);
    int priors = prior > 0 ? terms.size() - 1 : 0;
    if (used.length < terms.size()) {
      throw new AlgorithmException(
          "TOO_FEW_POINTS", used.length + " points for " + terms.size() + " Chebyshev terms");
    }
    int rows = used.length + priors;
    DMatrixRMaj design = new DMatrixRMaj(rows, terms.size());
    DMatrixRMaj right = new DMatrixRMaj(rows, 1);
    for (int k = 1; k <= priors; k++) {
      design.set(used.length + k - 1, k, prior);
    }
    double[] tx = new double[orderX + 1];
    double[] ty = new double[orderY + 1];
    for (int row = 0; row < used.length; row++) {
      int p = used[row];
      double w = Math.sqrt(weights[p]);
      polynomials(scaled(x[p], box.x0(), box.width()), tx);
      polynomials(scaled(y[p], box.y0(), box.height()), ty);
      for (int k = 0; k < terms.size(); k++) {
        design.set(row, k, w * tx[terms.get(k)[0]] * ty[terms.get(k)[1]]);
      }
      right.set(row, 0, w * values[p]);
    }
    LinearSolverDense<DMatrixRMaj> solver =
        LinearSolverFactory_DDRM.leastSquares(rows, terms.size());
    DMatrixRMaj solution = new DMatrixRMaj(terms.size(), 1);
    if (!solver.setA(design.copy()) || !isDetermined(solver.getDecomposition())) {
      throw new AlgorithmException(
          "SINGULAR_FIT", "the points do not determine " + terms.size() + " Chebyshev terms");
    }
    solver.solve(right, solution);
    double[] c = new double[(orderX + 1) * (orderY + 1)];
    for (int k = 0; k < terms.size(); k++) {
      c[terms.get(k)[1] * (orderX + 1) + terms.get(k)[0]] = solution.get(k, 0);
    }
    DMatrixRMaj residual = new DMatrixRMaj(rows, 1);
    CommonOps_DDRM.mult(design, solution, residual);
    CommonOps_DDRM.subtractEquals(residual, right);
    double chi2 = 0;
    for (int i = 0; i < used.length; i++) {
      chi2 += residual.get(i, 0) * residual.get(i, 0);
    }
    Chebyshev2D function = new Chebyshev2D(box, orderX, orderY, c);
    return new Fit(function, covariance(design), terms, chi2, used.length);
  }

  /** {@link #fit} of every term up to a total order. */
  public static Fit fit(
      Box box, int totalOrder, double[] x, double[] y, double[] values, double[] weights) {
    return fit(box, totalOrder, totalOrder, totalOrder, x, y, values, weights);
  }

  /** Whether no diagonal element of R is nothing beside the largest one. */
  private static boolean isDetermined(QRDecomposition<DMatrixRMaj> decomposition) {
    DMatrixRMaj r = decomposition.getR(null, true);
    double least = Double.POSITIVE_INFINITY;
    double largest = 0;
    for (int i = 0; i < r.numCols; i++) {
      double size = Math.abs(r.get(i, i));
      least = Math.min(least, size);
      largest = Math.max(largest, size);
    }
    return least > MIN_DIAGONAL * largest;
  }

  private static double[][] covariance(DMatrixRMaj design) {
    int n = design.numCols;
    DMatrixRMaj normal = new DMatrixRMaj(n, n);
    CommonOps_DDRM.multTransA(design, design, normal);
    CommonOps_DDRM.invert(normal);
    double[][] out = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        out[i][j] = normal.get(i, j);
      }
    }
    return out;
  }

  private static List<int[]> terms(int orderX, int orderY, int totalOrder) {
    List<int[]> terms = new java.util.ArrayList<>();
    for (int j = 0; j <= orderY; j++) {
      for (int i = 0; i <= orderX && i + j <= totalOrder; i++) {
        terms.add(new int[] {i, j});
      }
    }
    return terms;
  }

  private static int[] usable(double[] values, double[] weights) {
    int[] used = new int[values.length];
    int n = 0;
    for (int i = 0; i < values.length; i++) {
      if (weights[i] > 0 && Double.isFinite(weights[i]) && Double.isFinite(values[i])) {
        used[n++] = i;
      }
    }
    return Arrays.copyOf(used, n);
  }

  public Box box() {
    return box;
  }

  public int orderX() {
    return orderX;
  }

  public int orderY() {
    return orderY;
  }

  /** A copy of the coefficients, c[j * (orderX + 1) + i]. */
  public double[] coefficients() {
    return coefficients.clone();
  }

  /** Value at a pixel position; outside the box it is extrapolated. */
  public double evaluate(double x, double y) {
    double u = scaled(x, box.x0(), box.width());
    double v = scaled(y, box.y0(), box.height());
    double tj = 1;
    double previous = v;
    double sum = 0;
    for (int j = 0; j <= orderY; j++) {
      sum += tj * clenshaw(coefficients, j * (orderX + 1), orderX, u);
      double next = j == 0 ? v : 2 * v * tj - previous;
      previous = tj;
      tj = next;
    }
    return sum;
  }

  /** Values of n pixels of row y from column x0 on, into {@code out} from {@code offset} on. */
  public void fillRow(int x0, int y, int n, double[] out, int offset) {
    double[] c = rowCoefficients(y);
    double step = step(box.width());
    for (int i = 0; i < n; i++) {
      out[offset + i] = clenshaw(c, 0, orderX, scaled(x0, box.x0(), box.width()) + i * step);
    }
  }

  /** As {@link #fillRow(int, int, int, double[], int)} into floats. */
  public void fillRow(int x0, int y, int n, float[] out, int offset) {
    double[] c = rowCoefficients(y);
    double first = scaled(x0, box.x0(), box.width());
    double step = step(box.width());
    for (int i = 0; i < n; i++) {
      out[offset + i] = (float) clenshaw(c, 0, orderX, first + i * step);
    }
  }

  /** An image of the function over a box. */
  public ImageF image(Box over) {
    ImageF out = new ImageF(over);
    for (int y = over.y0(); y < over.y1(); y++) {
      fillRow(over.x0(), y, over.width(), out.data, out.index(over.x0(), y));
    }
    return out;
  }

  /** The coefficients of the function of x alone that remains on row y. */
  private double[] rowCoefficients(double y) {
    double[] ty = new double[orderY + 1];
    polynomials(scaled(y, box.y0(), box.height()), ty);
    double[] c = new double[orderX + 1];
    for (int j = 0; j <= orderY; j++) {
      for (int i = 0; i <= orderX; i++) {
        c[i] += ty[j] * coefficients[j * (orderX + 1) + i];
      }
    }
    return c;
  }

  private static double clenshaw(double[] c, int from, int order, double u) {
    double b1 = 0;
    double b2 = 0;
    for (int i = order; i > 0; i--) {
      double b = c[from + i] + 2 * u * b1 - b2;
      b2 = b1;
      b1 = b;
    }
    return c[from] + u * b1 - b2;
  }

  /** Mean over the pixel centres of its box. */
  public double mean() {
    double[] meanX = pixelMeans(orderX, box.width());
    double[] meanY = pixelMeans(orderY, box.height());
    double sum = 0;
    for (int j = 0; j <= orderY; j++) {
      for (int i = 0; i <= orderX; i++) {
        sum += coefficients[j * (orderX + 1) + i] * meanX[i] * meanY[j];
      }
    }
    return sum;
  }

  private static double[] pixelMeans(int order, int length) {
    double[] t = new double[order + 1];
    double[] mean = new double[order + 1];
    for (int x = 0; x < length; x++) {
      polynomials(scaled(x, 0, length), t);
      for (int i = 0; i <= order; i++) {
        mean[i] += t[i] / length;
      }
    }
    return mean;
  }

  public Chebyshev2D times(double factor) {
    return new Chebyshev2D(
        box, orderX, orderY, Arrays.stream(coefficients).map(c -> c * factor).toArray());
  }

  /** The sum; both boxes must be the same. */
  public Chebyshev2D plus(Chebyshev2D other) {
    requireSameBox(other);
    int nx = Math.max(orderX, other.orderX);
    int ny = Math.max(orderY, other.orderY);
    double[] c = new double[(nx + 1) * (ny + 1)];
    for (Chebyshev2D part : List.of(this, other)) {
      for (int j = 0; j <= part.orderY; j++) {
        for (int i = 0; i <= part.orderX; i++) {
          c[j * (nx + 1) + i] += part.coefficients[j * (part.orderX + 1) + i];
        }
      }
    }
    return new Chebyshev2D(box, nx, ny, c);
  }

  /** The exact product, of the sum of the orders; both boxes must be the same. */
  public Chebyshev2D times(Chebyshev2D other) {
    requireSameBox(other);
    int nx = orderX + other.orderX;
    int ny = orderY + other.orderY;
    double[] c = new double[(nx + 1) * (ny + 1)];
    for (int j = 0; j <= orderY; j++) {
      for (int i = 0; i <= orderX; i++) {
        double a = coefficients[j * (orderX + 1) + i];
        for (int l = 0; l <= other.orderY; l++) {
          for (int k = 0; k <= other.orderX; k++) {
            double p = 0.25 * a * other.coefficients[l * (other.orderX + 1) + k];
            c[(j + l) * (nx + 1) + i + k] += p;
            c[(j + l) * (nx + 1) + Math.abs(i - k)] += p;
            c[Math.abs(j - l) * (nx + 1) + i + k] += p;
            c[Math.abs(j - l) * (nx + 1) + Math.abs(i - k)] += p;
          }
        }
      }
    }
    return new Chebyshev2D(box, nx, ny, c);
  }

  private void requireSameBox(Chebyshev2D other) {
    if (!box.equals(other.box)) {
      throw new IllegalArgumentException(box + " and " + other.box);
    }
  }

  /** Place across the box, -1 to 1 from its first to its last column. */
  public double unitX(double x) {
    return scaled(x, box.x0(), box.width());
  }

  /** Place along the box, -1 to 1 from its first to its last row. */
  public double unitY(double y) {
    return scaled(y, box.y0(), box.height());
  }

  private static double scaled(double x, int x0, int width) {
    return width == 1 ? 0 : (2 * (x - x0) - (width - 1)) / (width - 1);
  }

  private static double step(int width) {
    return width == 1 ? 0 : 2.0 / (width - 1);
  }

  private static void polynomials(double u, double[] t) {
    t[0] = 1;
    if (t.length > 1) {
      t[1] = u;
    }
    for (int i = 2; i < t.length; i++) {
      t[i] = 2 * u * t[i - 1] - t[i - 2];
    }
  }

  /**
   * A table with one row per function: columns x0, y0, width, height, orderX, orderY and
   * coefficients, short rows filled up with 0.
   */
  public static FitsTable toTable(String name, List<Chebyshev2D> functions) {
    int longest = functions.stream().mapToInt(f -> f.coefficients.length).max().orElse(1);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x0", functions.stream().mapToInt(f -> f.box.x0()).toArray());
    columns.put("y0", functions.stream().mapToInt(f -> f.box.y0()).toArray());
    columns.put("width", functions.stream().mapToInt(f -> f.box.width()).toArray());
    columns.put("height", functions.stream().mapToInt(f -> f.box.height()).toArray());
    columns.put("orderX", functions.stream().mapToInt(f -> f.orderX).toArray());
    columns.put("orderY", functions.stream().mapToInt(f -> f.orderY).toArray());
    columns.put(
        "coefficients",
        functions.stream()
            .map(f -> Arrays.copyOf(f.coefficients, longest))
            .toArray(double[][]::new));
    return new FitsTable(name, new LinkedHashMap<>(), columns);
  }

  /** The function of one row of such a table (which may have other columns besides). */
  public static Chebyshev2D fromTable(FitsTable table, int row) {
    Map<String, Object> columns = table.columns();
    int orderX = integer(columns, "orderX", row);
    int orderY = integer(columns, "orderY", row);
    Object stored = column(columns, "coefficients");
    double[] c =
        stored instanceof double[][] rows
            ? Arrays.copyOf(rows[row], (orderX + 1) * (orderY + 1))
            : new double[] {((double[]) stored)[row]};
    Box box =
        new Box(
            integer(columns, "x0", row),
            integer(columns, "y0", row),
            integer(columns, "width", row),
            integer(columns, "height", row));
    return new Chebyshev2D(box, orderX, orderY, c);
  }

  private static int integer(Map<String, Object> columns, String name, int row) {
    return ((int[]) column(columns, name))[row];
  }

  private static Object column(Map<String, Object> columns, String name) {
    Object column = columns.get(name);
    if (column == null) {
      throw new IllegalArgumentException("no column " + name + " in " + columns.keySet());
    }
    return column;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Chebyshev2D other
        && box.equals(other.box)
        && orderX == other.orderX
        && orderY == other.orderY
        && Arrays.equals(coefficients, other.coefficients);
  }

  @Override
  public int hashCode() {
    return 31 * box.hashCode() + Arrays.hashCode(coefficients);
  }

  @Override
  public String toString() {
    return "Chebyshev2D[" + box + ", " + Arrays.toString(coefficients) + "]";
  }
}
