package org.starbeam.association;

import java.io.Serializable;
import java.util.List;
import org.starbeam.association.DiaSourceAssociator.Detection;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * Tells whether detections of one night are of something that moves. The straight path in the plane
 * of the sky is fitted to them, each axis with weights {@code 1 / (err^2 + floor^2)}; the squared
 * speed over its variance, summed over both axes, is a chi-square of two degrees of freedom when
 * nothing moves. Detections without errors do not count.
 */
public final class MotionCheck {
  /**
   * @param floorArcsec error of a place per axis that is not in the errors of the detections
   * @param chi2 what moves has more; noise does once in ten thousand times
   * @param maxDays detections over a longer time are of something at rest
   */
  public record Config(double floorArcsec, double chi2, double maxDays) implements Serializable {
    public Config {
      if (!(floorArcsec > 0 && chi2 > 0 && maxDays >= 0)) {
        throw new IllegalArgumentException("motion must have positive floorArcsec and chi2");
      }
    }

    public static Config defaults() {
      return new Config(0.02, 18.4, 0.5);
    }
  }

  private final Config config;

  MotionCheck(Config config) {
    this.config = config;
  }

  /** True for detections that clearly move; false when errors or times do not tell. */
  boolean moves(List<Detection> detections, SkyPoint mean) {
    double first = detections.stream().mapToDouble(Detection::mjdTai).min().orElse(0);
    double last = detections.stream().mapToDouble(Detection::mjdTai).max().orElse(0);
    if (!(last > first && last - first <= config.maxDays)) {
      return false;
    }
    Gnomonic plane = new Gnomonic(mean);
    double chi2 = 0;
    for (int axis = 0; axis < 2; axis++) {
      chi2 += chi2(detections, plane, axis, first);
    }
    return chi2 > config.chi2;
  }

  private double chi2(List<Detection> detections, Gnomonic plane, int axis, double origin) {
    double sum = 0;
    double sumT = 0;
    double sumTt = 0;
    double sumX = 0;
    double sumTx = 0;
    for (Detection d : detections) {
      double err = 3600 * (axis == 0 ? d.raErrDeg() : d.decErrDeg());
      if (!Double.isFinite(err)) {
        continue;
      }
      double w = 1 / (err * err + config.floorArcsec * config.floorArcsec);
      double t = d.mjdTai() - origin;
      double x = 3600 * Math.toDegrees(plane.project(d.raDeg(), d.decDeg())[axis]);
      sum += w;
      sumT += w * t;
      sumTt += w * t * t;
      sumX += w * x;
      sumTx += w * t * x;
    }
    double spread = sumTt - sumT * sumT / sum;
    double covariance = sumTx - sumT * sumX / sum;
    return covariance * covariance / spread;
  }
}
