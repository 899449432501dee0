package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.report.RunDatabase;

/**
 * Many aggregates over one table. They are asked for in bundles of {@value #BUNDLE}: the columns of
 * a Parquet file are read by themselves, so each is still read once, and a query of thousands of
 * aggregates takes longer to plan than to run.
 */
final class WideQuery {
  private static final int BUNDLE = 400;

  private final String table;
  private final List<String> expressions = new ArrayList<>();
  private final List<@Nullable Object> values = new ArrayList<>();

  WideQuery(String table) {
    this.table = table;
  }

  /** Answer to an aggregate, to be read after {@link #run}. */
  final class Slot {
    private final int index = expressions.size();

    /** The answer, of the type that the driver gives. */
    @Nullable Object value() {
      return values.get(index);
    }

    /** A count; 0 for null. */
    long count() {
      return value() instanceof Number n ? n.longValue() : 0;
    }
  }

  Slot add(String aggregate) {
    Slot slot = new Slot();
    expressions.add(aggregate);
    return slot;
  }

  /** Number of rows that a condition is true of. */
  Slot rows(String condition) {
    return add("count(*) filter (where " + condition + ")");
  }

  void run(RunDatabase database) {
    for (int from = 0; from < expressions.size(); from += BUNDLE) {
      List<String> bundle = expressions.subList(from, Math.min(expressions.size(), from + BUNDLE));
      database.each(
          "select " + String.join(", ", bundle) + " from " + table,
          row -> {
            for (int i = 1; i <= bundle.size(); i++) {
              values.add(row.getObject(i));
            }
          });
    }
  }
}
