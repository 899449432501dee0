package org.starbeam.pipelines.observe;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Counts of positive values in bins of an eighth of an octave, from 2^-16 to 2^48: quantiles to 4.5
 * % in constant memory, whatever the order of the values. Smaller values, zero among them, go to
 * the first bin.
 */
final class LogHistogram {
  private static final int PER_OCTAVE = 8;
  private static final int LOWEST_OCTAVE = -16;
  private static final int BINS = (48 - LOWEST_OCTAVE) * PER_OCTAVE;

  private final int[] bins = new int[BINS];
  private long count;

  void add(double value) {
    bins[bin(value)]++;
    count++;
  }

  private static int bin(double value) {
    if (!(value > 0)) {
      return 0;
    }
    double place = (Math.log(value) / Math.log(2) - LOWEST_OCTAVE) * PER_OCTAVE;
    return (int) Math.max(0, Math.min(BINS - 1, place));
  }

  /** The middle of the bin that holds a quantile; NaN without values. */
  double quantile(double share) {
    if (count == 0) {
      return Double.NaN;
    }
    long wanted = Math.max(1, (long) Math.ceil(share * count));
    long seen = 0;
    for (int i = 0; i < BINS; i++) {
      seen += bins[i];
      if (seen >= wanted) {
        return i == 0 ? 0 : Math.pow(2, (i + 0.5) / PER_OCTAVE + LOWEST_OCTAVE);
      }
    }
    return Double.NaN;
  }

  void write(DataOutputStream out) throws IOException {
    int used = 0;
    for (int bin : bins) {
      used += bin == 0 ? 0 : 1;
    }
    out.writeInt(used);
    for (int i = 0; i < BINS; i++) {
      if (bins[i] != 0) {
        out.writeInt(i);
        out.writeInt(bins[i]);
      }
    }
  }

  static LogHistogram read(DataInputStream in) throws IOException {
    LogHistogram histogram = new LogHistogram();
    int used = in.readInt();
    for (int i = 0; i < used; i++) {
      int bin = in.readInt();
      int n = in.readInt();
      histogram.bins[bin] = n;
      histogram.count += n;
    }
    return histogram;
  }
}
