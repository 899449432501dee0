package org.starbeam.pipelines.audit;

import org.jspecify.annotations.Nullable;

/**
 * What is in a column. Extremes and percentiles are of finite values; percentiles are of a fixed
 * sample of the rows when there are more than {@link TableAudit#SAMPLE}.
 *
 * @param type as DuckDB names it
 * @param unit unit of the schema
 * @param tier {@code core} or {@code extended}, empty for a column that the schema has not
 * @param nulls rows without a value
 * @param nullsOfPrimary rows without a value among the primary ones; of all where none are marked
 * @param zeros rows with 0, or with false
 * @param distinct estimated number of different values (HyperLogLog, some 10 %)
 * @param constant whether all values are the same
 * @param twin column that should be like this one, or null
 * @param twinCorrelation linear correlation with the twin where no flag is set, three digits, or
 *     null
 */
public record ColumnProfile(
    String name,
    String type,
    String unit,
    String tier,
    long rows,
    long nulls,
    long nullsOfPrimary,
    long nans,
    long infs,
    long zeros,
    long distinct,
    @Nullable Object min,
    @Nullable Object p01,
    @Nullable Object median,
    @Nullable Object p99,
    @Nullable Object max,
    boolean constant,
    @Nullable String twin,
    @Nullable Double twinCorrelation) {
  /** Percentage of the rows. */
  public double percent(long count) {
    return rows == 0 ? 0 : 100.0 * count / rows;
  }

  /** A value of this column as text: numbers with six digits, nothing for none. */
  public String text(@Nullable Object value) {
    return value instanceof Double || value instanceof Float
        ? "%.6g".formatted(((Number) value).doubleValue())
        : value == null ? "" : value.toString();
  }
}
