package org.starbeam.association;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.sky.Angles;

/**
 * Decides which rows of Object are primary, so that each source is primary exactly once across
 * patch and tract borders (specs/04 section 6). A leaf row is primary when its peak pixel lies in
 * the patch's inner box and its place in the tract's inner region. The two grids of a tract border
 * have different peak pixels, so a source may come out primary twice or not at all: of two
 * primaries of different patches within 0.5 arcsec the one with the lower id stays; two leaf rows
 * of different tracts within 0.5 arcsec with no primary there make the lower id primary.
 * Independent of the order of rows; cost O(n log n).
 */
public final class PrimaryAudit {
  private static final double RADIUS_ARCSEC = 0.5;

  /**
   * A row that may become primary: a leaf of its blend, no sky object.
   *
   * @param inner patch-inner and tract-inner by its peak pixel
   */
  public record Leaf(
      long objectId, int tract, int patch, double raDeg, double decDeg, boolean inner) {}

  /** Ids of the primary rows. */
  public Set<Long> primaries(List<Leaf> leaves) {
    List<Leaf> sorted =
        leaves.stream()
            .sorted(Comparator.comparingDouble(Leaf::decDeg).thenComparingLong(Leaf::objectId))
            .toList();
    TreeSet<Long> primary = new TreeSet<>();
    sorted.stream().filter(Leaf::inner).forEach(l -> primary.add(l.objectId()));
    List<Leaf[]> pairs = pairs(sorted);
    pairs.sort(
        Comparator.comparingLong((Leaf[] p) -> Math.min(p[0].objectId(), p[1].objectId()))
            .thenComparingLong(p -> Math.max(p[0].objectId(), p[1].objectId())));
    for (Leaf[] pair : pairs) {
      long low = Math.min(pair[0].objectId(), pair[1].objectId());
      long high = Math.max(pair[0].objectId(), pair[1].objectId());
      if (primary.contains(low) && primary.contains(high)) {
        primary.remove(high);
      }
    }
    for (Leaf[] pair : pairs) {
      if (pair[0].tract() != pair[1].tract() && noneNear(pair, sorted, primary)) {
        primary.add(Math.min(pair[0].objectId(), pair[1].objectId()));
      }
    }
    return primary;
  }

  /** Pairs of leaves of different patches within the radius. */
  private static List<Leaf[]> pairs(List<Leaf> sorted) {
    List<Leaf[]> out = new ArrayList<>();
    for (int i = 0; i < sorted.size(); i++) {
      Leaf a = sorted.get(i);
      for (int j = i + 1; j < sorted.size(); j++) {
        Leaf b = sorted.get(j);
        if (b.decDeg() - a.decDeg() > RADIUS_ARCSEC / 3600) {
          break;
        }
        boolean samePatch = a.tract() == b.tract() && a.patch() == b.patch();
        if (!samePatch && near(a, b)) {
          out.add(new Leaf[] {a, b});
        }
      }
    }
    return out;
  }

  private static boolean noneNear(Leaf[] pair, List<Leaf> sorted, Set<Long> primary) {
    for (Leaf leaf : pair) {
      int from = firstAtLeast(sorted, leaf.decDeg() - RADIUS_ARCSEC / 3600);
      for (int i = from; i < sorted.size(); i++) {
        Leaf other = sorted.get(i);
        if (other.decDeg() > leaf.decDeg() + RADIUS_ARCSEC / 3600) {
          break;
        }
        if (primary.contains(other.objectId()) && near(leaf, other)) {
          return false;
        }
      }
    }
    return true;
  }

  private static int firstAtLeast(List<Leaf> sorted, double dec) {
    int low = 0;
    int high = sorted.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted.get(middle).decDeg() < dec) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean near(Leaf a, Leaf b) {
    return Angles.separationArcsec(a.raDeg(), a.decDeg(), b.raDeg(), b.decDeg()) < RADIUS_ARCSEC;
  }
}
