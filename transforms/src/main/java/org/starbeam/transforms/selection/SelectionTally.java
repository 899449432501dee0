package org.starbeam.transforms.selection;

import java.util.List;
import java.util.function.Predicate;

/**
 * How many rows are left after each condition of a selection. Rows are added one by one, in any
 * order.
 */
public final class SelectionTally {
  private final List<Selection> conjuncts;
  private final List<Predicate<SelectionRow>> predicates;
  private final long[] left;
  private long rows;

  public SelectionTally(Selection selection) {
    conjuncts = selection.conjuncts();
    predicates = conjuncts.stream().map(Selection::predicate).toList();
    left = new long[conjuncts.size()];
  }

  /** Adds a row; true when it is selected. */
  public boolean add(SelectionRow row) {
    rows++;
    for (int i = 0; i < left.length; i++) {
      if (!predicates.get(i).test(row)) {
        return false;
      }
      left[i]++;
    }
    return true;
  }

  /** Rows that were added. */
  public long rows() {
    return rows;
  }

  /** Rows that are selected. */
  public long selected() {
    return left[left.length - 1];
  }

  /**
   * One line for all rows and one for each condition: what is left, and which took the last.
   *
   * @param noun what the rows are, in the plural
   */
  public String explanation(String noun) {
    StringBuilder out = new StringBuilder();
    out.append("%10d %s%n".formatted(rows, noun));
    long before = rows;
    for (int i = 0; i < left.length; i++) {
      boolean last = left[i] == 0 && before > 0;
      out.append(
          "%10d after %s%s%n"
              .formatted(left[i], conjuncts.get(i), last ? "   <- took the last " + before : ""));
      before = left[i];
    }
    return out.toString().replace(System.lineSeparator(), "\n");
  }
}
