package org.starbeam.sky;

/**
 * A part of the sky in ICRS degrees that a position or a footprint may meet. Borders belong to the
 * region; because a border is decided in floating point, all tests reach {@value #MARGIN} radians
 * (0.2 microarcsec) beyond it.
 */
public sealed interface SkyRegion permits SkyCircle, SkyBox, SkyPolygon {
  /** Width of the border, radians. */
  double MARGIN = 1e-12;

  /** True when the position lies in the region. */
  boolean contains(double raDeg, double decDeg);

  /** True when the region and the polygon have a point in common. */
  boolean overlaps(SkyPolygon polygon);
}
