package org.starbeam.deblend;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;

/**
 * Which method a blend can afford (specs/04 section 4.7). Limits are counts, never times: the same
 * blend is always treated in the same way.
 */
public final class DeblendLadder {
  /**
   * @param scarletPeaks most peaks of one fit
   * @param scarletArea most pixels of the box of one fit
   * @param blockPeaks most peaks of a block of a larger blend
   * @param templateArea pixels of a box above which templates are used
   * @param templatePeaks peaks above which templates are used
   * @param pointPeaks peaks above which a dense blend is taken for a cluster of stars
   * @param pointSeparation median distance of neighbours, in FWHM, below which it is dense
   */
  public record Limits(
      int scarletPeaks,
      int scarletArea,
      int blockPeaks,
      int templateArea,
      int templatePeaks,
      int pointPeaks,
      double pointSeparation)
      implements Serializable {
    public static Limits defaults() {
      return new Limits(64, 512 * 512, 48, 4_000_000, 5000, 200, 1.2);
    }
  }

  private DeblendLadder() {}

  /** The method for peaks in a box, tried in the order: points, templates, one fit, blocks. */
  static DeblendMethod choose(Limits limits, List<Peak> peaks, Box box, double fwhm) {
    if (peaks.size() > limits.pointPeaks
        && medianSeparation(peaks) < limits.pointSeparation * fwhm) {
      return DeblendMethod.PSF_ONLY;
    }
    if (box.area() > limits.templateArea || peaks.size() > limits.templatePeaks) {
      return DeblendMethod.TEMPLATE;
    }
    return peaks.size() <= limits.scarletPeaks && box.area() <= limits.scarletArea
        ? DeblendMethod.SCARLET
        : DeblendMethod.SCARLET_BLOCK;
  }

  /** Median over peaks of the distance to the nearest other one. */
  static double medianSeparation(List<Peak> peaks) {
    List<Peak> byX = peaks.stream().sorted(Comparator.comparingInt(Peak::x)).toList();
    double[] nearest = new double[byX.size()];
    for (int i = 0; i < nearest.length; i++) {
      double least = Double.POSITIVE_INFINITY;
      for (int side = -1; side <= 1; side += 2) {
        for (int j = i + side; j >= 0 && j < nearest.length; j += side) {
          double dx = byX.get(j).x() - byX.get(i).x();
          if (dx * dx >= least) {
            break;
          }
          double dy = byX.get(j).y() - byX.get(i).y();
          least = Math.min(least, dx * dx + dy * dy);
        }
      }
      nearest[i] = Math.sqrt(least);
    }
    Arrays.sort(nearest);
    return nearest.length == 0 ? Double.POSITIVE_INFINITY : nearest[nearest.length / 2];
  }

  /**
   * Groups of at most a number of peaks, by cutting the longer axis of their box at the median.
   *
   * @param peaks positions in the list of all peaks
   */
  static List<int[]> blocks(List<Peak> all, int[] peaks, int most) {
    if (peaks.length <= most) {
      return List.of(peaks.clone());
    }
    int xMin = Integer.MAX_VALUE;
    int xMax = Integer.MIN_VALUE;
    int yMin = Integer.MAX_VALUE;
    int yMax = Integer.MIN_VALUE;
    for (int p : peaks) {
      xMin = Math.min(xMin, all.get(p).x());
      xMax = Math.max(xMax, all.get(p).x());
      yMin = Math.min(yMin, all.get(p).y());
      yMax = Math.max(yMax, all.get(p).y());
    }
    boolean wide = xMax - xMin >= yMax - yMin;
    Comparator<Integer> along =
        wide
            ? Comparator.<Integer>comparingInt(p -> all.get(p).x())
                .thenComparingInt(p -> all.get(p).y())
            : Comparator.<Integer>comparingInt(p -> all.get(p).y())
                .thenComparingInt(p -> all.get(p).x());
    int[] sorted = Arrays.stream(peaks).boxed().sorted(along).mapToInt(Integer::intValue).toArray();
    int middle = sorted.length / 2;
    List<int[]> out =
        new java.util.ArrayList<>(blocks(all, Arrays.copyOfRange(sorted, 0, middle), most));
    out.addAll(blocks(all, Arrays.copyOfRange(sorted, middle, sorted.length), most));
    return out;
  }
}
