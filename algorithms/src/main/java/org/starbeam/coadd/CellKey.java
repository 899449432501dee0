package org.starbeam.coadd;

/** A cell of a tract; ordered by row, then column. */
public record CellKey(int cx, int cy) implements Comparable<CellKey> {
  @Override
  public int compareTo(CellKey other) {
    return cy != other.cy ? Integer.compare(cy, other.cy) : Integer.compare(cx, other.cx);
  }
}
