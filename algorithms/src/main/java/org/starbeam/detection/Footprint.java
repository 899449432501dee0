package org.starbeam.detection;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.SpanSet;

/**
 * Pixels of one detection and its peaks, strongest first. Immutable; coordinates are those of the
 * image.
 */
public final class Footprint {
  private final SpanSet spans;
  private final List<Peak> peaks;

  /**
   * @param spans at least one pixel
   * @param peaks at least one, in any order
   */
  public Footprint(SpanSet spans, List<Peak> peaks) {
    if (peaks.isEmpty() || spans.isEmpty()) {
      throw new IllegalArgumentException("footprint without a peak or a pixel");
    }
    this.spans = spans;
    this.peaks = peaks.stream().sorted(Peak.STRONGEST_FIRST).toList();
  }

  /**
   * @param runs (y, x0, x1) triples with x1 exclusive, in any order
   * @param peaks at least one, in any order
   */
  public Footprint(int[] runs, List<Peak> peaks) {
    this(SpanSet.ofRuns(runs), peaks);
  }

  public SpanSet spans() {
    return spans;
  }

  public List<Peak> peaks() {
    return peaks;
  }

  /** The strongest peak. */
  public Peak brightest() {
    return peaks.get(0);
  }

  public Box box() {
    return spans.box();
  }

  public int area() {
    return spans.area();
  }

  public boolean contains(int x, int y) {
    return spans.contains(x, y);
  }

  /** The same pixels with other peaks. */
  public Footprint withPeaks(List<Peak> others) {
    return new Footprint(spans, others);
  }

  /** Sets mask planes on the pixels that lie in the mask. */
  public void setMask(MaskI mask, int planes) {
    spans.setMask(mask, planes);
  }

  /** Bits set in any pixel of the footprint that lies in the mask. */
  public int orOf(MaskI mask) {
    return spans.orOf(mask);
  }
}
