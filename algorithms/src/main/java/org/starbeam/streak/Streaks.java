package org.starbeam.streak;

import java.util.List;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.SpanSet;

/**
 * The trails of a frame.
 *
 * @param streaks strongest first
 * @param spikes pixels of lines that are diffraction spikes of saturated stars
 * @param tooMany true when so many pixels would be masked that none is
 */
public record Streaks(List<Streak> streaks, SpanSet spikes, boolean tooMany) {
  /** No trail. */
  public static final Streaks NONE = new Streaks(List.of(), SpanSet.EMPTY, false);

  /** Sets STREAK and SPIKE. */
  public void setMask(MaskI mask) {
    streaks.forEach(s -> s.pixels().setMask(mask, MaskPlanes.STREAK));
    spikes.setMask(mask, MaskPlanes.SPIKE);
  }
}
