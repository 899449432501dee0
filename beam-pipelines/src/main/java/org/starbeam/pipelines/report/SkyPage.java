package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The page of the sky view: controls, the place of the picture, the panel of an object, and a table
 * of the brightest objects for those who do not see the picture. What moves is in {@code
 * assets/sky.js}.
 */
final class SkyPage {
  private static final String HEAD =
      """
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src file: 'self'; style-src file: 'self' 'unsafe-inline'; img-src file: 'self' data:">
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="assets/leaflet/leaflet.css">
      <link rel="stylesheet" href="assets/sky.css">
      <script defer src="assets/leaflet/leaflet.js"></script>
      <script defer src="assets/sky.js"></script>
      <script defer src="data/sky/view.js"></script>
      """;

  private static final String VIEW =
      """
      <p id="missing" class="warn">The picture needs JavaScript and the directories assets, data and sky beside this page.</p>
      <div id="view" hidden>
      <form id="controls">
      <fieldset><legend>Layers</legend><div id="layers"></div></fieldset>
      <p id="choose" hidden><label for="field">Field</label> <select id="field"></select></p>
      <p><label for="goto">Go to RA, Dec</label> <input id="goto" type="text" autocomplete="off" spellcheck="false" size="26" placeholder="150.1163 2.2058"> <button type="submit">Go</button></p>
      <p id="wrong" role="alert"></p>
      </form>
      <p id="keys">Drag and wheel, or with the picture in focus: arrow keys move, + and - zoom, Enter tells of what is nearest to the centre. Solid rings are point-like objects, dashed ones extended; diamonds are detections on differences; pale ones that are struck through have a flag that counts against them; the brightest are drawn first, fainter ones as you zoom in.</p>
      <div id="frame">
      <div id="sky" role="application" tabindex="0" aria-label="Picture of the sky, north up and east to the left" aria-describedby="keys where"></div>
      <section id="panel" tabindex="0" aria-labelledby="what"><h2 id="what">Nothing chosen</h2><div id="row"><p>Click on an object, or press Enter in the picture.</p></div></section>
      </div>
      <p id="where"></p>
      <p id="said" role="status"></p>
      </div>
      """;

  private final String run;
  private final SkyTiles.Made tiles;
  private final List<SkyView.Written> catalogues;

  SkyPage(String run, SkyTiles.Made tiles, List<SkyView.Written> catalogues) {
    this.run = run;
    this.tiles = tiles;
    this.catalogues = catalogues;
  }

  String html() {
    StringBuilder out = new StringBuilder(1 << 16);
    ReportPage.head(out, run, "sky view", HEAD);
    out.append("<header>\n<h1>")
        .append(ReportPage.escape(run))
        .append(
            ": sky view</h1>\n"
                + "<nav aria-label=\"Pages\"><a href=\"index.html\">Report</a></nav>\n"
                + "<p>")
        .append(ReportPage.escape(summary()))
        .append("</p>\n</header>\n<main>\n")
        .append(VIEW);
    catalogues.stream()
        .filter(w -> !w.listed().isEmpty())
        .findFirst()
        .ifPresent(w -> table(out, w));
    out.append("</main>\n<footer>Made by Starbeam from the products of this run alone. ")
        .append(
            "The viewer is Leaflet %s (<a href=\"assets/leaflet/LICENSE\">BSD-2-Clause</a>)."
                .formatted(PageAssets.LEAFLET_VERSION))
        .append("</footer>\n</body>\n</html>\n");
    return out.toString();
  }

  private String summary() {
    List<String> parts = new ArrayList<>();
    int n = tiles.fields().size();
    parts.add(
        "The picture is made from %s, %d %s."
            .formatted(tiles.source(), n, n == 1 ? "field" : "fields"));
    if (tiles.fields().stream().anyMatch(f -> f.levels().length <= f.depth())) {
      parts.add(
          "Its deepest zooms are left out because it would be too large: starbeam export %s --what hips --out DIR has them."
              .formatted(run));
    }
    for (SkyView.Written w : catalogues) {
      parts.add(
          "%s: %,d of %,d%s."
              .formatted(
                  w.catalogue().title(),
                  w.drawn(),
                  w.catalogue().count(),
                  w.drawn() < w.catalogue().count() && w.faintest() != null
                      ? ", the brightest, to %s %.2f"
                          .formatted(w.catalogue().magnitude(), w.faintest())
                      : ""));
    }
    return String.join(" ", parts);
  }

  private static void table(StringBuilder out, SkyView.Written w) {
    SkyCatalogue c = w.catalogue();
    out.append("<h2 id=\"brightest\">The brightest: ")
        .append(ReportPage.escape(c.title().toLowerCase(Locale.ROOT)))
        .append(
            "</h2>\n"
                + "<div class=\"scroll\" tabindex=\"0\" role=\"region\""
                + " aria-labelledby=\"brightest\"><table>\n"
                + "<thead><tr>");
    for (String head :
        List.of(c.idColumn(), c.magnitude(), "RA [deg]", "Dec [deg]", "kind", "field")) {
      out.append("<th scope=\"col\">").append(ReportPage.escape(head)).append("</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (SkyView.Row row : w.listed()) {
      int kind = row.cells()[4] instanceof Number k ? k.intValue() : 0;
      out.append("<tr><th scope=\"row\"><a href=\"#sky\" data-catalogue=\"")
          .append(c.key())
          .append("\" data-field=\"")
          .append(row.field())
          .append("\" data-id=\"")
          .append(ReportPage.escape(row.id()))
          .append("\" data-x=\"")
          .append(row.cells()[1])
          .append("\" data-y=\"")
          .append(row.cells()[2])
          .append("\">")
          .append(ReportPage.escape(row.id()))
          .append("</a></th><td>")
          .append(row.cells()[3] == null ? "" : "%.3f".formatted(value(row, 3)))
          .append("</td><td>")
          .append("%.6f".formatted(value(row, 5)))
          .append("</td><td>")
          .append("%+.6f".formatted(value(row, 6)))
          .append("</td><td>")
          .append(ReportPage.escape(c.kinds().get(kind)))
          .append("</td><td>")
          .append(row.field() + 1)
          .append("</td></tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  private static double value(SkyView.Row row, int cell) {
    return row.cells()[cell] instanceof Number n ? n.doubleValue() : Double.NaN;
  }
}
