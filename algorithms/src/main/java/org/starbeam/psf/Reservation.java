package org.starbeam.psf;

import org.starbeam.sky.Healpix;

/**
 * Which stars are kept out of PSF and aperture-correction fits, the same ones in every visit and
 * pass (specs/02 section 6.2): key = reference catalogue id of a matched star, else 2^62 | HEALPix
 * nested index of order 14 of the position; reserved if SplitMix64(key) mod 1000 < 200.
 */
public final class Reservation {
  private static final Healpix GRID = new Healpix(14);
  private static final int MODULUS = 1000;
  private static final int RESERVED = 200;

  private Reservation() {}

  /** Key of a star without a reference match. */
  public static long skyKey(double raDeg, double decDeg) {
    return (1L << 62) | GRID.pixel(raDeg, decDeg);
  }

  public static boolean isReserved(long key) {
    return bucket(key) < RESERVED;
  }

  /** The hash modulo 1000. */
  static int bucket(long key) {
    return (int) Long.remainderUnsigned(hash(key), MODULUS);
  }

  /** SplitMix64 of a key (Steele, Lea and Flood 2014). */
  static long hash(long key) {
    long z = key + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
