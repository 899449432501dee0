package org.starbeam.detection;

import java.util.Comparator;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;

/**
 * Footprints of one image, by (y, x) of their strongest peak.
 *
 * @param footprints disjoint pixels; every one has at least one peak
 * @param box box of the image
 * @param threshold significance that a pixel had to reach
 */
public record FootprintSet(List<Footprint> footprints, Box box, double threshold) {
  public FootprintSet {
    footprints =
        footprints.stream()
            .sorted(Comparator.comparing(Footprint::brightest, Peak.BY_POSITION))
            .toList();
  }

  public int size() {
    return footprints.size();
  }

  /** Sets mask planes on all pixels. */
  public void setMask(MaskI mask, int planes) {
    footprints.forEach(f -> f.setMask(mask, planes));
  }
}
