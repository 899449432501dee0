package org.starbeam.sky;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;

/**
 * The gnomonic projection with SIP distortion, the WCS of every image that Starbeam writes: u = x -
 * x0, v = y - y0; u' = u + A(u, v), v' = v + B(u, v); (xi, eta) = CD (u', v') in degrees about the
 * reference direction. Reference pixels are 0-based; FITS cards hold them plus one. The inverse
 * solves the forward equations by Newton's method (1e-10 pixel), so AP and BP are only written for
 * other readers.
 */
public final class TanSip implements Wcs {
  private static final int NEWTON_STEPS = 20;
  private static final double NEWTON_TOLERANCE = 1e-11;

  private final SkyPoint center;
  private final double x0;
  private final double y0;
  private final double[] cd;
  private final SipPolynomial forward;
  private final SipPolynomial inverse;
  private final Gnomonic plane;
  private final double[] cdInverse;

  /**
   * @param center direction of the reference pixel
   * @param x0 0-based reference column
   * @param y0 0-based reference row
   * @param cd {CD1_1, CD1_2, CD2_1, CD2_2} in degrees per pixel
   * @param forward A and B
   * @param inverse AP and BP as written for other readers
   */
  public TanSip(
      SkyPoint center,
      double x0,
      double y0,
      double[] cd,
      SipPolynomial forward,
      SipPolynomial inverse) {
    this.center = center;
    this.x0 = x0;
    this.y0 = y0;
    this.cd = cd.clone();
    this.forward = forward;
    this.inverse = inverse;
    this.plane = new Gnomonic(center);
    double det = cd[0] * cd[3] - cd[1] * cd[2];
    if (det == 0 || !Double.isFinite(det)) {
      throw new IllegalArgumentException("singular CD matrix");
    }
    this.cdInverse = new double[] {cd[3] / det, -cd[1] / det, -cd[2] / det, cd[0] / det};
  }

  /** A plain gnomonic WCS. */
  public static TanSip tan(SkyPoint center, double x0, double y0, double[] cd) {
    return new TanSip(center, x0, y0, cd, SipPolynomial.NONE, SipPolynomial.NONE);
  }

  public SkyPoint center() {
    return center;
  }

  /** 0-based reference pixel {x0, y0}. */
  public double[] referencePixel() {
    return new double[] {x0, y0};
  }

  @Override
  public SkyPoint toSky(double x, double y) {
    double u = x - x0;
    double v = y - y0;
    double[] shift = forward.apply(u, v);
    double up = u + shift[0];
    double vp = v + shift[1];
    return plane.deproject(
        Math.toRadians(cd[0] * up + cd[1] * vp), Math.toRadians(cd[2] * up + cd[3] * vp));
  }

  @Override
  public double[] toPixel(double raDeg, double decDeg) {
    double[] xiEta = plane.project(raDeg, decDeg);
    double xi = Math.toDegrees(xiEta[0]);
    double eta = Math.toDegrees(xiEta[1]);
    double up = cdInverse[0] * xi + cdInverse[1] * eta;
    double vp = cdInverse[2] * xi + cdInverse[3] * eta;
    if (forward.order() == 0) {
      return new double[] {x0 + up, y0 + vp};
    }
    double u = up;
    double v = vp;
    for (int step = 0; step < NEWTON_STEPS; step++) {
      double[] shift = forward.apply(u, v);
      double[] d = forward.derivatives(u, v);
      double ru = up - u - shift[0];
      double rv = vp - v - shift[1];
      double det = (1 + d[0]) * (1 + d[3]) - d[1] * d[2];
      double du = ((1 + d[3]) * ru - d[1] * rv) / det;
      double dv = ((1 + d[0]) * rv - d[2] * ru) / det;
      u += du;
      v += dv;
      if (Math.abs(du) + Math.abs(dv) < NEWTON_TOLERANCE * (1 + Math.abs(u) + Math.abs(v))) {
        break;
      }
    }
    return new double[] {x0 + u, y0 + v};
  }

  /** FITS cards (1-based reference pixel), in order. */
  public Map<String, Object> toHeader() {
    Map<String, Object> cards = new LinkedHashMap<>();
    boolean sip = forward.order() > 0;
    cards.put("WCSAXES", 2);
    cards.put("CTYPE1", sip ? "RA---TAN-SIP" : "RA---TAN");
    cards.put("CTYPE2", sip ? "DEC--TAN-SIP" : "DEC--TAN");
    cards.put("CUNIT1", "deg");
    cards.put("CUNIT2", "deg");
    cards.put("RADESYS", "ICRS");
    cards.put("CRPIX1", x0 + 1);
    cards.put("CRPIX2", y0 + 1);
    cards.put("CRVAL1", center.raDeg());
    cards.put("CRVAL2", center.decDeg());
    cards.put("CD1_1", cd[0]);
    cards.put("CD1_2", cd[1]);
    cards.put("CD2_1", cd[2]);
    cards.put("CD2_2", cd[3]);
    if (sip) {
      putPolynomial(cards, "A", forward.a());
      putPolynomial(cards, "B", forward.b());
      if (inverse.order() > 0) {
        putPolynomial(cards, "AP", inverse.a());
        putPolynomial(cards, "BP", inverse.b());
      }
    }
    return cards;
  }

  private static void putPolynomial(Map<String, Object> cards, String prefix, double[][] c) {
    int order = c.length - 1;
    cards.put(prefix + "_ORDER", order);
    for (int p = 0; p <= order; p++) {
      for (int q = 0; q + p <= order; q++) {
        if (c[p][q] != 0) {
          cards.put(prefix + "_" + p + "_" + q, c[p][q]);
        }
      }
    }
  }

  /** One row per number, exact: the archive form of this WCS. */
  public FitsTable toTable() {
    List<String> names = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    add(names, values, "CRVAL1", center.raDeg());
    add(names, values, "CRVAL2", center.decDeg());
    add(names, values, "X0", x0);
    add(names, values, "Y0", y0);
    for (int i = 0; i < 4; i++) {
      add(names, values, "CD" + (i / 2 + 1) + "_" + (i % 2 + 1), cd[i]);
    }
    addPolynomial(names, values, "A", forward.a());
    addPolynomial(names, values, "B", forward.b());
    addPolynomial(names, values, "AP", inverse.a());
    addPolynomial(names, values, "BP", inverse.b());
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("WCSTYPE", "TAN-SIP");
    header.put("ORDER", forward.order());
    header.put("INVORDER", inverse.order());
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("name", names.toArray(new String[0]));
    columns.put("value", values.stream().mapToDouble(Double::doubleValue).toArray());
    return new FitsTable("WCS", header, columns);
  }

  private static void add(List<String> names, List<Double> values, String name, double value) {
    names.add(name);
    values.add(value);
  }

  private static void addPolynomial(
      List<String> names, List<Double> values, String prefix, double[][] c) {
    for (int p = 0; p < c.length; p++) {
      for (int q = 0; q + p < c.length; q++) {
        add(names, values, prefix + "_" + p + "_" + q, c[p][q]);
      }
    }
  }

  /** Reads what {@link #toTable} wrote. */
  public static TanSip fromTable(FitsTable table) {
    String[] names = table.strings("name");
    double[] values = table.doubles("value");
    Map<String, Double> byName = new LinkedHashMap<>();
    for (int i = 0; i < names.length; i++) {
      byName.put(names[i].strip(), values[i]);
    }
    int order = table.integer("ORDER");
    int inverseOrder = table.integer("INVORDER");
    return new TanSip(
        new SkyPoint(value(byName, "CRVAL1"), value(byName, "CRVAL2")),
        value(byName, "X0"),
        value(byName, "Y0"),
        new double[] {
          value(byName, "CD1_1"),
          value(byName, "CD1_2"),
          value(byName, "CD2_1"),
          value(byName, "CD2_2")
        },
        new SipPolynomial(coefficients(byName, "A", order), coefficients(byName, "B", order)),
        new SipPolynomial(
            coefficients(byName, "AP", inverseOrder), coefficients(byName, "BP", inverseOrder)));
  }

  private static double value(Map<String, Double> byName, String name) {
    Double value = byName.get(name);
    if (value == null) {
      throw new BadInputException("TABLE_FORMAT", "table WCS has no row " + name);
    }
    return value;
  }

  private static double[][] coefficients(Map<String, Double> byName, String prefix, int order) {
    double[][] c = new double[order + 1][order + 1];
    for (int p = 0; p <= order; p++) {
      for (int q = 0; q + p <= order; q++) {
        c[p][q] = byName.getOrDefault(prefix + "_" + p + "_" + q, 0.0);
      }
    }
    return c;
  }
}
