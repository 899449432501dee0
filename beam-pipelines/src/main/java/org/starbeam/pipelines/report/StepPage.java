package org.starbeam.pipelines.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The page of one step. Its charts are drawn by {@code assets/charts.js} from the table below them,
 * so the page has every number once, and without scripts that table is there.
 */
final class StepPage {
  private static final String HEAD =
      """
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src file: 'self'; style-src file: 'self' 'unsafe-inline'; img-src file: 'self' data:">
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="assets/uplot/uPlot.min.css">
      <link rel="stylesheet" href="assets/charts.css">
      <script defer src="assets/uplot/uPlot.iife.min.js"></script>
      <script defer src="assets/charts.js"></script>
      """;

  /** How the step ended, in a sentence. */
  record Verdict(String tone, String words) {}

  private final String run;
  private final String title;
  private final String text;
  private final List<ReportPage.Link> steps;
  private final String page;
  private final List<ReportPage.TableSection> tables;
  private final VisitSeries series;

  /**
   * @param steps pages of all steps
   * @param page name of this one
   */
  StepPage(
      String run,
      String title,
      String text,
      List<ReportPage.Link> steps,
      String page,
      List<ReportPage.TableSection> tables,
      VisitSeries series) {
    this.run = run;
    this.title = title;
    this.text = text;
    this.steps = steps;
    this.page = page;
    this.tables = tables;
    this.series = series;
  }

  /**
   * @param hasVisits whether there is a page of all visits to lead to
   */
  String html(Verdict verdict, boolean hasVisits) {
    StringBuilder out = new StringBuilder(1 << 16);
    boolean charts = !series.columns().isEmpty();
    ReportPage.head(out, run, "report, " + title.toLowerCase(Locale.ROOT), charts ? HEAD : "");
    out.append("<header>\n<h1>%s: %s</h1>\n".formatted(escape(run), escape(title)));
    out.append("<p>").append(escape(text)).append("</p>\n");
    out.append(
        "<p class=\"verdict %s\">%s</p>\n".formatted(verdict.tone(), escape(verdict.words())));
    out.append(ReportPage.PAGES).append("<a href=\"index.html\">Report</a>");
    for (ReportPage.Link step : steps) {
      out.append(
          step.href().equals(page)
              ? "<a href=\"%s\" aria-current=\"page\">%s</a>".formatted(page, escape(step.title()))
              : ReportPage.linked(step.title(), step.href()));
    }
    out.append("</nav>\n<nav aria-label=\"Sections\">");
    tables.forEach(table -> ReportPage.link(out, "#" + table.id(), table.title()));
    if (charts) {
      ReportPage.link(out, "#series", "Charts");
    }
    out.append("</nav>\n</header>\n<main>\n");
    tables.forEach(table -> ReportPage.table(out, table));
    if (charts) {
      charts(out, hasVisits);
    }
    ReportPage.foot(out);
    return out.toString();
  }

  private static String escape(String value) {
    return ReportPage.escape(value);
  }

  private void charts(StringBuilder out, boolean hasVisits) {
    out.append(
        """
        <h2 id="series">Numbers by %s</h2>
        <p>%s Dashed lines are limits.</p>
        <div id="charts" hidden>
        <p>In the order of time, nights beside each other. Drag over a chart for a part, double click for all. The pointer's %s is marked in all charts.</p>
        <fieldset id="bands"><legend>Bands</legend></fieldset>
        <p id="read" role="status">Nothing chosen</p>
        <div id="plots" class="grid"></div>
        </div>
        <details id="numbers-of-charts" open><summary>Table of the charts</summary>
        """
            .formatted(
                series.nightly() ? "night" : "visit",
                series.nightly()
                    ? "More than %,d visits: the median of each night and band."
                        .formatted(VisitSeries.MOST_VISITS)
                    : "The median over the detectors of each visit.",
                series.nightly() ? "night" : "visit"));
    out.append(ReportPage.scroll("series"));
    out.append("<table id=\"drawn\" data-visits=\"")
        .append(hasVisits && !series.nightly() ? VisitPage.PAGE + "#" + VisitPage.anchor("") : "")
        .append("\">\n<thead><tr>");
    for (String head : List.of("visit", "night", "band", "MJD TAI")) {
      if (!series.nightly() || !head.equals("visit")) {
        out.append("<th scope=\"col\">").append(head).append("</th>");
      }
    }
    series.columns().forEach(column -> head(out, column));
    out.append("</tr></thead>\n<tbody>\n");
    series.rows().forEach(row -> row(out, row, hasVisits));
    out.append("</tbody></table></div>\n</details>\n");
  }

  private static void head(StringBuilder out, VisitSeries.Column column) {
    out.append(
        "<th scope=\"col\" class=\"n\" data-name=\"%s\" data-unit=\"%s\" data-meaning=\"%s\" data-limits=\"%s\" data-said=\"%s\">%s%s</th>"
            .formatted(
                escape(column.name()),
                escape(column.unit()),
                escape(column.meaning()),
                column.limits().stream().map(String::valueOf).collect(Collectors.joining(" ")),
                escape(column.said()),
                escape(column.name()),
                column.unit().isEmpty() ? "" : " [" + escape(column.unit()) + "]"));
  }

  private void row(StringBuilder out, VisitSeries.Row row, boolean hasVisits) {
    out.append("<tr>");
    if (!series.nightly()) {
      out.append("<th scope=\"row\">")
          .append(
              ReportPage.linked(
                  row.visit(),
                  hasVisits ? VisitPage.PAGE + "#" + VisitPage.anchor(row.visit()) : ""))
          .append("</th>");
    }
    for (String cell : List.of(row.night(), row.band(), row.mjd())) {
      out.append("<td>").append(escape(cell)).append("</td>");
    }
    row.values().forEach(value -> out.append("<td class=\"n\">").append(value).append("</td>"));
    out.append("</tr>\n");
  }
}
