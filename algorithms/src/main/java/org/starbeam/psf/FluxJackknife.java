package org.starbeam.psf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.fits.FitsTable;

/**
 * The error that a fitted PSF brings into fluxes, by delete-group jackknife (specs/02 section 7.5):
 * for each of G groups of its stars, the relative change r_g(x, y) of a PSF flux when the model is
 * fitted without them, as polynomials of the model's degree; sigma_r^2 = (G - 1) / G sum (r_g -
 * mean)^2. Errors of neighbouring sources are alike: averages over a detector do not divide them
 * down. Stored as table PSFJACK, one row per polynomial term. Immutable.
 */
public final class FluxJackknife {
  /** Name of the extension. */
  public static final String TABLE = "PSFJACK";

  private static final int POINTS = 5;

  private final PositionBasis basis;

  /** [term][group]. */
  private final double[][] coefficients;

  private FluxJackknife(PositionBasis basis, double[][] coefficients) {
    this.basis = basis;
    this.coefficients = coefficients;
  }

  /** Relative changes of flux of all groups at a place. */
  @FunctionalInterface
  public interface Changes {
    double[] at(double x, double y);
  }

  /** Least-squares polynomials through the changes at 5 x 5 places. */
  static FluxJackknife of(PositionBasis basis, Changes changes) {
    int terms = basis.size();
    double[][] normal = new double[terms][terms];
    double[][] right = new double[0][];
    for (int i = 0; i < POINTS * POINTS; i++) {
      double x = basis.xZero() + basis.xScale() * (2 * (i % POINTS + 0.5) / POINTS - 1);
      double y = basis.yZero() + basis.yScale() * (2 * (i / POINTS + 0.5) / POINTS - 1);
      double[] r = changes.at(x, y);
      double[] b = basis.at(x, y);
      right = right.length == 0 ? new double[r.length][terms] : right;
      for (int a = 0; a < terms; a++) {
        for (int g = 0; g < r.length; g++) {
          right[g][a] += b[a] * r[g];
        }
        for (int k = 0; k <= a; k++) {
          normal[a][k] += b[a] * b[k];
        }
      }
    }
    double[][] out = new double[terms][right.length];
    if (SmallCholesky.factor(normal)) {
      for (int g = 0; g < right.length; g++) {
        SmallCholesky.substitute(normal, right[g]);
        for (int a = 0; a < terms; a++) {
          out[a][g] = right[g][a];
        }
      }
    }
    return new FluxJackknife(basis, out);
  }

  public int groups() {
    return coefficients[0].length;
  }

  /** Relative change of the flux of a source at (x, y) without each of the groups. */
  public double[] changes(double x, double y) {
    double[] b = basis.at(x, y);
    double[] out = new double[groups()];
    for (int k = 0; k < b.length; k++) {
      for (int g = 0; g < out.length; g++) {
        out[g] += b[k] * coefficients[k][g];
      }
    }
    return out;
  }

  /** Polynomials of the same degree through other changes: those that a correction leaves. */
  public FluxJackknife replacedBy(Changes changes) {
    return of(basis, changes);
  }

  /** Relative one-sigma error at (x, y). */
  public double sigma(double x, double y) {
    double[] r = changes(x, y);
    double mean = 0;
    for (double v : r) {
      mean += v / r.length;
    }
    double sum = 0;
    for (double v : r) {
      sum += (v - mean) * (v - mean);
    }
    return Math.sqrt(sum * (r.length - 1) / r.length);
  }

  public FitsTable toTable() {
    Map<String, Object> header = new LinkedHashMap<>();
    basis.toHeader(header);
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("CHANGE", coefficients);
    return new FitsTable(TABLE, header, columns);
  }

  /** Reads what {@link #toTable} wrote. */
  public static FluxJackknife fromTable(FitsTable table) {
    return new FluxJackknife(PositionBasis.fromHeader(table), table.vectors("CHANGE"));
  }
}
