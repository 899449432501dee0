package org.starbeam.astrometry;

/**
 * Pairs of measured stars and reference stars, each at most once.
 *
 * @param source row in the list of measured stars, ascending
 * @param reference row in the reference stars
 */
public record StarMatches(int[] source, int[] reference) {
  public StarMatches {
    if (source.length != reference.length) {
      throw new IllegalArgumentException("matches with columns of different lengths");
    }
  }

  public int size() {
    return source.length;
  }
}
