package org.starbeam.simulation;

import org.jspecify.annotations.Nullable;

/**
 * The truth of one visit: where the telescope looked and what the air did. Directions ICRS degrees.
 *
 * @param headerRa commanded pointing, like headerDec and headerRotPa
 * @param rotPa position angle of the focal plane's +Y
 * @param airmass at mid-exposure
 * @param zeroPoint magnitude of 1 electron/s at the field centre
 * @param cloud extinction by cloud in mag, part of zeroPoint
 * @param cloudGradient mag per field radius along X and Y
 * @param skyMag mag/arcsec^2
 * @param skyCounts electrons per pixel on the axis
 * @param skyGradient relative change per field radius along X and Y
 * @param fringe amplitude of the fringes relative to the sky
 * @param seeing full width at half maximum in arcsec at the field centre
 * @param beta Moffat exponent
 * @param fwhmPoly relative change of the width: coefficients of 1 X Y X^2 XY Y^2 over the radius
 * @param e1Poly ellipticity, like e2Poly
 * @param linear linear term of the mapping, {xx, xy, yx, yy}
 * @param waves smooth waves of the turbulence
 * @param trail satellite trail on the focal plane, or null
 */
record Visit(
    double headerRa,
    double headerDec,
    double headerRotPa,
    double ra,
    double dec,
    double rotPa,
    double airmass,
    double altitudeDeg,
    double azimuthDeg,
    double hourAngleHours,
    double zeroPoint,
    double cloud,
    double[] cloudGradient,
    double skyMag,
    double skyCounts,
    double[] skyGradient,
    double fringe,
    double seeing,
    double beta,
    double[] fwhmPoly,
    double[] e1Poly,
    double[] e2Poly,
    double[] linear,
    Waves waves,
    @Nullable Trail trail) {

  /**
   * A straight trail on the focal plane.
   *
   * @param angleDeg direction from +X
   * @param offsetMm distance of the line from the axis
   * @param sigmaPx width of the Gaussian across
   * @param electronsPerPx light per pixel of length
   */
  record Trail(double angleDeg, double offsetMm, double sigmaPx, double electronsPerPx) {}

  /** Sums of plane waves over the focal plane for each of five fields. */
  record Waves(double[][] kx, double[][] ky, double[][] phase, double[] amplitude) {
    static final int X = 0;
    static final int Y = 1;
    static final int FWHM = 2;
    static final int E1 = 3;
    static final int E2 = 4;
    private static final int FIELDS = 5;
    private static final int PER_FIELD = 8;

    /**
     * Waves of 4 to 12 arcmin: displacements of 5 mas rms per axis in radians, 0.6 % rms in width,
     * 0.004 rms in ellipticity.
     */
    static Waves make(RandomStream random, boolean on) {
      double mas = Math.toRadians(1 / 3.6e6);
      double[] rms = {5 * mas, 5 * mas, 0.006, 0.004, 0.004};
      double[][] kx = new double[FIELDS][PER_FIELD];
      double[][] ky = new double[FIELDS][PER_FIELD];
      double[][] phase = new double[FIELDS][PER_FIELD];
      double[] amplitude = new double[FIELDS];
      double mmPerArcmin = 60 / 0.2 * FocalPlane.PIXEL_MM;
      for (int f = 0; f < FIELDS; f++) {
        amplitude[f] = on ? rms[f] * Math.sqrt(2.0 / PER_FIELD) : 0;
        for (int w = 0; w < PER_FIELD; w++) {
          double k = 2 * Math.PI / (random.uniform(4, 12) * mmPerArcmin);
          double angle = random.uniform(0, 2 * Math.PI);
          kx[f][w] = k * Math.cos(angle);
          ky[f][w] = k * Math.sin(angle);
          phase[f][w] = random.uniform(0, 2 * Math.PI);
        }
      }
      return new Waves(kx, ky, phase, amplitude);
    }

    double at(int field, double xMm, double yMm) {
      if (amplitude[field] == 0) {
        return 0;
      }
      double sum = 0;
      for (int w = 0; w < PER_FIELD; w++) {
        sum += Math.sin(kx[field][w] * xMm + ky[field][w] * yMm + phase[field][w]);
      }
      return amplitude[field] * sum;
    }
  }
}
