package org.starbeam.cosmicray;

import java.util.List;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.SpanSet;

/**
 * The cosmic rays of an image.
 *
 * @param events connected pixels of each, in the order of their first pixel (y, x)
 * @param tooMany more pixels than the cap: the pass is void and there are no events
 * @param candidatePixels pixels found before cap and veto
 * @param vetoed events that the star veto gave back
 */
public record CosmicRays(
    List<SpanSet> events, boolean tooMany, int candidatePixels, List<SpanSet> vetoed) {

  /** Number of pixels in all events. */
  public int pixels() {
    return events.stream().mapToInt(SpanSet::area).sum();
  }

  /** Sets CR on the pixels of all events. */
  public void setMask(MaskI mask) {
    events.forEach(event -> event.setMask(mask, MaskPlanes.CR));
  }
}
