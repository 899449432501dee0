package org.starbeam.background;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ImageF;

/**
 * The background of an image as the list of surfaces that were subtracted one after the other
 * (specs/02 section 3.1). The list goes with the image, so nothing is subtracted twice and {@code
 * image + sum of components} is the image before.
 */
public record BackgroundList(List<Chebyshev2D> components) {
  /** Name of the extension that holds the list. */
  public static final String TABLE = "BACKGROUND";

  public BackgroundList {
    components = List.copyOf(components);
  }

  /** No background. */
  public static BackgroundList empty() {
    return new BackgroundList(List.of());
  }

  public BackgroundList plus(Chebyshev2D component) {
    List<Chebyshev2D> all = new ArrayList<>(components);
    all.add(component);
    return new BackgroundList(all);
  }

  public double evaluate(double x, double y) {
    double sum = 0;
    for (Chebyshev2D component : components) {
      sum += component.evaluate(x, y);
    }
    return sum;
  }

  public void subtractFrom(ImageF image) {
    add(image, -1);
  }

  /** Undoes {@link #subtractFrom}. */
  public void restoreTo(ImageF image) {
    add(image, 1);
  }

  private void add(ImageF image, double factor) {
    Box box = image.box();
    double[] row = new double[box.width()];
    double[] sum = new double[box.width()];
    for (int y = box.y0(); y < box.y1(); y++) {
      Arrays.fill(sum, 0);
      for (Chebyshev2D component : components) {
        component.fillRow(box.x0(), y, box.width(), row, 0);
        for (int i = 0; i < row.length; i++) {
          sum[i] += row[i];
        }
      }
      int from = image.index(box.x0(), y);
      for (int i = 0; i < sum.length; i++) {
        image.data[from + i] += (float) (factor * sum[i]);
      }
    }
  }

  /** The list times a function of place over the same box. */
  public BackgroundList times(Chebyshev2D field) {
    return new BackgroundList(components.stream().map(c -> c.times(field)).toList());
  }

  /** One row per component. */
  public FitsTable toTable() {
    return Chebyshev2D.toTable(TABLE, components);
  }

  /** Reads what {@link #toTable} wrote. */
  public static BackgroundList fromTable(FitsTable table) {
    int rows = ((int[]) Objects.requireNonNull(table.columns().get("x0"))).length;
    List<Chebyshev2D> components = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      components.add(Chebyshev2D.fromTable(table, i));
    }
    return new BackgroundList(components);
  }
}
