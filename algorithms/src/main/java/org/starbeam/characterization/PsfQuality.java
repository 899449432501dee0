package org.starbeam.characterization;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.PsfModel;

/**
 * How well a PSF model describes its stars (specs/02 section 9.2): residuals of ellipticity and
 * size of the reserved stars, or of all when fewer than {@value #MIN_RESERVED} are reserved; how
 * much the model varies over the frame. Size is sqrt(T / 2) in pixels. NaN where there is no star.
 *
 * @param stars stars that the residuals are of
 * @param deltaE1Median median of e1(star) - e1(model)
 * @param deltaSizeMedian median of size(star) - size(model), pixels
 * @param scaledDeltaSizeScatter scatter of the size residual over the squared median model size
 * @param eMedian median ellipticity of the stars
 * @param unnormalizedEMedian median of sqrt((Ixx - Iyy)^2 + 4 Ixy^2)
 * @param traceRadiusDelta range of sqrt(T / 2) of the model over a grid
 * @param apFluxDelta range of the model's light inside max(2, 3 sigma) pixels over a grid
 * @param maxDistance largest distance of a pixel from a star that shaped the model
 */
public record PsfQuality(
    int stars,
    double deltaE1Median,
    double deltaE1Scatter,
    double deltaE2Median,
    double deltaE2Scatter,
    double deltaSizeMedian,
    double deltaSizeScatter,
    double scaledDeltaSizeScatter,
    double eMedian,
    double unnormalizedEMedian,
    double traceRadiusDelta,
    double apFluxDelta,
    double maxDistance) {
  private static final int MIN_RESERVED = 5;
  private static final int GRID = 5;
  private static final int DISTANCE_STEP = 16;

  /** How many stars the residuals are of, where so many shaped the model and are reserved. */
  public static int judged(int used, int reserved) {
    return reserved >= MIN_RESERVED ? reserved : used;
  }

  static PsfQuality of(
      PsfModel psf, Box box, List<MeasuredSource> used, List<MeasuredSource> reserved) {
    List<MeasuredSource> judged = reserved.size() >= MIN_RESERVED ? reserved : used;
    Residuals r = new Residuals(judged);
    double[] range = range(psf, box);
    double size = ClippedStatistics.median(r.modelSize);
    return new PsfQuality(
        judged.size(),
        ClippedStatistics.median(r.e1),
        ClippedStatistics.scatter(r.e1),
        ClippedStatistics.median(r.e2),
        ClippedStatistics.scatter(r.e2),
        ClippedStatistics.median(r.size),
        ClippedStatistics.scatter(r.size),
        ClippedStatistics.scatter(r.size) / (size * size),
        ClippedStatistics.median(r.e),
        ClippedStatistics.median(r.unnormalizedE),
        range[0],
        range[1],
        maxDistance(box, used));
  }

  /** Moments of stars and of the model at their places. */
  private static final class Residuals {
    final double[] e1;
    final double[] e2;
    final double[] size;
    final double[] modelSize;
    final double[] e;
    final double[] unnormalizedE;

    Residuals(List<MeasuredSource> stars) {
      int n = stars.size();
      e1 = new double[n];
      e2 = new double[n];
      size = new double[n];
      modelSize = new double[n];
      e = new double[n];
      unnormalizedE = new double[n];
      for (int i = 0; i < n; i++) {
        set(i, stars.get(i));
      }
    }

    private void set(int i, MeasuredSource s) {
      double xx = s.get(Fields.IXX);
      double yy = s.get(Fields.IYY);
      double xy = s.get(Fields.IXY);
      double pxx = s.get(Fields.IXX_PSF);
      double pyy = s.get(Fields.IYY_PSF);
      double pxy = s.get(Fields.IXY_PSF);
      e1[i] = (xx - yy) / (xx + yy) - (pxx - pyy) / (pxx + pyy);
      e2[i] = 2 * xy / (xx + yy) - 2 * pxy / (pxx + pyy);
      modelSize[i] = Math.sqrt(0.5 * (pxx + pyy));
      size[i] = Math.sqrt(0.5 * (xx + yy)) - modelSize[i];
      unnormalizedE[i] = Math.hypot(xx - yy, 2 * xy);
      e[i] = unnormalizedE[i] / (xx + yy);
    }
  }

  private static double[] range(PsfModel psf, Box box) {
    double[] low = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    double[] high = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (int k = 0; k < GRID * GRID; k++) {
      double x = box.x0() + (box.width() - 1) * (k % GRID) / (GRID - 1.0);
      double y = box.y0() + (box.height() - 1) * (k / GRID) / (GRID - 1.0);
      double[] m = psf.shape(x, y);
      double size = Math.sqrt(0.5 * (m[0] + m[1]));
      double[] v = {size, light(psf.kernelImage(x, y), Math.max(2, 3 * size))};
      for (int i = 0; i < 2; i++) {
        low[i] = Math.min(low[i], v[i]);
        high[i] = Math.max(high[i], v[i]);
      }
    }
    return new double[] {high[0] - low[0], high[1] - low[1]};
  }

  private static double light(ImageD kernel, double radius) {
    double sum = 0;
    Box box = kernel.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        sum += x * x + y * y <= radius * radius ? kernel.get(x, y) : 0;
      }
    }
    return sum;
  }

  private static double maxDistance(Box box, List<MeasuredSource> stars) {
    if (stars.isEmpty()) {
      return Double.NaN;
    }
    double farthest = 0;
    for (int y = box.y0(); y < box.y1(); y += DISTANCE_STEP) {
      for (int x = box.x0(); x < box.x1(); x += DISTANCE_STEP) {
        double nearest = Double.POSITIVE_INFINITY;
        for (MeasuredSource star : stars) {
          double dx = star.x() - x;
          double dy = star.y() - y;
          nearest = Math.min(nearest, dx * dx + dy * dy);
        }
        farthest = Math.max(farthest, nearest);
      }
    }
    return Math.sqrt(farthest);
  }
}
