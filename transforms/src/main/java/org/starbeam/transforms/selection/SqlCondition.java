package org.starbeam.transforms.selection;

import java.util.List;
import java.util.Map;

/**
 * A condition for the WHERE of a DuckDB query over a table with a column for each field (BIGINT,
 * DOUBLE or VARCHAR; times are TAI MJD). All values of the user are parameters.
 *
 * @param text the condition with a {@code ?} for each parameter
 * @param parameters Long, Double or String, in order
 * @param regionColumns BOOLEAN columns that hold what geometry says of a row's footprint: name and
 *     the condition to be evaluated for each row when the table is made
 */
public record SqlCondition(
    String text, List<Object> parameters, Map<String, Selection> regionColumns) {
  public SqlCondition {
    parameters = List.copyOf(parameters);
    regionColumns = Map.copyOf(regionColumns);
  }
}
