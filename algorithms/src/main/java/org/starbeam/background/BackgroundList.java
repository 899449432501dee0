package org.starbeam.background;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * The background of an image as the list of components that were subtracted one after the other
 * (specs/02 section 3.1). The list goes with the image, so nothing is subtracted twice and {@code
 * image + sum of components} is the image before.
 */
public record BackgroundList(List<BackgroundComponent> components) {
  /** Name of the extension that holds the list. */
  public static final String TABLE = "BACKGROUND";

  public BackgroundList {
    components = List.copyOf(components);
  }

  /** No background. */
  public static BackgroundList empty() {
    return new BackgroundList(List.of());
  }

  public BackgroundList plus(BackgroundComponent component) {
    List<BackgroundComponent> all = new ArrayList<>(components);
    all.add(component);
    return new BackgroundList(all);
  }

  public double evaluate(double x, double y) {
    double sum = 0;
    for (BackgroundComponent component : components) {
      sum += component.evaluate(x, y);
    }
    return sum;
  }

  /** The summed surface over a box. */
  public ImageF image(Box box) {
    ImageF out = new ImageF(box);
    components.forEach(c -> c.addTo(out, 1));
    return out;
  }

  public void subtractFrom(ImageF image) {
    components.forEach(c -> c.addTo(image, -1));
  }

  /** Undoes {@link #subtractFrom}. */
  public void restoreTo(ImageF image) {
    components.forEach(c -> c.addTo(image, 1));
  }

  /** The list with every component multiplied by a factor (a change of units). */
  public BackgroundList scaled(double factor) {
    return new BackgroundList(
        components.stream()
            .map(
                c ->
                    new BackgroundComponent(
                        c.box(),
                        c.order(),
                        Arrays.stream(c.coefficients()).map(v -> v * factor).toArray()))
            .toList());
  }

  /** One row per component; coefficients are padded with zeros to the longest. */
  public FitsTable toTable() {
    int n = components.size();
    int longest = components.stream().mapToInt(c -> c.coefficients().length).max().orElse(1);
    int[] x0 = new int[n];
    int[] y0 = new int[n];
    int[] width = new int[n];
    int[] height = new int[n];
    int[] order = new int[n];
    double[][] coefficients = new double[n][];
    for (int i = 0; i < n; i++) {
      BackgroundComponent c = components.get(i);
      x0[i] = c.box().x0();
      y0[i] = c.box().y0();
      width[i] = c.box().width();
      height[i] = c.box().height();
      order[i] = c.order();
      coefficients[i] = Arrays.copyOf(c.coefficients(), longest);
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("X0", x0);
    columns.put("Y0", y0);
    columns.put("WIDTH", width);
    columns.put("HEIGHT", height);
    columns.put("ORDER", order);
    columns.put("COEFF", coefficients);
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("BKGTYPE", "chebyshev");
    return new FitsTable(TABLE, header, columns);
  }

  /** Reads what {@link #toTable} wrote. */
  public static BackgroundList fromTable(FitsTable table) {
    if (!"chebyshev".equals(table.header().get("BKGTYPE"))) {
      throw new BadInputException(
          "BACKGROUND_TYPE",
          "table "
              + table.name()
              + ": BKGTYPE is "
              + table.header().get("BKGTYPE")
              + ", expected chebyshev");
    }
    int[] x0 = (int[]) column(table, "X0");
    int[] y0 = (int[]) column(table, "Y0");
    int[] width = (int[]) column(table, "WIDTH");
    int[] height = (int[]) column(table, "HEIGHT");
    int[] order = (int[]) column(table, "ORDER");
    double[][] coefficients = (double[][]) column(table, "COEFF");
    List<BackgroundComponent> components = new ArrayList<>();
    for (int i = 0; i < x0.length; i++) {
      components.add(
          new BackgroundComponent(
              new Box(x0[i], y0[i], width[i], height[i]),
              order[i],
              Arrays.copyOf(coefficients[i], BackgroundComponent.terms(order[i]))));
    }
    return new BackgroundList(components);
  }

  private static Object column(FitsTable table, String name) {
    Object column = table.columns().get(name);
    if (column == null) {
      throw new BadInputException(
          "MISSING_COLUMN", "table " + table.name() + " has no column " + name);
    }
    return column;
  }
}
