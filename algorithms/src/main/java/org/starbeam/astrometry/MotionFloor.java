package org.starbeam.astrometry;

import java.io.Serializable;
import java.util.List;

/**
 * How large the position noise beside that of centroids is, by the scatter of many stars about
 * their own motions (specs/06 section 5.4): the factor of the squares of the given floors that is
 * most likely for the residuals of all of them together,
 *
 * <pre>
 * sum over detections and axes of f / (c + phi f) [1 - r^2 / (s (c + phi f))] = 0
 * </pre>
 *
 * with c the variance of a centroid, f the square of its floor and s the part of it that the motion
 * leaves. The floors of the fits of single visits hold what the mean places of stars lack of their
 * motions and are too large for stars whose motions are known. Cost O(rounds x detections).
 */
public final class MotionFloor {
  private static final int ROUNDS = 3;
  private static final int HALVINGS = 40;

  /**
   * @param minStars stars with a motion below which the floors stay
   * @param maxScale largest factor
   */
  public record Config(int minStars, double maxScale) implements Serializable {
    public static Config defaults() {
      return new Config(10, 4);
    }
  }

  private final Config config;
  private final StarMotionFitter fitter;

  public MotionFloor(Config config, StarMotionFitter fitter) {
    this.config = config;
    this.fitter = fitter;
  }

  /** Factor of the squares of the floors; 1 with too few stars. */
  public double scale(List<StarTrack> tracks) {
    double scale = 1;
    for (int round = 0; round < ROUNDS; round++) {
      Residuals residuals = new Residuals(tracks.stream().mapToInt(StarTrack::size).sum());
      int stars = 0;
      for (StarTrack track : tracks) {
        stars += add(track, scale, residuals) ? 1 : 0;
      }
      if (stars < config.minStars) {
        return 1;
      }
      scale = residuals.mostLikely(config.maxScale);
    }
    return scale;
  }

  private boolean add(StarTrack track, double scale, Residuals out) {
    StarMotionFitter.Detections seen = track.detections(scale);
    StarMotionFitter.Solution star = fitter.fit(seen, null);
    if (!star.motion()) {
      return false;
    }
    double left = 1 - StarMotionFitter.PARAMETERS / (2.0 * star.nUsed());
    for (int i = 0; i < seen.size(); i++) {
      if (star.used()[i]) {
        double[] r = star.residual(seen, i);
        double floor = track.floorVariance(i);
        out.add(r[0], seen.varianceEast()[i] - scale * floor, floor, left);
        out.add(r[1], seen.varianceNorth()[i] - scale * floor, floor, left);
      }
    }
    return true;
  }

  private static final class Residuals {
    private final double[] square;
    private final double[] centroid;
    private final double[] floor;
    private int n;

    Residuals(int detections) {
      square = new double[2 * detections];
      centroid = new double[2 * detections];
      floor = new double[2 * detections];
    }

    void add(double residual, double centroidVariance, double floorVariance, double left) {
      if (floorVariance > 0) {
        square[n] = residual * residual / left;
        centroid[n] = centroidVariance;
        floor[n++] = floorVariance;
      }
    }

    /** Positive where the floors are too large. */
    private double excess(double scale) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        double variance = centroid[i] + scale * floor[i];
        sum += floor[i] / variance * (1 - square[i] / variance);
      }
      return sum;
    }

    double mostLikely(double largest) {
      if (n == 0) {
        return 1;
      }
      double low = 0;
      double high = largest;
      for (int k = 0; k < HALVINGS; k++) {
        double middle = 0.5 * (low + high);
        if (excess(middle) > 0) {
          high = middle;
        } else {
          low = middle;
        }
      }
      return 0.5 * (low + high);
    }
  }
}
