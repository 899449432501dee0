package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.dataset.TableSchemas.Column;

/**
 * A flux of a band is null where the band has no data, and nowhere else (specs/04 section 11.3): of
 * the rows whose footprint has data everywhere, at most {@value #TOLERANCE} may be without it.
 * Nulls that a measurement means are declared in {@link #DESIGNS}, each with the condition that
 * tells it in the row; they are counted apart and said.
 */
final class NullRules {
  /** Part of the rows. */
  static final double TOLERANCE = 0.001;

  private static final String NO_DATA = "pixelFlags_nodata";

  /**
   * Why a flux may be null although there are data.
   *
   * @param fields names of fluxes without the band
   * @param condition in SQL, {@code $} before a column of the band, {@code @} before one of the row
   */
  private record Design(Pattern fields, String condition, String reason) {
    private static final Pattern NAMES = Pattern.compile("([$@])(\\w+)");

    /** The condition for a band; empty when the table lacks a column of it. */
    Optional<String> in(String band, TableColumns columns) {
      StringBuilder out = new StringBuilder();
      Matcher name = NAMES.matcher(condition);
      while (name.find()) {
        String column = (name.group(1).equals("$") ? band + "_" : "") + name.group(2);
        if (!columns.has(column)) {
          return Optional.empty();
        }
        name.appendReplacement(out, Matcher.quoteReplacement(RunDatabase.quote(column)));
      }
      return Optional.of("(" + name.appendTail(out) + ")");
    }
  }

  private static final List<Design> DESIGNS =
      List.of(
          design("devFlux", "@dev_unknown_flag", "not fitted to faint objects"),
          design(
              "bulgeDiskFlux", "@bulgeDisk_unknown_flag", "fitted to bright resolved objects only"),
          design(
              "(undeblended_)?gaap.*Flux",
              "$gaapFlux_flag_bigPsf or $gaapFlux_flag_edge or $gaapFlux_flag_interpolated",
              "the PSF is too large for the aperture, or too much of it is masked or beyond the edge"),
          design(
              "(ap\\d+|calib)Flux",
              "$pixelFlags_edge or $pixelFlags_offimage",
              "the aperture reaches beyond the edge"),
          design(
              "kronFlux",
              "$kronRad is null or $pixelFlags_edge or $pixelFlags_offimage or $ap25Flux_flag",
              "no Kron radius, or the aperture reaches beyond the edge or pixels without data"),
          design("deblend_scarletFlux", "@merge_peak_sky", "sky objects are not deblended"));

  private static Design design(String fields, String condition, String reason) {
    return new Design(Pattern.compile(fields), condition, reason);
  }

  /** Counts of one column. */
  private record Counts(
      Column column, @Nullable Design design, WideQuery.Slot meant, WideQuery.Slot unexplained) {}

  private final TableColumns columns;
  private final String view;

  NullRules(TableColumns columns, String view) {
    this.columns = columns;
    this.view = view;
  }

  /** What is null without a reason, and what is with one. */
  List<Finding> check(RunDatabase database, long rows) {
    WideQuery query = new WideQuery(view);
    List<Counts> counts = new ArrayList<>();
    for (Column column : columns.declared().values()) {
      if (isFluxWithData(column)) {
        counts.add(count(column, query));
      }
    }
    query.run(database);
    List<Finding> out = new ArrayList<>();
    for (Counts c : counts) {
      String name = c.column.name();
      if (c.unexplained.count() > TOLERANCE * rows) {
        out.add(
            columns.finding(
                Grade.ERROR,
                name,
                "null fraction",
                c.unexplained.count(),
                "missing where the band has data, in more than 0.1 % of the rows"));
      }
      if (c.design != null && c.meant.count() > 0) {
        out.add(
            columns.finding(Grade.NOTE, name, "null by design", c.meant.count(), c.design.reason));
      }
    }
    return out;
  }

  private boolean isFluxWithData(Column column) {
    return column.band() != null
        && column.field().endsWith("Flux")
        && column.unit().equals("nJy")
        && columns.has(column.name())
        && columns.has(column.band() + "_" + NO_DATA);
  }

  private Counts count(Column column, WideQuery query) {
    String band = String.valueOf(column.band());
    String missing =
        "%s is null and not coalesce(%s, false)"
            .formatted(RunDatabase.quote(column.name()), RunDatabase.quote(band + "_" + NO_DATA));
    Design own =
        DESIGNS.stream()
            .filter(d -> d.fields.matcher(column.field()).matches())
            .findFirst()
            .orElse(null);
    String meant = own == null ? "false" : own.in(band, columns).orElse("false");
    return new Counts(
        column,
        own,
        query.rows(missing + " and coalesce(" + meant + ", false)"),
        query.rows(missing + " and not coalesce(" + meant + ", false)"));
  }
}
