package org.starbeam.hips;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;

/**
 * A multi-order coverage map (IVOA MOC 1.1): HEALPix pixels of several orders, four full siblings
 * merged into their parent up to order 0, as NUNIQ numbers 4^(order + 1) + pixel in ascending
 * order.
 */
public final class Moc {
  private final int order;
  private final long[] uniq;

  private Moc(int order, long[] uniq) {
    this.order = order;
    this.uniq = uniq;
  }

  /** Coverage of pixels of one order, given in any order. */
  public static Moc of(int order, long[] pixels) {
    TreeSet<Long> out = new TreeSet<>();
    long[] level = Arrays.stream(pixels).sorted().distinct().toArray();
    for (int k = order; k >= 0; k--) {
      long[] full = new long[level.length];
      int n = 0;
      for (int i = 0; i < level.length; i++) {
        boolean all =
            k > 0 && level[i] % 4 == 0 && i + 3 < level.length && level[i + 3] == level[i] + 3;
        if (all) {
          full[n++] = level[i] / 4;
          i += 3;
        } else {
          out.add((4L << (2 * k)) + level[i]);
        }
      }
      level = Arrays.copyOf(full, n);
    }
    return new Moc(order, out.stream().mapToLong(Long::longValue).toArray());
  }

  /**
   * Coverage by NUNIQ numbers as {@link #uniq} gives them.
   *
   * @param order of the smallest pixels
   */
  public static Moc ofUniq(int order, long[] uniq) {
    return new Moc(order, uniq.clone());
  }

  /** Order of the pixels that it was made of. */
  public int order() {
    return order;
  }

  /** NUNIQ numbers, ascending. */
  public long[] uniq() {
    return uniq.clone();
  }

  /** The pixels of its order, ascending. */
  public long[] pixels() {
    return Arrays.stream(uniq)
        .flatMap(
            u -> {
              int k = orderOf(u);
              long pixel = u - (4L << (2 * k));
              int shift = 2 * (order - k);
              return java.util.stream.LongStream.range(pixel << shift, (pixel + 1) << shift);
            })
        .sorted()
        .toArray();
  }

  private static int orderOf(long uniq) {
    return (61 - Long.numberOfLeadingZeros(uniq)) / 2;
  }

  /** Covered fraction of the sphere. */
  public double fraction() {
    double sum = 0;
    for (long u : uniq) {
      sum += 1 / (12.0 * (1L << (2 * orderOf(u))));
    }
    return sum;
  }

  /** The FITS file. */
  public byte[] toFits() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PIXTYPE", "HEALPIX");
    header.put("ORDERING", "NUNIQ");
    header.put("COORDSYS", "C");
    header.put("MOCORDER", order);
    header.put("MOCVERS", "1.1");
    header.put("MOCTOOL", "Starbeam");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (FitsWriter writer = FitsWriter.to(out)) {
      writer
          .primary(Map.of())
          .table(new FitsTable("MOC", header, Map.of("UNIQ", uniq.clone())))
          .commit();
    }
    return out.toByteArray();
  }

  /**
   * Reads a file.
   *
   * @throws BadInputException {@code BAD_MOC} when it is not what {@link #toFits} writes
   */
  public static Moc read(String name, byte[] file) {
    try (FitsReader reader = FitsReader.of(name, file)) {
      List<FitsHdu> tables =
          reader.hdus().stream().filter(h -> h.kind() == FitsHdu.Kind.TABLE).toList();
      if (tables.isEmpty() || !tables.get(0).header().stringOr("ORDERING", "").equals("NUNIQ")) {
        throw new BadInputException("BAD_MOC", name + ": no table with ORDERING NUNIQ");
      }
      FitsTable table = reader.readTable(tables.get(0));
      long[] uniq = table.longs("UNIQ");
      for (int i = 1; i < uniq.length; i++) {
        if (uniq[i] <= uniq[i - 1]) {
          throw new BadInputException("BAD_MOC", name + ": UNIQ does not ascend at row " + i);
        }
      }
      return new Moc((int) tables.get(0).header().numberOr("MOCORDER", 0), uniq);
    }
  }
}
