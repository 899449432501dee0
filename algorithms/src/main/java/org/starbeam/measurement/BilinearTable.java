package org.starbeam.measurement;

import java.util.List;

/**
 * A function of two numbers by its values at the nodes of a grid: linear between nodes, beyond the
 * outermost as at these.
 */
final class BilinearTable {
  private final double[] rows;
  private final double[] columns;
  private final double[][] values;

  /**
   * @param name of the table in messages
   * @param rows rising
   * @param columns rising
   * @param values row by row
   */
  BilinearTable(String name, List<Double> rows, List<Double> columns, double[] values) {
    this.rows = rising(name, rows);
    this.columns = rising(name, columns);
    if (values.length != this.rows.length * this.columns.length) {
      throw new IllegalArgumentException(
          "%s has %d values, expected %d rows of %d"
              .formatted(name, values.length, this.rows.length, this.columns.length));
    }
    this.values = new double[this.rows.length][this.columns.length];
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(name + " has a value that is no number");
      }
      this.values[i / this.columns.length][i % this.columns.length] = values[i];
    }
  }

  private static double[] rising(String name, List<Double> nodes) {
    double[] out = nodes.stream().mapToDouble(Double::doubleValue).toArray();
    for (int i = 0; i < out.length; i++) {
      if (!Double.isFinite(out[i]) || i > 0 && out[i] <= out[i - 1]) {
        throw new IllegalArgumentException(name + ": nodes must rise, found " + nodes);
      }
    }
    if (out.length == 0) {
      throw new IllegalArgumentException(name + " has no nodes");
    }
    return out;
  }

  /** The value at a place; what is no number counts as the end of the axis. */
  double at(double row, double column) {
    double r = place(rows, row);
    double c = place(columns, column);
    int i = (int) Math.min(r, Math.max(0, rows.length - 2));
    int j = (int) Math.min(c, Math.max(0, columns.length - 2));
    double below = along(values[i], j, c - j);
    return rows.length == 1 ? below : below + (r - i) * (along(values[i + 1], j, c - j) - below);
  }

  private static double along(double[] line, int j, double part) {
    return line.length == 1 ? line[0] : line[j] + part * (line[j + 1] - line[j]);
  }

  /** Number of a node, with the part of the way to the next. */
  private static double place(double[] nodes, double value) {
    int last = nodes.length - 1;
    if (Double.isNaN(value) || value >= nodes[last]) {
      return last;
    }
    int i = 0;
    while (i < last && nodes[i + 1] <= value) {
      i++;
    }
    return value <= nodes[0] ? 0 : i + (value - nodes[i]) / (nodes[i + 1] - nodes[i]);
  }
}
