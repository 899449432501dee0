package org.starbeam.sky;

/** A direction on the sky: ICRS right ascension and declination in degrees. */
public record SkyPoint(double raDeg, double decDeg) {}
