package org.starbeam.pipelines.compare;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.starbeam.pipelines.report.RunDatabase;

/**
 * Compares the released tables of two runs: numbers of rows, and rows of Object and Source matched
 * by position (nearest within {@value #RADIUS_ARCSEC} arcsec both ways; sources within their visit
 * and detector). Differences are this run minus the base; magnitudes are -2.5 log10 of the ratio of
 * fluxes; scatter is the median absolute deviation; a row is beyond 5 sigma when the difference
 * exceeds five times the quadratic sum of both errors.
 */
public final class TableComparison implements AutoCloseable {
  private static final double RADIUS_ARCSEC = 0.5;
  private static final Pattern BAND_FLUX = Pattern.compile("([A-Za-z0-9]+)_psfFlux");
  private static final double MEDIAN_ERROR = 1.2533 * 1.4826;

  private final RunDatabase database;
  private final Map<String, List<Path>> here;
  private final Map<String, List<Path>> there;
  private final String region;

  /**
   * @param here files of each table of the run
   * @param there files of each table of the base
   * @param tracts tracts to which tables that have them are limited; empty means all
   */
  public TableComparison(
      Map<String, List<Path>> here, Map<String, List<Path>> there, List<Integer> tracts) {
    this.here = here;
    this.there = there;
    this.database = new RunDatabase(Map.of());
    this.region =
        tracts.isEmpty()
            ? ""
            : "tract in ("
                + tracts.stream().map(String::valueOf).collect(Collectors.joining(","))
                + ")";
    here.forEach((name, files) -> define("here_" + name, files));
    there.forEach((name, files) -> define("there_" + name, files));
  }

  private void define(String view, List<Path> files) {
    String list =
        files.stream()
            .map(f -> "'" + f.toString().replace("'", "''") + "'")
            .collect(Collectors.joining(","));
    database.createView(view, "select * from read_parquet([" + list + "], union_by_name = true)");
  }

  /** Rows of a table in both runs. */
  public record Rows(String table, long here, long there) {
    public long difference() {
      return here - there;
    }
  }

  /**
   * A quantity of matched rows.
   *
   * @param what for example {@code Object psfFlux r} or {@code Source position}
   * @param detector the detector that it is of, or -1 for all
   * @param unit {@code mag}, {@code mas}, {@code 1}
   * @param n matched rows
   * @param err standard error of the median from the scatter
   */
  public record Difference(
      String what,
      long detector,
      String unit,
      long n,
      double median,
      double mad,
      double err,
      double beyondFiveSigma) {
    /** Median over what is tolerated: the larger of a tolerance and a number of errors. */
    public double excess(double tolerance, double sigma) {
      return Math.abs(median) / Math.max(tolerance, sigma * err);
    }
  }

  /** How many rows of a table have a counterpart. */
  public record Matched(String table, long both, long onlyHere, long onlyThere) {}

  /** Rows of every table that either run has. */
  public List<Rows> rows() {
    Set<String> tables = new TreeSet<>(here.keySet());
    tables.addAll(there.keySet());
    List<Rows> rows = new ArrayList<>();
    for (String table : tables) {
      rows.add(
          new Rows(
              table,
              here.containsKey(table) ? count("here_" + table) : 0,
              there.containsKey(table) ? count("there_" + table) : 0));
    }
    return rows;
  }

  private long count(String view) {
    String where = !region.isEmpty() && columns(view).contains("tract") ? " where " + region : "";
    return (long) database.numbers("select count(*) from \"" + view + "\"" + where)[0][0];
  }

  private Set<String> columns(String view) {
    return new HashSet<>(database.texts("select column_name from (describe \"" + view + "\")"));
  }

  private boolean has(String table, String... wanted) {
    if (!here.containsKey(table) || !there.containsKey(table)) {
      return false;
    }
    Set<String> columns = columns("here_" + table);
    columns.retainAll(columns("there_" + table));
    return columns.containsAll(List.of(wanted));
  }

  /** Matched numbers of Object and Source. */
  public List<Matched> matched() {
    List<Matched> out = new ArrayList<>();
    for (String table : List.of("Object", "Source")) {
      if (match(table)) {
        double[][] n =
            database.numbers(
                "select (select count(*) from m_%1$s), (select count(*) from a_%1$s),"
                        .formatted(table)
                    + " (select count(*) from b_%s)".formatted(table));
        long both = (long) n[0][0];
        out.add(new Matched(table, both, (long) n[1][0] - both, (long) n[2][0] - both));
      }
    }
    return out;
  }

  /** Differences of matched objects: position, flux in each band, size. Empty without the table. */
  public List<Difference> objects() {
    List<Difference> out = new ArrayList<>();
    if (!match("Object")) {
      return out;
    }
    position("Object", out);
    for (String band : bands()) {
      if (has("Object", band + "_psfFlux", band + "_psfFluxErr")) {
        flux("Object", "Object psfFlux " + band, band + "_psfFlux", "", out);
      }
    }
    if (has("Object", "shape_xx", "shape_yy")) {
      size("Object", "shape_xx", "shape_yy", out);
    }
    return out;
  }

  /** Differences of matched sources: position, flux in each band, size. */
  public List<Difference> sources() {
    List<Difference> out = new ArrayList<>();
    if (!match("Source")) {
      return out;
    }
    position("Source", out);
    for (String band :
        database.texts(
            "select distinct a_band from m_Source where a_band is not null order by 1")) {
      flux("Source", "Source psfFlux " + band, "psfFlux", "a_band = '" + band + "'", out);
    }
    if (has("Source", "ixx", "iyy")) {
      size("Source", "ixx", "iyy", out);
    }
    return out;
  }

  /** Flux differences of matched sources of each detector, the most exceeding first. */
  public List<Difference> detectors(Tolerances tolerances) {
    if (!match("Source")) {
      return List.of();
    }
    List<Difference> out = new ArrayList<>();
    database.each(
        "select a_detector, count(*), median(d), mad(d), avg(beyond) from ("
            + fluxes("Source", "psfFlux")
            + ") group by a_detector order by a_detector",
        rows -> out.add(difference("Source psfFlux", rows.getLong(1), "mag", rows, 2)));
    out.sort(
        Comparator.comparingDouble(
                (Difference d) -> -d.excess(tolerances.magnitude(), tolerances.sigma()))
            .thenComparingLong(Difference::detector));
    return out;
  }

  private List<String> bands() {
    Set<String> bands = new LinkedHashSet<>();
    for (String column : database.texts("select column_name from (describe \"here_Object\")")) {
      Matcher flux = BAND_FLUX.matcher(column);
      if (flux.matches()) {
        bands.add(flux.group(1));
      }
    }
    return List.copyOf(bands);
  }

  private final Set<String> matchedTables = new HashSet<>();

  /** Makes the table m_TABLE of matched rows; false when a run has not what it takes. */
  private boolean match(String table) {
    boolean object = table.equals("Object");
    String ra = object ? "coord_ra" : "ra";
    String dec = object ? "coord_dec" : "dec";
    if (!has(table, ra, dec)) {
      return false;
    }
    if (matchedTables.add(table)) {
      boolean grouped = has(table, "visit", "detector");
      for (String side : new String[] {"here", "there"}) {
        rowsOf(side, table, ra, dec);
      }
      join(table, grouped);
    }
    return true;
  }

  /** Primary rows with a position, as a_TABLE or b_TABLE. */
  private void rowsOf(String side, String table, String ra, String dec) {
    String view = side + "_" + table;
    Set<String> columns = columns(view);
    List<String> conditions = new ArrayList<>();
    conditions.add(ra + " is not null and " + dec + " is not null");
    for (String[] flag :
        new String[][] {
          {"detect_isPrimary", "detect_isPrimary"},
          {"sky_source", "not coalesce(sky_source, false)"},
          {"sky_object", "not coalesce(sky_object, false)"}
        }) {
      if (columns.contains(flag[0])) {
        conditions.add(flag[1]);
      }
    }
    if (!region.isEmpty() && columns.contains("tract")) {
      conditions.add(region);
    }
    database.execute(
        "create table %s_%s as select row_number() over () as id, %s as sky_ra, %s as sky_dec, *"
                .formatted(side.equals("here") ? "a" : "b", table, ra, dec)
            + " from \""
            + view
            + "\" where "
            + String.join(" and ", conditions));
  }

  /** Nearest neighbours both ways, found through cells of the radius. */
  private void join(String table, boolean grouped) {
    String group = grouped ? " and a.visit = b.visit and a.detector = b.detector" : "";
    String extra = grouped ? ", visit, detector" : "";
    String cell = "cast(floor(sky_dec * 3600 / %s) as bigint)".formatted(RADIUS_ARCSEC);
    String column =
        "cast(floor(sky_ra * 3600 * cos(radians(gy * %1$s / 3600)) / %1$s) as bigint)"
            .formatted(RADIUS_ARCSEC);
    database.execute(
        ("create table m_ids_%1$s as with"
                + " a as (select id, sky_ra, sky_dec, gy, %3$s as gx%2$s from"
                + " (select *, %4$s as gy from a_%1$s)),"
                + " b as (select id, sky_ra, sky_dec, gy, %3$s + dx as gx%2$s from"
                + " (select *, %4$s + dy as gy from b_%1$s, (values (-1), (0), (1)) t(dy)),"
                + " (values (-1), (0), (1)) u(dx)),"
                + " pairs as (select a.id as ida, b.id as idb,"
                + " pow((a.sky_ra - b.sky_ra) * cos(radians(a.sky_dec)), 2)"
                + " + pow(a.sky_dec - b.sky_dec, 2) as d2"
                + " from a join b on a.gx = b.gx and a.gy = b.gy%5$s)"
                + " select ida, idb from pairs where d2 <= pow(%6$s / 3600, 2)"
                + " qualify row_number() over (partition by ida order by d2, idb) = 1"
                + " and row_number() over (partition by idb order by d2, ida) = 1")
            .formatted(table, extra, column, cell, group, RADIUS_ARCSEC));
    database.execute(
        "create view m_%1$s as select %2$s, %3$s from m_ids_%1$s m join a_%1$s a on a.id = m.ida"
                .formatted(table, prefixed("a", table), prefixed("b", table))
            + " join b_%s b on b.id = m.idb".formatted(table));
  }

  private String prefixed(String side, String table) {
    return columns(side + "_" + table).stream()
        .sorted()
        .map(c -> side + ".\"" + c + "\" as \"" + side + "_" + c + "\"")
        .collect(Collectors.joining(", "));
  }

  private void position(String table, List<Difference> out) {
    boolean object = table.equals("Object");
    String raErr = object ? "coord_raErr" : "raErr";
    String decErr = object ? "coord_decErr" : "decErr";
    String errors =
        has(table, raErr, decErr)
            ? "3.6e6 * sqrt(pow(a_%1$s, 2) + pow(a_%2$s, 2) + pow(b_%1$s, 2) + pow(b_%2$s, 2))"
                .formatted(raErr, decErr)
            : "null";
    String[][] axes = {
      {"right ascension", "(a_sky_ra - b_sky_ra) * cos(radians(b_sky_dec)) * 3.6e6"},
      {"declination", "(a_sky_dec - b_sky_dec) * 3.6e6"}
    };
    for (String[] axis : axes) {
      database.each(
          "select count(*), median(d), mad(d), avg((abs(d) > 5 * e)::integer) from (select "
              + axis[1]
              + " as d, "
              + errors
              + " as e from m_"
              + table
              + ")",
          rows -> out.add(difference(table + " " + axis[0], -1, "mas", rows, 1)));
    }
  }

  private void flux(String table, String what, String column, String where, List<Difference> out) {
    String from = fluxes(table, column) + (where.isEmpty() ? "" : " and " + where);
    database.each(
        "select count(*), median(d), mad(d), avg(beyond) from (" + from + ")",
        rows -> out.add(difference(what, -1, "mag", rows, 1)));
  }

  private static String fluxes(String table, String column) {
    String detector = table.equals("Source") ? "a_detector, " : "";
    return ("select %3$s0.0 - 2.5 * log10(a_%1$s / b_%1$s) as d,"
            + " (abs(a_%1$s - b_%1$s) > 5 * sqrt(pow(a_%1$sErr, 2) + pow(b_%1$sErr, 2)))::integer"
            + " as beyond from m_%2$s where a_%1$s > 5 * a_%1$sErr and b_%1$s > 5 * b_%1$sErr")
        .formatted(column, table, detector);
  }

  private void size(String table, String xx, String yy, List<Difference> out) {
    database.each(
        ("select count(*), median(d), mad(d), avg((abs(d - middle) > 5 * 1.4826 * spread"
                + " and spread > 0)::integer) from (select d, median(d) over () as middle,"
                + " mad(d) over () as spread from (select sqrt((a_%1$s + a_%2$s) / (b_%1$s + b_%2$s))"
                + " - 1 as d from m_%3$s where a_%1$s + a_%2$s > 0 and b_%1$s + b_%2$s > 0))")
            .formatted(xx, yy, table),
        rows -> out.add(difference(table + " size", -1, "1", rows, 1)));
  }

  private static Difference difference(
      String what, long detector, String unit, ResultSet rows, int from) throws SQLException {
    long n = rows.getLong(from);
    double mad = rows.getDouble(from + 2);
    return new Difference(
        what,
        detector,
        unit,
        n,
        rows.getDouble(from + 1),
        mad,
        n == 0 ? 0 : MEDIAN_ERROR * mad / Math.sqrt(n),
        rows.getDouble(from + 3));
  }

  @Override
  public void close() {
    database.close();
  }
}
