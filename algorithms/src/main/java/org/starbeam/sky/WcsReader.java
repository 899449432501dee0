package org.starbeam.sky;

import java.util.OptionalDouble;
import java.util.Set;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;

/**
 * Reads the celestial WCS of a FITS header: TAN, TAN-SIP, TPV (also TAN with PV cards, as SCAMP
 * writes it), ZPN and HPX, with CD, PC and CDELT, or CDELT and CROTA2. Any other projection is an
 * error that names it, never silently a TAN.
 */
public final class WcsReader {
  private static final Set<String> KNOWN = Set.of("TAN", "TPV", "ZPN", "HPX");
  private static final int MAX_SIP_ORDER = 9;

  private WcsReader() {}

  /** The header's WCS, for 0-based pixels. */
  public static Wcs fromHeader(HeaderView header) {
    String type1 = header.string("CTYPE1");
    String type2 = header.string("CTYPE2");
    if (!type1.startsWith("RA--") || !type2.startsWith("DEC-")) {
      throw unusable(
          header,
          "CTYPE1, CTYPE2 = '" + type1 + "', '" + type2 + "'; expected RA---xxx and DEC--xxx");
    }
    String projection = type1.length() >= 8 ? type1.substring(5, 8) : "";
    if (!KNOWN.contains(projection)) {
      throw unusable(
          header,
          "projection '" + projection + "' is not supported; known: TAN, TAN-SIP, TPV, ZPN, HPX");
    }
    SkyPoint center =
        new SkyPoint(Gnomonic.normalizeRa(header.number("CRVAL1")), header.number("CRVAL2"));
    double x0 = header.number("CRPIX1") - 1;
    double y0 = header.number("CRPIX2") - 1;
    double[] cd = matrix(header);
    if (!projection.equals("HPX")) {
      requireDefaultPole(header);
    }
    if (projection.equals("TAN") && type1.endsWith("-SIP")) {
      return new TanSip(center, x0, y0, cd, sip(header, "A", "B"), sip(header, "AP", "BP"));
    }
    boolean polynomial =
        header.findNumber("PV1_1").isPresent() || header.findNumber("PV2_1").isPresent();
    return switch (projection) {
      case "TPV" -> new ProjectedWcs(x0, y0, cd, tpv(header, center));
      case "ZPN" -> new ProjectedWcs(x0, y0, cd, zpn(header, center));
      case "HPX" -> new ProjectedWcs(x0, y0, cd, hpx(header, center));
      default ->
          polynomial
              ? new ProjectedWcs(x0, y0, cd, tpv(header, center))
              : TanSip.tan(center, x0, y0, cd);
    };
  }

  private static double[] matrix(HeaderView header) {
    if (header.has("CD1_1") || header.has("CD2_2")) {
      return new double[] {
        header.numberOr("CD1_1", 0),
        header.numberOr("CD1_2", 0),
        header.numberOr("CD2_1", 0),
        header.numberOr("CD2_2", 0)
      };
    }
    double dx = header.numberOr("CDELT1", 1);
    double dy = header.numberOr("CDELT2", 1);
    if (header.has("PC1_1") || header.has("PC2_2")) {
      return new double[] {
        dx * header.numberOr("PC1_1", 1),
        dx * header.numberOr("PC1_2", 0),
        dy * header.numberOr("PC2_1", 0),
        dy * header.numberOr("PC2_2", 1)
      };
    }
    double rotation = Math.toRadians(header.numberOr("CROTA2", 0));
    double c = Math.cos(rotation);
    double s = Math.sin(rotation);
    return new double[] {dx * c, -dy * s, dx * s, dy * c};
  }

  private static void requireDefaultPole(HeaderView header) {
    OptionalDouble pole = header.findNumber("LONPOLE");
    if (pole.isPresent()
        && Math.abs(pole.getAsDouble() - 180) > 1e-9
        && header.number("CRVAL2") < 90) {
      throw unusable(header, "LONPOLE = " + pole.getAsDouble() + "; only 180 is supported");
    }
  }

  private static SipPolynomial sip(HeaderView header, String a, String b) {
    int order = Math.max(header.integerOr(a + "_ORDER", 0), header.integerOr(b + "_ORDER", 0));
    if (order < 0 || order > MAX_SIP_ORDER) {
      throw unusable(header, a + "_ORDER = " + order + "; expected 0 to " + MAX_SIP_ORDER);
    }
    SipPolynomial out = SipPolynomial.zero(order);
    for (int p = 0; p <= order; p++) {
      for (int q = 0; p + q <= order; q++) {
        out.a()[p][q] = header.numberOr(a + "_" + p + "_" + q, 0);
        out.b()[p][q] = header.numberOr(b + "_" + p + "_" + q, 0);
      }
    }
    return out;
  }

  private static SkyProjection tpv(HeaderView header, SkyPoint center) {
    double[][] pv = new double[2][TpvProjection.TERMS];
    for (int axis = 0; axis < 2; axis++) {
      for (int m = 0; m < TpvProjection.TERMS; m++) {
        pv[axis][m] = header.numberOr("PV" + (axis + 1) + "_" + m, m == 1 ? 1 : 0);
      }
    }
    return new TpvProjection(center, pv[0], pv[1]);
  }

  private static SkyProjection zpn(HeaderView header, SkyPoint center) {
    double[] p = new double[20];
    for (int m = 0; m < p.length; m++) {
      p[m] = header.numberOr("PV2_" + m, 0);
    }
    if (p[1] <= 0) {
      throw unusable(header, "ZPN with PV2_1 = " + p[1] + "; expected a positive linear term");
    }
    return new ZpnProjection(center, p);
  }

  private static SkyProjection hpx(HeaderView header, SkyPoint center) {
    if (header.numberOr("PV2_1", 4) != 4
        || header.numberOr("PV2_2", 3) != 3
        || center.decDeg() != 0) {
      throw unusable(header, "HPX with H, K other than 4, 3 or CRVAL2 other than 0");
    }
    return new HpxProjection(center.raDeg());
  }

  private static BadInputException unusable(HeaderView header, String what) {
    return new BadInputException("WCS", header.where() + ": " + what);
  }
}
