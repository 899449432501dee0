package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.dataset.TableSchemas.Column;

/**
 * How much larger the scatter of a flux is on empty sky than its error says (specs/04 section 7.6):
 * of the sky objects of a patch, 0.7413 times the distance of the quartiles of flux over error,
 * which is 1 where errors are right. It is published, not applied.
 *
 * @param estimator name of the flux without the band
 * @param n sky objects that have the flux
 * @param mean median of flux over error: 0 where nothing is left of the sky
 * @param scale standard deviation of flux over error
 */
public record SkyScale(
    long tract, long patch, String band, String estimator, long n, double mean, double scale) {
  /** Sky objects that a scale is made of at least. */
  private static final int FEWEST = 10;

  private static final String SKY = "merge_peak_sky";

  private static final String QUERY =
      """
      select tract, patch, count(x), median(x),
        0.7413 * (quantile_cont(x, 0.75) - quantile_cont(x, 0.25))
      from (
        select tract, patch, cast(%1$s as double) / %2$s as x from %3$s
        where %4$s and isfinite(%1$s) and %2$s > 0)
      group by all having count(x) >= %5$d order by tract, patch
      """;

  /**
   * The scales of all patches of one band and estimator.
   *
   * @param median of the patches; low and high their extremes
   */
  public record Summary(
      String band, String estimator, int patches, double low, double median, double high) {}

  /** Summaries in the order of bands and estimators. */
  public static List<Summary> summaries(List<SkyScale> scales) {
    Map<List<String>, List<Double>> groups = new LinkedHashMap<>();
    for (SkyScale s : scales) {
      groups.computeIfAbsent(List.of(s.band, s.estimator), k -> new ArrayList<>()).add(s.scale);
    }
    List<Summary> out = new ArrayList<>();
    groups.forEach(
        (key, values) -> {
          List<Double> v = values.stream().sorted().toList();
          int n = v.size();
          double median = (v.get((n - 1) / 2) + v.get(n / 2)) / 2;
          out.add(new Summary(key.get(0), key.get(1), n, v.get(0), median, v.get(n - 1)));
        });
    return out;
  }

  /** Of all bands, estimators and patches of a table; none when it has no sky objects. */
  static List<SkyScale> of(RunDatabase database, TableColumns columns, String view) {
    List<SkyScale> out = new ArrayList<>();
    if (!columns.has(SKY) || !columns.has("tract") || !columns.has("patch")) {
      return out;
    }
    for (Column column : columns.declared().values()) {
      String error = column.name() + "Err";
      if (column.band() != null
          && column.field().endsWith("Flux")
          && columns.has(column.name())
          && columns.has(error)) {
        String query =
            QUERY.formatted(
                RunDatabase.quote(column.name()),
                RunDatabase.quote(error),
                view,
                RunDatabase.quote(SKY),
                FEWEST);
        database.each(
            query,
            row ->
                out.add(
                    new SkyScale(
                        row.getLong(1),
                        row.getLong(2),
                        String.valueOf(column.band()),
                        column.field(),
                        row.getLong(3),
                        row.getDouble(4),
                        row.getDouble(5))));
      }
    }
    return out;
  }
}
