package org.starbeam.hats;

import java.util.Comparator;
import org.starbeam.sky.Healpix;

/**
 * A nested HEALPix pixel whose rows are in one file.
 *
 * @param order 0 to {@link CountMap#ORDER}
 */
public record Partition(int order, long pixel) {
  /** Order of the HEALPix indices that rows have. */
  public static final int ROW_ORDER = 29;

  /** Along the sky: partitions do not overlap, so by where they begin. */
  public static final Comparator<Partition> ALONG_THE_SKY =
      Comparator.comparingLong(p -> p.rows().first());

  private static final long DIRECTORY_SIZE = 10_000;

  /** The indices of its rows. */
  public Healpix.Range rows() {
    return Healpix.range(pixel, order, ROW_ORDER);
  }

  /** Path of its file below {@code dataset}: {@code Norder=k/Dir=D/Npix=P.parquet}. */
  public String path() {
    return "Norder=" + order + "/Dir=" + directory() + "/Npix=" + pixel + ".parquet";
  }

  /** Number of the directory of its file: the pixel without its last four digits. */
  public long directory() {
    return pixel / DIRECTORY_SIZE * DIRECTORY_SIZE;
  }
}
