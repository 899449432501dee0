package org.starbeam.hips;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;

/**
 * Where a viewer begins: the centre of the largest connected part of a coverage and the width that
 * shows it. Parts are connected by common edges or corners of pixels of at most order 8.
 *
 * @param center mean direction of the pixels of the part
 * @param widthDeg twice the largest distance of a corner of a pixel from it, at most 180
 */
public record SkyExtent(SkyPoint center, double widthDeg) {
  private static final int COARSE = 8;

  /**
   * Finds it.
   *
   * @param order of the pixels
   * @param pixels covered, at least one
   */
  public static SkyExtent of(int order, long[] pixels) {
    int shift = 2 * Math.max(0, order - COARSE);
    long[] part = part(pixels, order, shift);
    Healpix grid = new Healpix(order);
    double[] sum = new double[3];
    for (long pixel : part) {
      SkyPoint p = grid.center(pixel);
      double[] v = Angles.vector(p.raDeg(), p.decDeg());
      for (int k = 0; k < 3; k++) {
        sum[k] += v[k];
      }
    }
    SkyPoint center = Angles.direction(sum);
    double reach = 0;
    for (long pixel : part) {
      for (SkyPoint p : grid.corners(pixel)) {
        double d = Angles.separationArcsec(center.raDeg(), center.decDeg(), p.raDeg(), p.decDeg());
        reach = Math.max(reach, d / 3600);
      }
    }
    return new SkyExtent(center, Math.min(180, 2 * reach));
  }

  /** The pixels of the part with most of them; of equal parts the one with the lowest number. */
  private static long[] part(long[] pixels, int order, int shift) {
    Healpix coarse = new Healpix(order - shift / 2);
    TreeSet<Long> left = new TreeSet<>();
    Arrays.stream(pixels).forEach(p -> left.add(p >> shift));
    long[] best = {};
    while (!left.isEmpty()) {
      TreeSet<Long> group = new TreeSet<>();
      ArrayDeque<Long> next = new ArrayDeque<>(List.of(left.pollFirst()));
      while (!next.isEmpty()) {
        long pixel = next.poll();
        group.add(pixel);
        for (long neighbour : coarse.neighbours(pixel)) {
          if (left.remove(neighbour)) {
            next.add(neighbour);
          }
        }
      }
      long[] own = Arrays.stream(pixels).filter(p -> group.contains(p >> shift)).toArray();
      best = own.length > best.length ? own : best;
    }
    return best;
  }
}
