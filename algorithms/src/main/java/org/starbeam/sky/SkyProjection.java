package org.starbeam.sky;

/**
 * A map between a projection plane (degrees, u to the east, v to the north at the reference) and
 * the sky.
 */
sealed interface SkyProjection permits TpvProjection, ZpnProjection, HpxProjection {
  SkyPoint deproject(double u, double v);

  /** {u, v} in degrees; NaN for a direction without an image. */
  double[] project(double raDeg, double decDeg);
}
