package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.sky.SphereIndex;

/**
 * Which isolated stars of different months are one star: those whose centres at the reference epoch
 * are within half an arcsecond of each other. Within a month isolated stars are 2 arcsec apart.
 */
final class StarParts {
  private static final double RADIUS_ARCSEC = 0.5;

  private StarParts() {}

  /** The stars with their parts, in the order of the parts' smallest key. */
  static List<List<IsolatedStar>> sameStars(List<IsolatedStar> parts) {
    List<IsolatedStar> sorted = new ArrayList<>(parts);
    sorted.sort(
        Comparator.comparingLong(IsolatedStar::getStarKey)
            .thenComparing(star -> star.getMemberSourceIds().get(0)));
    if (sorted.isEmpty()) {
      return List.of();
    }
    SphereIndex index =
        new SphereIndex(
            sorted.stream().mapToDouble(IsolatedStar::getRa).toArray(),
            sorted.stream().mapToDouble(IsolatedStar::getDec).toArray(),
            RADIUS_ARCSEC);
    return index.components(RADIUS_ARCSEC).stream()
        .map(rows -> Arrays.stream(rows).mapToObj(sorted::get).toList())
        .toList();
  }
}
