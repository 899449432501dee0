package org.starbeam.pipelines.report;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What each visit and detector is worth: its depth beside the median of its band, and what makes
 * it. The report has the visits that are least deep, {@code visits.html} beside it all visits and
 * the detectors that are least deep.
 */
final class VisitPage {
  /** Name of the page. */
  static final String PAGE = "visits.html";

  private static final int WORST = 20;
  private static final int MOST_VISITS = 3000;
  private static final int MOST_DETECTORS = 1000;

  /** Column of a table, its heading, decimals; text where there are none. */
  private record Column(String name, String head, int decimals) {}

  private static final int TEXT = -1;

  private static final List<Column> VISIT =
      List.of(
          new Column("visit", "visit", TEXT),
          new Column("band", "band", TEXT),
          new Column("photometricClass", "sky", TEXT),
          new Column("relative", "depth - median of band [mag]", 2),
          new Column("magLim", "depth [mag]", 2),
          new Column("seeing", "seeing [arcsec]", 2),
          new Column("skyBg", "sky [electron]", 0),
          new Column("zeroPoint", "zero point [mag]", 3),
          new Column("expGray", "gray extinction [mag]", 3),
          new Column("astrometricRms", "position rms [mas]", 1),
          new Column("airmass", "airmass", 2),
          new Column("nDetectors", "detectors", 0));

  private static final List<Column> DETECTOR =
      List.of(
          new Column("visitId", "visit", TEXT),
          new Column("detector", "detector", TEXT),
          new Column("band", "band", TEXT),
          new Column("selectedForCoadd", "in coadds", TEXT),
          new Column("relative", "depth - median of band [mag]", 2),
          new Column("magLim", "depth [mag]", 2),
          new Column("seeing", "seeing [arcsec]", 2),
          new Column("skyNoise", "sky noise [electron]", 1),
          new Column("zeroPoint", "zero point [mag]", 3),
          new Column("nPsfStar", "PSF stars", 0),
          new Column("psfStarDeltaE1Median", "PSF e1 left", 4),
          new Column("psfStarDeltaE2Median", "PSF e2 left", 4),
          new Column("psfStarDeltaSizeMedian", "PSF size left [pixel]", 4),
          new Column("wcsSipMaxError", "SIP error [mas]", 3));

  private VisitPage() {}

  /** The visits that are least deep; none without visits. */
  static List<ReportPage.TableSection> worst(RunDatabase database, Map<String, List<Path>> tables) {
    return !isPresent(tables)
        ? List.of()
        : List.of(
            section(
                database,
                "Visit",
                VISIT,
                "visits",
                "Least deep visits",
                "The %d visits whose depth is least beside the median of their band. All visits, and the detectors that are least deep, are in visits.html beside this page."
                    .formatted(WORST),
                WORST));
  }

  /** Writes the page of all visits; false when there are none. */
  static boolean write(
      Path directory, RunDatabase database, Map<String, List<Path>> tables, String run)
      throws IOException {
    if (!isPresent(tables)) {
      return false;
    }
    List<ReportPage.TableSection> sections =
        List.of(
            section(
                database,
                "Visit",
                VISIT,
                "visits",
                "Visits",
                "By depth beside the median of the band, the least deep first, at most %d."
                    .formatted(MOST_VISITS),
                MOST_VISITS),
            section(
                database,
                "CcdVisit",
                DETECTOR,
                "detectors",
                "Detectors",
                "The same of detectors, at most %d. What is left of stars is star less PSF model, median of the PSF stars."
                    .formatted(MOST_DETECTORS),
                MOST_DETECTORS));
    ReportWriter.whole(directory.resolve(PAGE), ReportPage.tables(run, sections));
    return true;
  }

  /** Whether the report of a run with these tables has the page. */
  static boolean isPresent(Map<String, List<Path>> tables) {
    return tables.containsKey("Visit") && tables.containsKey("CcdVisit");
  }

  private static ReportPage.TableSection section(
      RunDatabase database,
      String table,
      List<Column> wanted,
      String id,
      String title,
      String text,
      int most) {
    List<String> present = database.texts("select column_name from (describe \"" + table + "\")");
    List<Column> columns =
        wanted.stream().filter(c -> c.name.equals("relative") || present.contains(c.name)).toList();
    List<List<String>> rows = new ArrayList<>();
    database.each(
        "select *, magLim - median(magLim) over (partition by band) as relative from \"%s\" order by relative nulls first, %s limit %d"
            .formatted(table, table.equals("Visit") ? "visit" : "visitId, detector", most),
        row -> rows.add(texts(row, columns)));
    int texts = (int) columns.stream().filter(c -> c.decimals == TEXT).count();
    return new ReportPage.TableSection(
        id,
        title,
        text,
        columns.stream().map(Column::head).toList(),
        rows,
        texts,
        table.equals("Visit") ? named(rows) : ReportPage.Links.NONE);
  }

  /** On the page of all visits the row of a visit has the name that others lead to. */
  private static ReportPage.Links named(List<List<String>> rows) {
    return new ReportPage.Links() {
      @Override
      public String href(int row, int column) {
        return "";
      }

      @Override
      public String id(int row) {
        return anchor(rows.get(row).get(0));
      }
    };
  }

  /** Name of the row of a visit. */
  static String anchor(String visit) {
    return "v" + visit;
  }

  private static List<String> texts(ResultSet row, List<Column> columns) throws SQLException {
    List<String> out = new ArrayList<>();
    for (Column column : columns) {
      out.add(text(row, column));
    }
    return out;
  }

  private static String text(ResultSet row, Column column) throws SQLException {
    Object value = row.getObject(column.name);
    if (value == null) {
      return "";
    }
    if (value instanceof Boolean yes) {
      return yes ? "yes" : "no";
    }
    return column.decimals == TEXT
        ? value.toString()
        : String.format(Locale.ROOT, "%." + column.decimals + "f", ((Number) value).doubleValue());
  }
}
