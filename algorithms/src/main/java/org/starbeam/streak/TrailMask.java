package org.starbeam.streak;

import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;
import org.starbeam.streak.TrailParts.Part;

/**
 * The pixels of a trail: where its model, or what is measured beyond it, is above a small part of
 * the sky noise, over the parts that shine (specs/02 section 16.4). Where a source hides it, and in
 * gaps, its neighbours' brightness holds; at the border of the frame it goes on beyond the end of
 * its middle line.
 */
final class TrailMask {
  private static final double SURE = 5;
  private static final double MEASURED = 3;
  private static final double CLIP = 4;
  private static final int FAR = 6;

  /** Error of a measured profile, in isophotes, below which it is better than the model. */
  private static final double PRECISE = 0.3;

  /** How far beyond the model a measured profile may lead. */
  private static final double BEYOND = 1.4;

  private final TrailProfile profile;
  private final Trail trail;
  private final Brightness blocks;
  private final double isophote;
  private final double maxHalfWidth;
  private final double[] mean;
  private final double[] error;

  /**
   * @param band pixels along the trail
   * @param blocks flux per length
   */
  TrailMask(
      TrailProfile profile,
      StreakFinder.Fit config,
      double skySigma,
      Band band,
      Trail trail,
      Brightness blocks) {
    this.profile = profile;
    this.trail = trail;
    this.blocks = blocks;
    this.isophote = config.isophote() * skySigma;
    this.maxHalfWidth = config.maxHalfWidth();
    mean = new double[(int) maxHalfWidth + 3];
    error = new double[mean.length];
    stack(band);
  }

  /**
   * Light over that of a unit flux per length at each distance, from the blocks that shine, above
   * that at the far ends of the band.
   */
  private void stack(Band band) {
    int last = 0;
    for (int i = 0; i < band.size(); i++) {
      int k = blocks.indexOf(band.along(i));
      int d = (int) Math.rint(Math.abs(trail.offset(band.along(i), band.across(i))));
      if (d < mean.length && blocks.shines(k, SURE)) {
        double w = blocks.amplitude(k) / band.variance(i);
        double limit = CLIP * Math.sqrt(band.variance(i));
        mean[d] += w * Math.max(-limit, Math.min(limit, band.value(i)));
        error[d] += w * blocks.amplitude(k);
        last = Math.max(last, d);
      }
    }
    double far = 0;
    double weight = 0;
    for (int d = Math.max(0, last - FAR); d < last; d++) {
      far += mean[d];
      weight += error[d];
    }
    for (int d = 0; d < mean.length; d++) {
      mean[d] = error[d] > 0 ? mean[d] / error[d] - far / weight : 0;
      error[d] = error[d] > 0 ? 1 / Math.sqrt(error[d]) : Double.POSITIVE_INFINITY;
    }
  }

  /** Widest half width of the mask. */
  double reach(TrailParts parts) {
    double most = 0;
    for (Part part : parts.parts()) {
      for (double half : halfWidths(part)) {
        most = Math.max(most, half);
      }
    }
    return most;
  }

  SpanSet pixels(Box box, TrailParts parts) {
    boolean[] map = new boolean[box.area()];
    for (Part part : parts.parts()) {
      double[] half = halfWidths(part);
      double from = part.openStart() ? part.from() - maxHalfWidth : part.from();
      double to = part.openEnd() ? part.to() + maxHalfWidth : part.to();
      mark(map, box, half, from, to);
    }
    return SpanSet.ofMap(map, box);
  }

  private void mark(boolean[] map, Box box, double[] half, double from, double to) {
    Line line = trail.line();
    boolean steep = Math.abs(line.dy()) > Math.abs(line.dx());
    double most = 0;
    for (double h : half) {
      most = Math.max(most, h);
    }
    double bend = Math.max(trail.offset(from, 0) * -1, trail.offset(to, 0) * -1);
    double reach = (most + Math.abs(bend) + 1) / Math.max(Math.abs(line.dx()), Math.abs(line.dy()));
    int rows = steep ? box.height() : box.width();
    for (int m = 0; m < rows; m++) {
      double centre =
          steep
              ? line.x() + (box.y0() + m - line.y()) / line.dy() * line.dx() - box.x0()
              : line.y() + (box.x0() + m - line.x()) / line.dx() * line.dy() - box.y0();
      int low = Math.max(0, (int) Math.ceil(centre - reach));
      int high = Math.min((steep ? box.width() : box.height()) - 1, (int) (centre + reach));
      for (int k = low; k <= high; k++) {
        int x = steep ? k : m;
        int y = steep ? m : k;
        double s = line.along(box.x0() + x, box.y0() + y);
        double d = trail.offset(s, line.across(box.x0() + x, box.y0() + y));
        if (s >= from && s <= to && Math.abs(d) <= half[blocks.indexOf(s)]) {
          map[y * box.width() + x] = true;
        }
      }
    }
  }

  /** Half width in every block of a part; at least half the full width at half maximum. */
  private double[] halfWidths(Part part) {
    double least = 0.5 * profile.fullWidth(trail.halfWidth());
    double[] out = new double[blocks.size()];
    for (int k = part.first(); k <= part.last(); k++) {
      out[k] = Math.min(maxHalfWidth, Math.max(least, radius(brightness(part, k))));
    }
    for (int k = 0; k < out.length; k++) {
      out[k] = k < part.first() ? out[part.first()] : k > part.last() ? out[part.last()] : out[k];
    }
    return out;
  }

  /** Where a trail of a flux per length is lost, by the model and by what was measured. */
  private double radius(double flux) {
    if (!(flux > 0)) {
      return 0;
    }
    double model = profile.radius(isophote / flux, trail.halfWidth(), maxHalfWidth);
    double most = Math.min(maxHalfWidth, BEYOND * model + 2);
    int d = (int) (0.5 * profile.fullWidth(trail.halfWidth()));
    while (d < most) {
      double light = (mean[d] + mean[d + 1] + mean[d + 2]) / 3;
      double sigma = Math.max(error[d], error[d + 2]) / Math.sqrt(3);
      boolean precise = sigma * flux < PRECISE * isophote;
      boolean seen = light * flux > isophote && light > MEASURED * sigma;
      if (precise ? !seen : d > model && !seen) {
        break;
      }
      d++;
    }
    return Math.min(d, most);
  }

  /** The largest of a block and its neighbours that are sure; else the mean of the part. */
  private double brightness(Part part, int k) {
    double most = 0;
    for (int j = Math.max(part.first(), k - 1); j <= Math.min(part.last(), k + 1); j++) {
      most = blocks.shines(j, SURE) ? Math.max(most, blocks.amplitude(j)) : most;
    }
    return most > 0 ? most : meanOf(part);
  }

  private double meanOf(Part part) {
    double sum = 0;
    int n = 0;
    for (int k = part.first(); k <= part.last(); k++) {
      sum += blocks.amplitude(k);
      n += blocks.hasData(k) ? 1 : 0;
    }
    return n == 0 ? 0 : sum / n;
  }
}
