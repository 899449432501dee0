package org.starbeam.measurement;

/**
 * A row of a catalogue in its final order.
 *
 * @param source what was measured
 * @param parent index of its blend's parent in the catalogue, -1 for none
 * @param children number of children
 */
public record CatalogEntry(MeasuredSource source, int parent, int children) {
  /** Whether it is a leaf: an isolated source or a child. */
  public boolean isLeaf() {
    return children == 0;
  }
}
