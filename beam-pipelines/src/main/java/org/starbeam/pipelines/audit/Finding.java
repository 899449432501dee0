package org.starbeam.pipelines.audit;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a table.
 *
 * @param column the column as it is named in the file; several, with commas, for what is wrong with
 *     them together
 * @param band band of the column, or null
 * @param rule name of the rule that is broken
 * @param rows rows that break it, 0 where it is not a matter of rows
 * @param text what was found and what was expected
 */
public record Finding(
    Grade grade,
    String table,
    String column,
    @Nullable String band,
    String rule,
    long rows,
    String text) {}
