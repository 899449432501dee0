package org.starbeam.hats;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.sky.Healpix;

/**
 * Number of rows in each nested HEALPix pixel of order {@value #ORDER}, kept for the pixels that
 * have any. The partitions of a table follow from it alone.
 */
public final class CountMap {
  /** Order of the counts, beyond which no partition goes. */
  public static final int ORDER = 10;

  private static final int SHIFT = 2 * (Partition.ROW_ORDER - ORDER);

  private final long[] pixels;
  private final long[] before;

  private CountMap(long[] pixels, long[] before) {
    this.pixels = pixels;
    this.before = before;
  }

  /** Takes the indices of rows one by one, in ascending order. */
  public static final class Builder {
    private long[] pixels = new long[1024];
    private long[] counts = new long[1024];
    private int size;

    /**
     * Counts a row.
     *
     * @param index nested HEALPix index of order {@value Partition#ROW_ORDER}
     * @throws IllegalArgumentException when the index is below the last one's pixel
     */
    public void add(long index) {
      long pixel = index >> SHIFT;
      if (size > 0 && pixels[size - 1] == pixel) {
        counts[size - 1]++;
        return;
      }
      if (size > 0 && pixels[size - 1] > pixel) {
        throw new IllegalArgumentException("rows are not sorted by their HEALPix index");
      }
      if (size == pixels.length) {
        pixels = Arrays.copyOf(pixels, 2 * size);
        counts = Arrays.copyOf(counts, 2 * size);
      }
      pixels[size] = pixel;
      counts[size++] = 1;
    }

    /** The counts so far. */
    public CountMap build() {
      long[] sums = new long[size + 1];
      for (int i = 0; i < size; i++) {
        sums[i + 1] = sums[i] + counts[i];
      }
      return new CountMap(Arrays.copyOf(pixels, size), sums);
    }
  }

  /**
   * Limits of a partition.
   *
   * @param maxRows rows of a partition at most
   * @param maxBytes size of its file at most, by the mean size of the table's rows
   */
  public record Limits(long maxRows, long maxBytes) {
    /** Those of specs/07 section 9.2. */
    public static final Limits DEFAULT = new Limits(1_000_000, 300_000_000);

    public Limits {
      if (maxRows < 1 || maxBytes < 1) {
        throw new IllegalArgumentException("a partition may have " + maxRows + " rows");
      }
    }

    private boolean allow(long rows, double bytesPerRow) {
      return rows <= maxRows && rows * bytesPerRow <= maxBytes;
    }
  }

  /** Joins the counts of parts that follow each other along the sky. */
  public static CountMap join(List<CountMap> parts) {
    int size = parts.stream().mapToInt(p -> p.pixels.length).sum();
    long[] pixels = new long[size];
    long[] before = new long[size + 1];
    int n = 0;
    for (CountMap part : parts) {
      for (int i = 0; i < part.pixels.length; i++) {
        if (n > 0 && pixels[n - 1] >= part.pixels[i]) {
          throw new IllegalArgumentException("parts do not follow each other along the sky");
        }
        pixels[n] = part.pixels[i];
        before[n + 1] = before[n] + part.before[i + 1] - part.before[i];
        n++;
      }
    }
    return new CountMap(pixels, before);
  }

  /** Number of rows. */
  public long rows() {
    return before[pixels.length];
  }

  /** Number of rows in a range of indices, as of the pixels of this map that it touches. */
  public long rows(Healpix.Range range) {
    return before[from(((range.end() - 1) >> SHIFT) + 1)] - before[from(range.first() >> SHIFT)];
  }

  /**
   * The largest pixels that keep to the limits: a pixel with rows is a partition when it does and
   * its parent does not, or when it is of order {@value #ORDER}. Along the sky.
   */
  public List<Partition> partitions(Limits limits, double bytesPerRow) {
    List<Partition> out = new ArrayList<>();
    for (long base = 0; base < 12; base++) {
      divide(new Partition(0, base), limits, bytesPerRow, out);
    }
    return out;
  }

  private void divide(Partition node, Limits limits, double bytesPerRow, List<Partition> out) {
    long inside = rows(node.rows());
    if (inside == 0) {
      return;
    }
    if (node.order() == ORDER || limits.allow(inside, bytesPerRow)) {
      out.add(node);
      return;
    }
    for (long child = 0; child < 4; child++) {
      divide(new Partition(node.order() + 1, 4 * node.pixel() + child), limits, bytesPerRow, out);
    }
  }

  /** Position of the first pixel that is not below one. */
  private int from(long pixel) {
    int at = Arrays.binarySearch(pixels, pixel);
    return at >= 0 ? at : -at - 1;
  }

  /** Counts of all pixels of an order up to {@value #ORDER}. */
  public int[] counts(int order) {
    int[] out = new int[Math.toIntExact(new Healpix(order).pixelCount())];
    for (int i = 0; i < pixels.length; i++) {
      int at = (int) (pixels[i] >> 2 * (ORDER - order));
      out[at] = Math.toIntExact(out[at] + before[i + 1] - before[i]);
    }
    return out;
  }

  /** Part of the sky that lies in pixels of an order with rows. */
  public double skyFraction(int order) {
    long last = -1;
    long covered = 0;
    for (long fine : pixels) {
      long pixel = fine >> 2 * (ORDER - order);
      covered += pixel == last ? 0 : 1;
      last = pixel;
    }
    return covered / (double) new Healpix(order).pixelCount();
  }

  /**
   * Writes the counts of the whole sky as a HEALPix map in a FITS table, as {@code skymap.fits}
   * holds them.
   */
  public void write(Path file, int order) {
    long count = new Healpix(order).pixelCount();
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PIXTYPE", "HEALPIX");
    header.put("ORDERING", "NESTED");
    header.put("COORDSYS", "CEL");
    header.put("NSIDE", 1L << order);
    header.put("FIRSTPIX", 0L);
    header.put("LASTPIX", count - 1);
    header.put("INDXSCHM", "IMPLICIT");
    header.put("OBJECT", "FULLSKY");
    header.put("CREATOR", "Starbeam");
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer
          .primary(Map.of())
          .table(new FitsTable("SKYMAP", header, Map.of("COUNT", counts(order))))
          .commit();
    }
  }
}
