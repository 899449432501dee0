package org.starbeam.coadd;

import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;

/**
 * The straight line through a long thin set of pixels, from its second moments: direction along the
 * larger principal axis, length and width from the extent along and the area over it.
 */
record TrailLine(double x, double y, double dx, double dy, double length, double width) {
  static TrailLine of(SpanSet pixels) {
    double n = pixels.area();
    double sx = 0;
    double sy = 0;
    for (int run = 0; run < pixels.size(); run++) {
      double m = pixels.x1(run) - pixels.x0(run);
      sx += m * (pixels.x0(run) + pixels.x1(run) - 1) / 2;
      sy += m * pixels.y(run);
    }
    double cx = sx / n;
    double cy = sy / n;
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int run = 0; run < pixels.size(); run++) {
      for (int x = pixels.x0(run); x < pixels.x1(run); x++) {
        xx += (x - cx) * (x - cx);
        xy += (x - cx) * (pixels.y(run) - cy);
        yy += (pixels.y(run) - cy) * (pixels.y(run) - cy);
      }
    }
    double angle = 0.5 * Math.atan2(2 * xy, xx - yy);
    double dx = Math.cos(angle);
    double dy = Math.sin(angle);
    double low = 0;
    double high = 0;
    for (int run = 0; run < pixels.size(); run++) {
      for (int x : new int[] {pixels.x0(run), pixels.x1(run) - 1}) {
        double along = (x - cx) * dx + (pixels.y(run) - cy) * dy;
        low = Math.min(low, along);
        high = Math.max(high, along);
      }
    }
    double length = high - low + 1;
    return new TrailLine(cx, cy, dx, dy, length, n / length);
  }

  /** True for a set that is long and thin enough to be a trail. */
  static boolean isThin(SpanSet binned, ArtifactFinder.Config config, int bin) {
    Box box = binned.box();
    if (Math.hypot(box.width(), box.height()) * bin < config.minTrailLength()) {
      return false;
    }
    TrailLine line = of(binned);
    return line.length * bin > config.minTrailLength()
        && line.width < config.maxTrailRatio() * line.length;
  }

  /** The band along the line of a trail across a box. */
  static SpanSet through(
      SpanSet binned, Box area, double psfSigma, ArtifactFinder.Config config, int bin) {
    TrailLine line = of(binned);
    double half =
        Math.min(
            config.maxTrailWidth() / bin / 2,
            line.width / 2 + config.trailGrowSigma() * psfSigma / bin);
    int[] runs = new int[3 * area.height()];
    for (int row = 0; row < area.height(); row++) {
      int y = area.y0() + row;
      double low = area.x0();
      double high = area.x1() - 1;
      if (Math.abs(line.dy) > 1e-9) {
        double middle = line.x + (y - line.y) * line.dx / line.dy;
        double reach = half / Math.abs(line.dy);
        low = Math.max(low, Math.ceil(middle - reach));
        high = Math.min(high, Math.floor(middle + reach));
      } else if (Math.abs(y - line.y) > half) {
        high = low - 1;
      }
      runs[3 * row] = y;
      runs[3 * row + 1] = (int) low;
      runs[3 * row + 2] = high < low ? (int) low : (int) high + 1;
    }
    return SpanSet.ofRuns(runs);
  }
}
