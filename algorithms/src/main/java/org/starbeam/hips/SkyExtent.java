package org.starbeam.hips;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;

/**
 * Where a viewer begins: the centre of a connected part of a coverage and the width that shows it.
 * Parts are connected by common edges or corners of pixels of at most order 8.
 *
 * @param center mean direction of the pixels of the part
 * @param widthDeg twice the largest distance of a corner of a pixel from it, at most 180
 */
public record SkyExtent(SkyPoint center, double widthDeg) {
  private static final int COARSE = 8;

  /**
   * The extent of the largest part.
   *
   * @param order of the pixels
   * @param pixels covered, at least one
   */
  public static SkyExtent of(int order, long[] pixels) {
    return ofPart(order, parts(order, pixels).get(0));
  }

  /** The extents of all parts, the largest first. */
  public static List<SkyExtent> all(int order, long[] pixels) {
    return parts(order, pixels).stream().map(part -> ofPart(order, part)).toList();
  }

  private static SkyExtent ofPart(int order, long[] part) {
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

  /** The pixels of each part, most pixels first; of equal parts that with the lowest numbers. */
  private static List<long[]> parts(int order, long[] pixels) {
    int shift = 2 * Math.max(0, order - COARSE);
    Healpix coarse = new Healpix(order - shift / 2);
    TreeSet<Long> left = new TreeSet<>();
    Arrays.stream(pixels).forEach(p -> left.add(p >> shift));
    List<long[]> parts = new ArrayList<>();
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
      parts.add(Arrays.stream(pixels).filter(p -> group.contains(p >> shift)).toArray());
    }
    parts.sort(Comparator.comparingInt((long[] part) -> part.length).reversed());
    return parts;
  }
}
