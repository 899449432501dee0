package org.starbeam.simulation;

import org.jspecify.annotations.Nullable;

/**
 * A star, galaxy or supernova at epoch J2016.0, ICRS degrees, proper motions in mas/yr (of right
 * ascension times cos dec), parallax in mas.
 *
 * @param id 1e6 + n for stars, 2e6 + n for galaxies, 3e6 + n for supernovae
 * @param flux total flux in nJy per band in the order u g r i z y; mean of the magnitude curve for
 *     variables, peak for supernovae
 * @param shape light profile; null for points
 * @param hostId galaxy of a supernova, else 0
 * @param blendId common number of galaxies that were put side by side, else 0
 * @param curve change of light in time; null for steady objects
 */
record SkyObject(
    long id,
    Type type,
    double ra,
    double dec,
    double pmRa,
    double pmDec,
    double parallax,
    double[] flux,
    @Nullable GalaxyShape shape,
    long hostId,
    long blendId,
    @Nullable LightCurve curve) {

  static final String BANDS = "ugrizy";

  enum Type {
    STAR,
    GALAXY,
    SUPERNOVA
  }

  /** A Sersic ellipse: index, semi-major half-light radius [arcsec], axis ratio, angle N to E. */
  record Ellipse(double n, double reff, double q, double paDeg) {
    /** Radius of the circle of the same area. */
    double roundRadius() {
      return reff * Math.sqrt(q);
    }
  }

  /**
   * One or two ellipses.
   *
   * @param disk the disk, or the whole galaxy when there is no bulge
   * @param bulge the bulge, or null
   * @param bulgeFlux flux of the bulge by band
   */
  record GalaxyShape(Ellipse disk, @Nullable Ellipse bulge, double[] bulgeFlux) {}

  /** Variable stars: kind 1 sinusoid, 2 sawtooth; supernovae: kind 0 with rise and fall times. */
  record LightCurve(
      int kind,
      double amplitudeMag,
      double periodDays,
      double phase,
      double t0Mjd,
      double riseDays,
      double fallDays) {
    private static final double[] AMPLITUDE_BY_BAND = {1.1, 1.0, 0.8, 0.65, 0.55, 0.5};
    private static final double PHASE_EPOCH = 59000.0;

    /** Flux over the tabulated flux. */
    double factor(int band, double mjd) {
      if (kind == 0) {
        return shape(mjd - t0Mjd) / shape(riseDays * Math.log(fallDays / riseDays - 1));
      }
      double cycle = (mjd - PHASE_EPOCH) / periodDays + phase;
      double wave = kind == 1 ? Math.sin(2 * Math.PI * cycle) : 2 * (cycle - Math.floor(cycle)) - 1;
      return Math.pow(10, -0.4 * amplitudeMag * AMPLITUDE_BY_BAND[band] * wave);
    }

    private double shape(double days) {
      return Math.exp(-days / fallDays) / (1 + Math.exp(-days / riseDays));
    }
  }

  static int bandIndex(char band) {
    return BANDS.indexOf(band);
  }

  double fluxAt(int band, double mjd) {
    return curve == null ? flux[band] : flux[band] * curve.factor(band, mjd);
  }

  /** Half-light radius [arcsec] of the whole in i, ellipses made round; 0 for points. */
  double halfLightRadius(Profiles profiles) {
    if (shape == null) {
      return 0;
    }
    Ellipse disk = shape.disk;
    Ellipse bulge = shape.bulge == null ? disk : shape.bulge;
    double bulgePart = shape.bulgeFlux[3] / flux[3];
    double low = 0;
    double high = 60;
    for (int step = 0; step < 45; step++) {
      double r = (low + high) / 2;
      double inside =
          (1 - bulgePart) * profiles.sersic(disk.n).enclosed(r / disk.roundRadius())
              + bulgePart * profiles.sersic(bulge.n).enclosed(r / bulge.roundRadius());
      if (inside < 0.5) {
        low = r;
      } else {
        high = r;
      }
    }
    return (low + high) / 2;
  }
}
