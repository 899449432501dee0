package org.starbeam.calibration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;

/**
 * The defects of a detector: boxes of bad pixels and what found them, as a FITS table DEFECTS with
 * columns x0, y0, width, height, source.
 *
 * @param defects in order of x0, y0
 */
public record DefectList(List<Defect> defects) {
  /** A box of bad pixels; source is a sum of the bits below. */
  public record Defect(Box box, int source) {}

  public static final int BIAS = 1;
  public static final int DARK = 2;
  public static final int FLAT = 4;
  public static final int MANUAL = 8;
  public static final int EDGE = 16;
  public static final int COLUMN = 32;

  private static final String TABLE = "DEFECTS";

  public DefectList {
    defects = List.copyOf(defects);
  }

  public List<Box> boxes() {
    return defects.stream().map(Defect::box).toList();
  }

  /** Number of bad pixels; boxes do not overlap. */
  public int area() {
    return defects.stream().mapToInt(d -> d.box().area()).sum();
  }

  public void write(Path file, Map<String, Object> cards) {
    int n = defects.size();
    Map<String, Object> columns = new LinkedHashMap<>();
    int[][] values = new int[5][n];
    for (int i = 0; i < n; i++) {
      Defect d = defects.get(i);
      values[0][i] = d.box().x0();
      values[1][i] = d.box().y0();
      values[2][i] = d.box().width();
      values[3][i] = d.box().height();
      values[4][i] = d.source();
    }
    String[] names = {"x0", "y0", "width", "height", "source"};
    for (int k = 0; k < names.length; k++) {
      columns.put(names[k], values[k]);
    }
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(cards);
      writer.table(new FitsTable(TABLE, Map.of(), columns));
      writer.commit();
    }
  }

  public static DefectList read(Path file) {
    try (FitsReader reader = FitsReader.open(file)) {
      FitsTable table = reader.readTable(TABLE);
      int[] x0 = column(file, table, "x0");
      int[] y0 = column(file, table, "y0");
      int[] width = column(file, table, "width");
      int[] height = column(file, table, "height");
      int[] source = column(file, table, "source");
      List<Defect> out = new ArrayList<>();
      for (int i = 0; i < x0.length; i++) {
        out.add(new Defect(new Box(x0[i], y0[i], width[i], height[i]), source[i]));
      }
      return new DefectList(out);
    }
  }

  private static int[] column(Path file, FitsTable table, String name) {
    if (table.columns().get(name) instanceof int[] values) {
      return values;
    }
    throw new BadInputException(
        "BAD_TABLE", file + ": table " + TABLE + " has no whole-number column " + name);
  }
}
