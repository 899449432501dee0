package org.starbeam.streak;

import java.util.Arrays;

/** The good pixels along a line, as flat arrays: where they lie and what they hold. */
final class Band {
  private float[] along = new float[4096];
  private float[] across = new float[4096];
  private float[] value = new float[4096];
  private float[] variance = new float[4096];
  private int n;

  /** Takes the good pixels within a distance of a line, from one position along it to another. */
  static Band of(Residual residual, Line line, double from, double to, double halfWidth) {
    Band band = new Band();
    boolean steep = Math.abs(line.dy()) > Math.abs(line.dx());
    double major = steep ? line.dy() : line.dx();
    double minor = steep ? line.dx() : line.dy();
    int majorStart = steep ? residual.box().y0() : residual.box().x0();
    int minorStart = steep ? residual.box().x0() : residual.box().y0();
    int majorSize = steep ? residual.box().height() : residual.box().width();
    int minorSize = steep ? residual.box().width() : residual.box().height();
    double reach = halfWidth / Math.abs(major);
    for (int m = 0; m < majorSize; m++) {
      double s = (m + majorStart - (steep ? line.y() : line.x())) / major;
      double centre = (steep ? line.x() : line.y()) + s * minor - minorStart;
      int low = Math.max(0, (int) Math.ceil(centre - reach));
      int high = Math.min(minorSize - 1, (int) Math.floor(centre + reach));
      for (int k = low; k <= high; k++) {
        band.add(residual, line, steep ? k : m, steep ? m : k, from, to);
      }
    }
    return band;
  }

  private void add(Residual residual, Line line, int x, int y, double from, double to) {
    if (!residual.isGood(x, y)) {
      return;
    }
    double px = residual.box().x0() + x;
    double py = residual.box().y0() + y;
    double s = line.along(px, py);
    if (s < from || s >= to) {
      return;
    }
    if (n == along.length) {
      along = Arrays.copyOf(along, 2 * n);
      across = Arrays.copyOf(across, 2 * n);
      value = Arrays.copyOf(value, 2 * n);
      variance = Arrays.copyOf(variance, 2 * n);
    }
    along[n] = (float) s;
    across[n] = (float) line.across(px, py);
    value[n] = residual.value(x, y);
    variance[n++] = residual.variance(x, y);
  }

  int size() {
    return n;
  }

  /** Position along the line. */
  double along(int i) {
    return along[i];
  }

  /** Distance from the line. */
  double across(int i) {
    return across[i];
  }

  double value(int i) {
    return value[i];
  }

  double variance(int i) {
    return variance[i];
  }
}
