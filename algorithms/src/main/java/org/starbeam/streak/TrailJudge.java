package org.starbeam.streak;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.SpanSet;
import org.starbeam.streak.TrailParts.Part;

/** Decides what a fitted line is (specs/02 section 16.4). */
final class TrailJudge {
  /** What a line can be. */
  enum Verdict {
    STREAK,
    SPIKE,
    NEITHER
  }

  private static final double MAX_PULL = 5;
  private static final double CORE = 0.1;
  private static final double LEAST_SEEN = 0.25;
  private static final double EVEN = 0.55;
  private static final double ALONG_AXIS_DEG = 1;
  private static final double NARROW = 0.7;
  private static final double NEAR = 2;
  private static final double STEP = 0.3;
  private static final double NEAREST = 16;
  private static final int SMALLEST_STAR = 5;
  private static final double DEGREES_OF_TURN = 180;

  /** Centre of a connected set of saturated pixels. */
  private record Star(double x, double y) {}

  private final TrailProfile profile;
  private final double skySigma;
  private final StreakFinder.Accept config;
  private final List<Star> saturated = new ArrayList<>();

  TrailJudge(MaskI mask, TrailProfile profile, double skySigma, StreakFinder.Accept config) {
    this.profile = profile;
    this.skySigma = skySigma;
    this.config = config;
    for (SpanSet part : SpanSet.connected(mask, MaskPlanes.SAT)) {
      if (part.area() >= SMALLEST_STAR) {
        saturated.add(centre(part));
      }
    }
  }

  private static Star centre(SpanSet pixels) {
    double sx = 0;
    double sy = 0;
    for (int run = 0; run < pixels.size(); run++) {
      double n = pixels.x1(run) - pixels.x0(run);
      sx += n * 0.5 * (pixels.x0(run) + pixels.x1(run) - 1);
      sy += n * pixels.y(run);
    }
    return new Star(sx / pixels.area(), sy / pixels.area());
  }

  Verdict judge(Band band, Trail trail, Brightness blocks, Brightness cells, TrailParts parts) {
    if (parts.isEmpty()
        || parts.snr() < config.minSnr()
        || 2 * trail.halfWidth() >= config.maxBox()
        || !isBright(trail, parts)
        || parts.seenShare() < LEAST_SEEN
        || chi2(band, trail, cells, parts) > config.maxChi2()) {
      return Verdict.NEITHER;
    }
    if (isSpike(trail, cells, parts)) {
      return Verdict.SPIKE;
    }
    return isLongAndEven(parts)
            && !isStep(band, trail, blocks, parts)
            && !isOfTheDetector(band, trail, blocks, parts)
        ? Verdict.STREAK
        : Verdict.NEITHER;
  }

  private boolean isBright(Trail trail, TrailParts parts) {
    double h = trail.halfWidth();
    double psf = profile.fullWidth(TrailProfile.MIN_HALF_WIDTH);
    double widths = Math.max(1, 0.5 * profile.fullWidth(h) / psf);
    double peak = parts.meanBrightness() * profile.value(0, h);
    return peak > config.minPeak() * skySigma * widths * widths;
  }

  /** Mean square pull in the band that shines, with a limit to what one pixel counts. */
  double chi2(Band band, Trail trail, Brightness cells, TrailParts parts) {
    double least = CORE * profile.value(0, trail.halfWidth());
    double sum = 0;
    int n = 0;
    for (int i = 0; i < band.size(); i++) {
      double p = profile.value(trail.offset(band.along(i), band.across(i)), trail.halfWidth());
      if (p > least && isIn(parts, band.along(i)) && cells.hasData(cells.indexOf(band.along(i)))) {
        double pull = Math.min(MAX_PULL, Math.abs(cells.pull(band, i, p)));
        sum += pull * pull;
        n++;
      }
    }
    return n == 0 ? Double.POSITIVE_INFINITY : sum / n;
  }

  private static boolean isIn(TrailParts parts, double s) {
    for (Part part : parts.parts()) {
      if (s >= part.from() && s <= part.to()) {
        return true;
      }
    }
    return false;
  }

  private boolean isLongAndEven(TrailParts parts) {
    double effective = parts.effectiveLength();
    double even = EVEN * parts.length();
    if (parts.crossesFrame()) {
      return parts.length() >= config.minChord() && effective >= Math.min(config.minLength(), even);
    }
    return effective >= config.minLength() && effective >= even;
  }

  /**
   * True for a line along rows or columns that goes through a saturated star (charge that bled or
   * was left behind) or is narrower than any light can be (a row or column with an offset).
   */
  private boolean isOfTheDetector(Band band, Trail trail, Brightness blocks, TrailParts parts) {
    double slope = Math.min(Math.abs(trail.line().dx()), Math.abs(trail.line().dy()));
    if (Math.toDegrees(Math.asin(slope)) > ALONG_AXIS_DEG) {
      return false;
    }
    for (Star star : saturated) {
      double s = trail.line().along(star.x, star.y);
      double d = trail.offset(s, trail.line().across(star.x, star.y));
      if (Math.abs(d) <= config.spikeDistance() && s > trail.from() && s < trail.to()) {
        return true;
      }
    }
    double light = matched(band, trail, blocks, parts, 0, 0);
    double width = profile.fullWidth(TrailProfile.MIN_HALF_WIDTH);
    for (double half = 0.5; 2 * half < NARROW * width; half += 0.5) {
      for (double place = -NEAR; place <= NEAR; place += 0.5) {
        if (matched(band, trail, blocks, parts, half, place) > light) {
          return true;
        }
      }
    }
    return false;
  }

  /** True when the sky differs between both sides by much of what the trail would be. */
  private boolean isStep(Band band, Trail trail, Brightness blocks, TrailParts parts) {
    double peak = profile.value(0, trail.halfWidth());
    double edge = profile.radius(CORE * peak, trail.halfWidth(), 10 * config.maxBox());
    double[] sum = new double[2];
    int[] count = new int[2];
    for (int i = 0; i < band.size(); i++) {
      double d = trail.offset(band.along(i), band.across(i));
      if (Math.abs(d) > edge && isIn(parts, band.along(i))) {
        double sigma = Math.sqrt(band.variance(i));
        int side = d > 0 ? 1 : 0;
        sum[side] += Math.max(-MAX_PULL, Math.min(MAX_PULL, band.value(i) / sigma)) * sigma;
        count[side]++;
      }
    }
    double step = Math.abs(sum[1] / Math.max(1, count[1]) - sum[0] / Math.max(1, count[0]));
    return step > STEP * peak * parts.meanBrightness();
  }

  /**
   * Significance along the parts of light (half width 0), or of a box of a half width at a distance
   * from the line.
   */
  private double matched(
      Band band, Trail trail, Brightness blocks, TrailParts parts, double half, double place) {
    double signal = 0;
    double norm = 0;
    for (int i = 0; i < band.size(); i++) {
      double s = band.along(i);
      int k = blocks.indexOf(s);
      if (isIn(parts, s) && blocks.hasData(k)) {
        double d = trail.offset(s, band.across(i)) - place;
        double p =
            half > 0
                ? Math.max(0, Math.min(1, half + 0.5 - Math.abs(d))) / (2 * half)
                : profile.value(d, trail.halfWidth());
        signal += p * (band.value(i) - blocks.level(k)) / band.variance(i);
        norm += p * p / band.variance(i);
      }
    }
    return norm > 0 ? signal / Math.sqrt(norm) : 0;
  }

  /** True for a line through a saturated star whose light decays with the distance from it. */
  private boolean isSpike(Trail trail, Brightness cells, TrailParts parts) {
    if (!hasSpikeAngle(trail.line())) {
      return false;
    }
    for (Star star : saturated) {
      double s = trail.line().along(star.x, star.y);
      double d = trail.offset(s, trail.line().across(star.x, star.y));
      if (Math.abs(d) <= config.spikeDistance() && decays(cells, parts, s)) {
        return true;
      }
    }
    return false;
  }

  private boolean hasSpikeAngle(Line line) {
    if (config.spikeAnglesDeg().isEmpty()) {
      return true;
    }
    double angle = Math.toDegrees(Math.atan2(line.dy(), line.dx()));
    for (double wanted : config.spikeAnglesDeg()) {
      double apart = Math.abs(Math.IEEEremainder(angle - wanted, DEGREES_OF_TURN));
      if (apart <= config.spikeToleranceDeg()) {
        return true;
      }
    }
    return false;
  }

  /**
   * True when |s|^-1 to |s|^-3 from a place describes the light better than the same everywhere.
   */
  private static boolean decays(Brightness cells, TrailParts parts, double centre) {
    double even = misfit(cells, parts, centre, 0);
    for (int power = 1; power <= 3; power++) {
      if (misfit(cells, parts, centre, power) < even) {
        return true;
      }
    }
    return false;
  }

  private static double misfit(Brightness cells, TrailParts parts, double centre, int power) {
    double af = 0;
    double ff = 0;
    double aa = 0;
    for (int j = 0; j < cells.size(); j++) {
      double s = cells.start(j) + 0.5 * cells.cell();
      double distance = Math.abs(s - centre);
      if (cells.hasData(j) && distance >= NEAREST && isIn(parts, s)) {
        double f = Math.pow(distance / NEAREST, -power);
        double w = 1 / (cells.sigma(j) * cells.sigma(j));
        af += w * cells.amplitude(j) * f;
        ff += w * f * f;
        aa += w * cells.amplitude(j) * cells.amplitude(j);
      }
    }
    return ff > 0 ? aa - af * af / ff : aa;
  }
}
