package org.starbeam.simulation;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.DecompositionSolver;
import org.hipparchus.linear.QRDecomposition;

/**
 * TAN-SIP cards of order 4 that describe the true mapping of a detector: least squares of the
 * tangent-plane coordinates about the detector's centre on a 33 x 33 grid; linear terms become CD,
 * the rest {@code A = CD^-1 (higher terms)}. Residuals are a fraction of the atmosphere's waves,
 * below 1 mas, and are stated in WCSRMS and WCSMAX [mas].
 */
final class SipHeader {
  private static final int ORDER = 4;
  private static final int GRID = 33;

  private SipHeader() {}

  static Map<String, Object> cards(OpticsModel optics, int detector) {
    double[] centre = optics.toSky(detector, FocalPlane.CENTRE, FocalPlane.CENTRE);
    int n = GRID * GRID;
    int terms = (ORDER + 1) * (ORDER + 2) / 2 - 1;
    double[][] design = new double[n][terms];
    double[] xi = new double[n];
    double[] eta = new double[n];
    for (int i = 0; i < n; i++) {
      double x = -0.5 + i % GRID * (double) FocalPlane.SIZE / (GRID - 1);
      double y = -0.5 + i / GRID * (double) FocalPlane.SIZE / (GRID - 1);
      double[] sky = optics.toSky(detector, x, y);
      double[] tangent = gnomonic(sky, centre);
      xi[i] = tangent[0];
      eta[i] = tangent[1];
      fill(design[i], (x - FocalPlane.CENTRE) / SCALE, (y - FocalPlane.CENTRE) / SCALE);
    }
    DecompositionSolver solver =
        new QRDecomposition(new Array2DRowRealMatrix(design, false)).getSolver();
    double[] cx = solver.solve(new ArrayRealVector(xi, false)).toArray();
    double[] cy = solver.solve(new ArrayRealVector(eta, false)).toArray();
    return cards(centre, cx, cy, residuals(design, xi, eta, cx, cy));
  }

  private static final double SCALE = FocalPlane.SIZE / 2.0;

  /** Powers u^p v^q for p + q = 1 .. ORDER; by total degree, then by falling p. */
  private static void fill(double[] row, double u, double v) {
    int at = 0;
    for (int degree = 1; degree <= ORDER; degree++) {
      for (int q = 0; q <= degree; q++) {
        row[at++] = Math.pow(u, degree - q) * Math.pow(v, q);
      }
    }
  }

  private static double[] residuals(
      double[][] design, double[] xi, double[] eta, double[] cx, double[] cy) {
    double sum = 0;
    double worst = 0;
    for (int i = 0; i < xi.length; i++) {
      double dx = -xi[i];
      double dy = -eta[i];
      for (int k = 0; k < cx.length; k++) {
        dx += design[i][k] * cx[k];
        dy += design[i][k] * cy[k];
      }
      double d2 = (dx * dx + dy * dy) * 3.6e6 * 3.6e6;
      sum += d2;
      worst = Math.max(worst, d2);
    }
    return new double[] {Math.sqrt(sum / xi.length / 2), Math.sqrt(worst)};
  }

  private static Map<String, Object> cards(
      double[] centre, double[] cx, double[] cy, double[] residuals) {
    double a = cx[0] / SCALE;
    double b = cx[1] / SCALE;
    double c = cy[0] / SCALE;
    double d = cy[1] / SCALE;
    double det = a * d - b * c;
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CTYPE1", "RA---TAN-SIP");
    cards.put("CTYPE2", "DEC--TAN-SIP");
    cards.put("CUNIT1", "deg");
    cards.put("CUNIT2", "deg");
    cards.put("RADESYS", "ICRS");
    cards.put("CRPIX1", FocalPlane.CENTRE + 1);
    cards.put("CRPIX2", FocalPlane.CENTRE + 1);
    cards.put("CRVAL1", centre[0]);
    cards.put("CRVAL2", centre[1]);
    cards.put("CD1_1", a);
    cards.put("CD1_2", b);
    cards.put("CD2_1", c);
    cards.put("CD2_2", d);
    cards.put("A_ORDER", ORDER);
    cards.put("B_ORDER", ORDER);
    int at = 2;
    for (int degree = 2; degree <= ORDER; degree++) {
      for (int q = 0; q <= degree; q++) {
        double scale = Math.pow(SCALE, degree);
        double hx = cx[at] / scale;
        double hy = cy[at++] / scale;
        cards.put("A_" + (degree - q) + "_" + q, (d * hx - b * hy) / det);
        cards.put("B_" + (degree - q) + "_" + q, (a * hy - c * hx) / det);
      }
    }
    cards.put("WCSRMS", Headers.rounded(residuals[0], 4));
    cards.put("WCSMAX", Headers.rounded(residuals[1], 4));
    return cards;
  }

  /** Gnomonic projection about a centre, degrees. */
  private static double[] gnomonic(double[] sky, double[] centre) {
    double dra = Math.toRadians(sky[0] - centre[0]);
    double dec = Math.toRadians(sky[1]);
    double dec0 = Math.toRadians(centre[1]);
    double cosc = Math.sin(dec0) * Math.sin(dec) + Math.cos(dec0) * Math.cos(dec) * Math.cos(dra);
    double xi = Math.cos(dec) * Math.sin(dra) / cosc;
    double eta =
        (Math.cos(dec0) * Math.sin(dec) - Math.sin(dec0) * Math.cos(dec) * Math.cos(dra)) / cosc;
    return new double[] {Math.toDegrees(xi), Math.toDegrees(eta)};
  }
}
