package org.starbeam.streak;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.background.ObjectMask;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

/**
 * The pixels in which a trail cannot be looked for (specs/02 section 16.2): clear sources as far as
 * they reach, and the surroundings of defects.
 *
 * <p>A footprint is a source when it is not three times (a large one: 2.2 times) as long as wide,
 * or not of thin parts only; of one that is, only what is much thicker than its mean is: stars on a
 * trail. What is faint stays, because a faint trail is detected in round pieces.
 */
final class SourceMask {
  private static final int SOURCE = 1;
  private static final double ISOPHOTE = 0.3;
  private static final double WING_BETA = 2.5;
  private static final double LONG = 3;

  /** Axis ratio that is enough for a flash of an aircraft's lights. */
  private static final double LONG_FLASH = 2.2;

  private static final double FLASH_PIXELS = 40;
  private static final double SPARSE = 0.15;
  private static final double MANY_PIXELS = 100;
  private static final double THICK = 1.1;
  private static final int DEFECT_GROWTH = 1;

  private final double leastSignificance;

  /**
   * @param leastSignificance of the peak of a source that is taken out
   */
  SourceMask(double leastSignificance) {
    this.leastSignificance = leastSignificance;
  }

  /** A mask in the box of the image with any bit set where nothing is to be looked for. */
  MaskI of(MaskedImage image, FootprintSet sources, double sigmaPsf, double skySigma) {
    MaskI out = new MaskI(image.box());
    SpanSet.ofMask(image.mask(), MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA)
        .grow(DEFECT_GROWTH)
        .setMask(out, SOURCE);
    List<Footprint> compact = new ArrayList<>();
    for (Footprint footprint : sources.footprints()) {
      if (footprint.brightest().significance() < leastSignificance) {
        continue;
      }
      if (isThin(footprint.spans())) {
        thickPart(footprint.spans()).grow(2 * sigmaPsf).setMask(out, SOURCE);
      } else {
        compact.add(footprint);
      }
    }
    new ObjectMask(ISOPHOTE, WING_BETA)
        .mark(
            image,
            new FootprintSet(compact, sources.box(), sources.threshold()),
            sigmaPsf,
            skySigma,
            out,
            SOURCE);
    return out;
  }

  /** True for a set that may be a trail, or several that cross. */
  private static boolean isThin(SpanSet pixels) {
    Box box = pixels.box();
    double diagonal = Math.hypot(box.width(), box.height());
    if (diagonal > MANY_PIXELS && pixels.area() < SPARSE * box.width() * box.height()) {
      return true;
    }
    double[] m = moments(pixels);
    double mean = 0.5 * (m[0] + m[2]);
    double half = Math.hypot(0.5 * (m[0] - m[2]), m[1]);
    double ratio = diagonal > FLASH_PIXELS ? LONG_FLASH : LONG;
    return mean + half > ratio * ratio * Math.max(1e-9, mean - half);
  }

  /** Second moments {xx, xy, yy} of the pixels about their mean. */
  private static double[] moments(SpanSet pixels) {
    double n = pixels.area();
    double x0 = pixels.box().x0();
    double y0 = pixels.box().y0();
    double[] s = new double[5];
    for (int run = 0; run < pixels.size(); run++) {
      double y = pixels.y(run) - y0;
      for (int i = pixels.x0(run); i < pixels.x1(run); i++) {
        double x = i - x0;
        s[0] += x;
        s[1] += y;
        s[2] += x * x;
        s[3] += x * y;
        s[4] += y * y;
      }
    }
    double mx = s[0] / n;
    double my = s[1] / n;
    return new double[] {
      s[2] / n - mx * mx + 1 / 12.0, s[3] / n - mx * my, s[4] / n - my * my + 1 / 12.0
    };
  }

  /** What survives an opening by the mean width of the set, twice its area over its outline. */
  private static SpanSet thickPart(SpanSet pixels) {
    double outline = pixels.area() - pixels.shrink(1).area();
    double radius = THICK * 2 * pixels.area() / Math.max(1, outline);
    return pixels.shrink(radius).grow(radius);
  }
}
