package org.starbeam.pipelines.audit;

import static org.starbeam.pipelines.report.RunDatabase.quote;

import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.dataset.TableSchemas.Column;

/** The aggregates over one column: its profile, and the rules that its values break. */
final class ColumnProbe {
  /** Shares and constants say something from this number of rows on. */
  private static final long FEWEST = 10;

  /** What is the same in all rows of a small run, or of any. */
  private static final Set<String> NATURALLY_CONSTANT =
      Set.of("tract", "patch", "visit", "visitId", "detector", "day_obs", "dayObs", "releaseId");

  private final TableColumns columns;
  private final String column;
  private final List<String> flags;
  private final @Nullable String twin;
  private final ValueRules.@Nullable Rule range;
  private final WideQuery.Slot present;
  private final WideQuery.Slot presentInPrimary;
  private final WideQuery.Slot distinct;
  private final WideQuery.Slot zeros;
  private final WideQuery.Slot min;
  private final WideQuery.Slot max;
  private final WideQuery.@Nullable Slot nans;
  private final WideQuery.@Nullable Slot infs;
  private final WideQuery.@Nullable Slot quantiles;
  private final WideQuery.@Nullable Slot unlikeTwin;
  private final WideQuery.@Nullable Slot correlation;
  private final WideQuery.@Nullable Slot unflagged;
  private final WideQuery.@Nullable Slot outside;
  private final WideQuery.@Nullable Slot outsideFlagged;
  private final WideQuery.@Nullable Slot badError;

  /**
   * @param primary condition of primary rows
   * @param sample condition of the rows that percentiles are taken of
   */
  ColumnProbe(TableColumns columns, String column, WideQuery query, String primary, String sample) {
    this.columns = columns;
    this.column = column;
    String c = quote(column);
    boolean isFloat = isFloat();
    boolean isNumber = isFloat || isWhole();
    String finite = isFloat ? "isfinite(" + c + ")" : c + " is not null";
    present = query.add("count(" + c + ")");
    presentInPrimary = query.rows(primary + " and " + c + " is not null");
    distinct = query.add("approx_count_distinct(" + c + ")");
    zeros = query.rows(isNumber ? c + " = 0" : isBoolean() ? "not " + c : "false");
    nans = isFloat ? query.rows("isnan(" + c + ")") : null;
    infs = isFloat ? query.rows("isinf(" + c + ")") : null;
    min = query.add("min(" + c + ") filter (where " + finite + ")");
    max = query.add("max(" + c + ") filter (where " + finite + ")");
    quantiles =
        !isNumber
            ? null
            : query.add(
                "quantile_disc(%s, [0.01, 0.5, 0.99]) filter (where %s and %s)"
                    .formatted(c, finite, sample));
    flags = isBoolean() ? List.of() : columns.flags(column);
    String flagged = flagged();
    String value = isNumber ? columns.valueOf(column) : null;
    unflagged =
        flags.isEmpty() || value != null ? null : query.rows(c + " is null and not " + flagged);
    Column known = columns.declared().get(column);
    range = known == null || !isNumber ? null : ValueRules.of(known).orElse(null);
    String bad = range == null ? "" : finite + " and (" + range.condition(c) + ") and ";
    outside = range == null ? null : query.rows(bad + "not " + flagged);
    outsideFlagged = range == null || flags.isEmpty() ? null : query.rows(bad + flagged);
    String wrong = value != null && value.endsWith("Flux") ? "coalesce(%s, 0)" : "%s";
    badError =
        value == null
            ? null
            : query.rows(
                "%s is not null and %s <= 0 and not %s"
                    .formatted(quote(value), wrong.formatted(c), flagged));
    twin = isNumber ? columns.twin(column) : null;
    String t = twin == null ? "" : quote(twin);
    unlikeTwin = twin == null ? null : query.rows(c + " is distinct from " + t);
    correlation =
        twin == null
            ? null
            : query.add(
                "round(corr(%1$s, %2$s) filter (where isfinite(%1$s) and isfinite(%2$s) and not %3$s), 3)"
                    .formatted(c, t, flagged));
  }

  /** Condition that a flag says that the value may be missing. */
  private String flagged() {
    return flags.isEmpty()
        ? "false"
        : flags.stream()
            .map(flag -> "coalesce(" + quote(flag) + ", false)")
            .collect(Collectors.joining(" or ", "(", ")"));
  }

  private boolean isFloat() {
    return columns.type(column).equals("FLOAT") || columns.type(column).equals("DOUBLE");
  }

  private boolean isWhole() {
    return columns.type(column).equals("INTEGER") || columns.type(column).equals("BIGINT");
  }

  private boolean isBoolean() {
    return columns.type(column).equals("BOOLEAN");
  }

  private static long count(WideQuery.@Nullable Slot slot) {
    return slot == null ? 0 : slot.count();
  }

  ColumnProfile profile(long rows, long primaries) {
    Column known = columns.declared().get(column);
    @Nullable Object[] q = quantiles();
    Object low = min.value();
    return new ColumnProfile(
        column,
        columns.type(column),
        known == null ? "" : known.unit(),
        known == null ? "" : known.tier(),
        rows,
        rows - present.count(),
        primaries - presentInPrimary.count(),
        count(nans),
        count(infs),
        zeros.count(),
        distinct.count(),
        low,
        q[0],
        q[1],
        q[2],
        max.value(),
        low != null && low.equals(max.value()),
        twin,
        correlation != null && correlation.value() instanceof Number n ? n.doubleValue() : null);
  }

  private @Nullable Object[] quantiles() {
    try {
      return quantiles != null && quantiles.value() instanceof Array array
          ? (Object[]) array.getArray()
          : new Object[3];
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is wrong with the values of a column of this profile. */
  List<Finding> findings(ColumnProfile profile, long primaries) {
    List<Finding> out = new ArrayList<>();
    missing(profile, primaries, out);
    constant(profile, out);
    add(out, Grade.ERROR, "NaN", profile.nans(), "values are NaN, none should be");
    add(out, Grade.ERROR, "infinite", profile.infs(), "values are infinite");
    if (range != null) {
      add(
          out,
          Grade.ERROR,
          range.rule(),
          count(outside),
          "values without a flag are not " + range.says());
      add(
          out,
          Grade.NOTE,
          range.rule(),
          count(outsideFlagged),
          "values with a flag are not " + range.says());
    }
    add(out, Grade.ERROR, "error", count(badError), "values have no error above 0");
    add(
        out,
        Grade.WARNING,
        "unflagged",
        count(unflagged),
        "missing values without " + String.join(" or ", flags));
    if (isBoolean() && profile.nulls() < profile.rows()) {
      add(out, Grade.WARNING, "null flag", profile.nulls(), "flags are neither true nor false");
    }
    if (unlikeTwin != null && unlikeTwin.count() == 0 && present.count() > 0) {
      add(out, Grade.WARNING, "twin", profile.rows(), "the same as " + twin + " in all rows");
    }
    return out;
  }

  private void missing(ColumnProfile profile, long primaries, List<Finding> out) {
    long nulls = profile.nullsOfPrimary();
    if (primaries > 0 && nulls > 0.99 * primaries && profile.tier().equals("core")) {
      if (FlagRules.mayBeEmpty(column) && count(unflagged) == 0) {
        add(out, Grade.NOTE, "null by design", nulls, "no star was seen for long enough");
      } else {
        add(out, Grade.ERROR, "empty", nulls, "missing in %s of %s primary rows", primaries);
      }
    } else if (profile.nulls() == profile.rows()) {
      add(out, Grade.NOTE, "never filled", profile.rows(), "a candidate for removal");
    } else if (primaries >= FEWEST && nulls > 0.5 * primaries) {
      add(out, Grade.WARNING, "half empty", nulls, "missing in %s of %s primary rows", primaries);
    }
  }

  private void constant(ColumnProfile profile, List<Finding> out) {
    if (!profile.constant() || present.count() < FEWEST || NATURALLY_CONSTANT.contains(column)) {
      return;
    }
    String text = "always " + profile.min();
    boolean ofExposures = columns.table().endsWith("Visit");
    if (isFloat() && !ofExposures) {
      add(out, Grade.WARNING, "constant", present.count(), text);
    } else if (isFloat() || isWhole()) {
      add(out, Grade.NOTE, "constant", present.count(), text);
    } else if (isBoolean() && profile.zeros() == 0 && column.contains("lag")) {
      add(out, Grade.WARNING, "constant", present.count(), text);
    }
  }

  private void add(List<Finding> out, Grade grade, String rule, long rows, String form, long of) {
    add(out, grade, rule, rows, form.formatted(rows, of));
  }

  private void add(List<Finding> out, Grade grade, String rule, long rows, String text) {
    if (rows > 0) {
      out.add(columns.finding(grade, column, rule, rows, text));
    }
  }
}
