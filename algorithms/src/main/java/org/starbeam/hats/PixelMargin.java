package org.starbeam.hats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;

/**
 * The border outside of a partition: all places whose true angular distance from its pixel is at
 * most a threshold. The edges of HEALPix pixels are curves; the distance from one is found by
 * halving in on the nearest of its points until they lie {@value #RESOLUTION_ARCSEC} arcsec apart,
 * so a distance is too large by less than 1e-5 of the threshold for thresholds above 2 arcsec
 * (specs/07 section 9.2).
 */
public final class PixelMargin {
  private static final double RESOLUTION_ARCSEC = 0.01;
  private static final double ARCSEC = Math.toRadians(1 / 3600.0);
  private static final int STEPS = 16;

  /** Side of a pixel of order 0, arcsec, if it were a square: sqrt(4 pi / 12). */
  private static final double SIDE_OF_BASE = Math.sqrt(Math.PI / 3) / ARCSEC;

  /** No edge of a pixel is longer than this many times the side of the square of its area. */
  private static final double LONGEST_EDGE = 2;

  /** A pixel is wider than its side over this number everywhere. */
  private static final double NARROWEST = 2;

  /** Order of the pixels along a border at most. */
  private static final int FINEST = 16;

  private final Partition partition;
  private final Healpix grid;
  private final double thresholdArcsec;

  /**
   * @param thresholdArcsec above 0, at most 10 degrees
   */
  public PixelMargin(Partition partition, double thresholdArcsec) {
    if (!(thresholdArcsec > 0) || thresholdArcsec > 36_000) {
      throw new IllegalArgumentException(
          "a margin of " + thresholdArcsec + " arcsec, allowed are 0 to 36000");
    }
    this.partition = partition;
    this.grid = new Healpix(partition.order());
    this.thresholdArcsec = thresholdArcsec;
  }

  /**
   * Ranges of row indices outside of the partition in which all rows of the margin are, ascending
   * and apart from each other: pixels about twice as wide as the margin along the border.
   */
  public List<Healpix.Range> candidates() {
    int fine = 0;
    while (fine < FINEST && SIDE_OF_BASE / (2L << fine) >= NARROWEST * thresholdArcsec) {
      fine++;
    }
    long[] cells = neighbours(fine);
    Healpix.Range own = partition.rows();
    List<Healpix.Range> out = new ArrayList<>();
    for (int i = 0; i < cells.length; ) {
      int j = i + 1;
      while (j < cells.length && cells[j] == cells[j - 1] + 1) {
        j++;
      }
      long first = Healpix.range(cells[i], fine, Partition.ROW_ORDER).first();
      long end = Healpix.range(cells[j - 1], fine, Partition.ROW_ORDER).end();
      addOutside(first, end, own, out);
      i = j;
    }
    return out;
  }

  private static void addOutside(long first, long end, Healpix.Range own, List<Healpix.Range> out) {
    if (first < Math.min(end, own.first())) {
      out.add(new Healpix.Range(first, Math.min(end, own.first())));
    }
    if (Math.max(first, own.end()) < end) {
      out.add(new Healpix.Range(Math.max(first, own.end()), end));
    }
  }

  /** Pixels of an order that touch the partition's border, without those inside, ascending. */
  private long[] neighbours(int fine) {
    Healpix cells = new Healpix(fine);
    if (fine <= partition.order()) {
      long around = partition.pixel() >> 2 * (partition.order() - fine);
      long[] all = Arrays.copyOf(cells.neighbours(around), 9);
      all[8] = around;
      return Arrays.stream(all).filter(c -> c >= 0).sorted().distinct().toArray();
    }
    int depth = fine - partition.order();
    long side = 1L << depth;
    long base = partition.pixel() << 2 * depth;
    long[] found = new long[(int) (4 * side * 8)];
    int n = 0;
    for (long i = 0; i < side; i++) {
      long[] border = {
        Healpix.interleave(i, 0),
        Healpix.interleave(i, side - 1),
        Healpix.interleave(0, i),
        Healpix.interleave(side - 1, i)
      };
      for (long cell : border) {
        for (long next : cells.neighbours(base + cell)) {
          if (next >= 0 && next >> 2 * depth != partition.pixel()) {
            found[n++] = next;
          }
        }
      }
    }
    return Arrays.stream(found, 0, n).sorted().distinct().toArray();
  }

  /** True when a place outside of the partition lies in its margin. */
  public boolean holds(double raDeg, double decDeg) {
    if (grid.pixel(raDeg, decDeg) == partition.pixel()) {
      return false;
    }
    double[] place = Angles.vector(raDeg, decDeg);
    for (int edge = 0; edge < 4; edge++) {
      if (distance(place, edge) <= thresholdArcsec) {
        return true;
      }
    }
    return false;
  }

  /** Distance from an edge, arcsec, when it is at most the threshold; else one above it. */
  private double distance(double[] place, int edge) {
    double length = LONGEST_EDGE * SIDE_OF_BASE / (1L << partition.order());
    double from = 0;
    double to = 1;
    while (true) {
      double step = (to - from) / STEPS;
      int nearest = 0;
      double least = Double.MAX_VALUE;
      for (int i = 0; i <= STEPS; i++) {
        SkyPoint on = point(edge, from + i * step);
        double d = arcsec(place, Angles.vector(on.raDeg(), on.decDeg()));
        if (d < least) {
          least = d;
          nearest = i;
        }
      }
      double spacing = step * length;
      if (spacing < RESOLUTION_ARCSEC || least - spacing > thresholdArcsec) {
        return least;
      }
      double centre = from + nearest * step;
      from = Math.max(0, centre - step);
      to = Math.min(1, centre + step);
    }
  }

  private SkyPoint point(int edge, double t) {
    return switch (edge) {
      case 0 -> grid.place(partition.pixel(), t, 0);
      case 1 -> grid.place(partition.pixel(), 1, t);
      case 2 -> grid.place(partition.pixel(), t, 1);
      default -> grid.place(partition.pixel(), 0, t);
    };
  }

  private static double arcsec(double[] a, double[] b) {
    double x = a[0] - b[0];
    double y = a[1] - b[1];
    double z = a[2] - b[2];
    double chord = Math.sqrt(x * x + y * y + z * z);
    return 2 * Math.asin(Math.min(1, chord / 2)) / ARCSEC;
  }
}
