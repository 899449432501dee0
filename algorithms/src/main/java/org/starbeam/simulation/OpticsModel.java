package org.starbeam.simulation;

/**
 * Where the light of a direction falls in one visit, how wide it is spread, and how much of it is
 * counted. From pixel to sky: focal-plane mm / focal length = u; (a, b) = u (1 + k |u|^2) plus the
 * visit's linear term and atmospheric displacement; rotation by the position angle of +Y; inverse
 * gnomonic projection about the boresight. The inverse is by fixed-point iteration to 1e-8 pixel.
 */
final class OpticsModel {
  private static final int INVERSE_STEPS = 12;

  private final Visit visit;
  private final FocalPlane plane;
  private final double radiusMm;
  private final double expTime;
  private final double sinRotation;
  private final double cosRotation;
  private final double sinDec0;
  private final double cosDec0;

  OpticsModel(Visit visit, FocalPlane plane, double expTime) {
    this.visit = visit;
    this.plane = plane;
    this.expTime = expTime;
    radiusMm = plane.radiusMm();
    sinRotation = Math.sin(Math.toRadians(visit.rotPa()));
    cosRotation = Math.cos(Math.toRadians(visit.rotPa()));
    sinDec0 = Math.sin(Math.toRadians(visit.dec()));
    cosDec0 = Math.cos(Math.toRadians(visit.dec()));
  }

  /** The point spread function at a place: Moffat of width fwhm [pixel] and ellipticity. */
  record Psf(double fwhm, double beta, double e1, double e2) {
    double alpha() {
      return fwhm / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    }

    /** Effective area 1 / integral of the squared profile, in pixel^2. */
    double nEff() {
      double a = alpha();
      return Math.PI * a * a * (2 * beta - 1) / ((beta - 1) * (beta - 1));
    }

    /** Shape matrix over alpha^2: {xx, xy, yy} with determinant 1. */
    double[] shape() {
      double norm = 1 / Math.sqrt(1 - e1 * e1 - e2 * e2);
      return new double[] {(1 + e1) * norm, e2 * norm, (1 - e1) * norm};
    }
  }

  /** Sky direction {ra, dec} in degrees of a pixel position. */
  double[] toSky(int detector, double x, double y) {
    double[] mm = plane.toFocalPlane(detector, x, y);
    double[] angle = distorted(mm[0], mm[1]);
    double xi = -angle[0] * cosRotation + angle[1] * sinRotation;
    double eta = angle[0] * sinRotation + angle[1] * cosRotation;
    double rho = cosDec0 - eta * sinDec0;
    double ra = visit.ra() + Math.toDegrees(Math.atan2(xi, rho));
    double dec =
        Math.toDegrees(Math.atan2(sinDec0 + eta * cosDec0, Math.sqrt(rho * rho + xi * xi)));
    return new double[] {(ra + 360) % 360, dec};
  }

  private double[] distorted(double xMm, double yMm) {
    double ux = xMm / plane.focalLengthMm();
    double uy = yMm / plane.focalLengthMm();
    double stretch = 1 + plane.trueK() * (ux * ux + uy * uy);
    double[] l = visit.linear();
    return new double[] {
      ux * stretch + l[0] * ux + l[1] * uy + visit.waves().at(Visit.Waves.X, xMm, yMm),
      uy * stretch + l[2] * ux + l[3] * uy + visit.waves().at(Visit.Waves.Y, xMm, yMm)
    };
  }

  /** Focal-plane mm of a sky direction. */
  double[] toFocalPlane(double ra, double dec) {
    double dra = Math.toRadians(ra - visit.ra());
    double d = Math.toRadians(dec);
    double cosc = sinDec0 * Math.sin(d) + cosDec0 * Math.cos(d) * Math.cos(dra);
    double xi = Math.cos(d) * Math.sin(dra) / cosc;
    double eta = (cosDec0 * Math.sin(d) - sinDec0 * Math.cos(d) * Math.cos(dra)) / cosc;
    double a = -xi * cosRotation + eta * sinRotation;
    double b = xi * sinRotation + eta * cosRotation;
    double f = plane.focalLengthMm();
    double x = a * f;
    double y = b * f;
    for (int step = 0; step < INVERSE_STEPS; step++) {
      double[] there = distorted(x, y);
      x += (a - there[0]) * f;
      y += (b - there[1]) * f;
    }
    return new double[] {x, y};
  }

  double[] toPixel(int detector, double ra, double dec) {
    double[] mm = toFocalPlane(ra, dec);
    return plane.toPixel(detector, mm[0], mm[1]);
  }

  /**
   * Derivatives at a pixel: {dE/dx, dE/dy, dN/dx, dN/dy} in arcsec per pixel, east with cos dec.
   */
  double[] jacobian(int detector, double x, double y) {
    double[] left = toSky(detector, x - 0.5, y);
    double[] right = toSky(detector, x + 0.5, y);
    double[] down = toSky(detector, x, y - 0.5);
    double[] up = toSky(detector, x, y + 0.5);
    double cos = Math.cos(Math.toRadians((down[1] + up[1]) / 2)) * 3600;
    return new double[] {
      (right[0] - left[0]) * cos,
      (up[0] - down[0]) * cos,
      (right[1] - left[1]) * 3600,
      (up[1] - down[1]) * 3600
    };
  }

  Psf psf(int detector, double x, double y) {
    double[] mm = plane.toFocalPlane(detector, x, y);
    double fwhm =
        visit.seeing()
            / 0.2
            * (1
                + polynomial(visit.fwhmPoly(), mm)
                + visit.waves().at(Visit.Waves.FWHM, mm[0], mm[1]));
    double e1 = polynomial(visit.e1Poly(), mm) + visit.waves().at(Visit.Waves.E1, mm[0], mm[1]);
    double e2 = polynomial(visit.e2Poly(), mm) + visit.waves().at(Visit.Waves.E2, mm[0], mm[1]);
    return new Psf(fwhm, visit.beta(), e1, e2);
  }

  private double polynomial(double[] c, double[] mm) {
    double x = mm[0] / radiusMm;
    double y = mm[1] / radiusMm;
    return c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * x * y + c[5] * y * y;
  }

  /** Zero point at a place: magnitude of a source of 1 electron/s. */
  double zeroPoint(int detector, double x, double y) {
    double[] mm = plane.toFocalPlane(detector, x, y);
    double[] g = visit.cloudGradient();
    return visit.zeroPoint() - (g[0] * mm[0] + g[1] * mm[1]) / radiusMm;
  }

  /** Electrons per nJy at a place, before the detector's response. */
  double electronsPerNanojansky(int detector, double x, double y) {
    return Math.pow(10, 0.4 * (zeroPoint(detector, x, y) - 31.4)) * expTime;
  }

  /** Expected electrons of the sky in a pixel, before the detector's response. */
  double sky(int detector, double x, double y) {
    double[] mm = plane.toFocalPlane(detector, x, y);
    double[] g = visit.skyGradient();
    return visit.skyCounts()
        * (1 + (g[0] * mm[0] + g[1] * mm[1]) / radiusMm)
        * plane.relativeArea(mm[0], mm[1]);
  }
}
