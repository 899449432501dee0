package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;

class StepPagesTest {
  private static final InventedRun RUN = new InventedRun(40);
  private static final Pattern CELL = Pattern.compile("<t[dh][^>]*>(.*?)</t[dh]>");

  @TempDir static Path report;

  @BeforeAll
  static void write() throws IOException {
    RUN.write(report);
  }

  private static String page(String step) throws IOException {
    return Files.readString(report.resolve(step + ".html"));
  }

  /** Texts of the cells of the rows of a table, the heads first. */
  private static List<List<String>> table(String html, String id) {
    int from = html.indexOf("<h2 id=\"" + id + "\"");
    String table = html.substring(from, html.indexOf("</table>", from));
    List<List<String>> rows = new ArrayList<>();
    for (String row : table.split("<tr", -1)) {
      List<String> cells = new ArrayList<>();
      Matcher cell = CELL.matcher(row);
      while (cell.find()) {
        cells.add(cell.group(1).replaceAll("<[^>]*>", ""));
      }
      rows.add(cells);
    }
    return rows.subList(1, rows.size());
  }

  @Test
  void whyADetectorFailedIsOneClickFromTheFirstPageAndSoIsTheRootOfWhatItBlocks()
      throws IOException {
    QuantumRecord failed =
        RUN.quanta().stream().filter(q -> q.getErrorCode() != null).findFirst().orElseThrow();
    try (RunDatabase registry = RUN.registry()) {
      StepPages pages = RUN.pages(registry);
      assertThat(pages.links())
          .extracting(ReportPage.Link::href)
          .containsExactly("step1.html", "step2.html");
      String href = pages.href(failed);
      assertThat(href).startsWith("step1.html#q");
      String id = href.substring(href.indexOf('#') + 1);
      assertThat(page("step1"))
          .contains(
              "<tr id=\""
                  + id
                  + "\"><td>instrument=SimCam,visit=7,detector=1</td><td>singleFrame</td>"
                  + "<td>failed</td><td>BAD_INPUT TRUNCATED</td>"
                  + "<td>raw/7.fits ends &lt;b&gt;early&lt;/b&gt;</td>");
      assertThat(page("step2"))
          .contains("<a href=\"" + href + "\">singleFrame(instrument=SimCam,visit=7,detector=1)");
    }
  }

  @Test
  void aPageSaysHowItsStepEndedAndWhyByReason() throws IOException {
    assertThat(page("step1")).contains("1 quanta failed, 0 were blocked, 1 are degraded");
    assertThat(table(page("step1"), "reasons").subList(1, 3))
        .extracting(row -> row.get(0) + " " + row.get(2) + " " + row.get(5))
        .containsExactly("failed BAD_INPUT TRUNCATED 1", "degraded FALLBACK 1");
    assertThat(table(page("step1"), "tasks").get(1))
        .startsWith("singleFrame", "3", "", "79", "0", "1", "0", "0", "1");
    assertThat(table(page("step1"), "gates").get(1))
        .containsExactly(
            "seeing",
            "pass",
            "warn",
            "detector.seeing.median",
            "0.4 to 0.73 arcsec",
            "",
            "0.7210",
            "80");
    assertThat(page("step2")).doesNotContain("id=\"gates\"").doesNotContain("<script");
  }

  @Test
  void numbersStandBesideTheirLimitsAndWhatWasGivenIsNoNumber() throws IOException {
    List<List<String>> rows = table(page("step1"), "numbers");
    assertThat(rows).hasSize(1 + 2);
    assertThat(rows.get(1))
        .startsWith("nSource", "detector", "", "singleFrame", "|value| &lt;= 800.0, 1 beyond", "80")
        .endsWith("402.0", "402.0");
    assertThat(rows.get(2))
        .startsWith("seeing", "detector", "arcsec", "singleFrame", "median 0.4 to 0.73 arcsec")
        .containsSubsequence("0.7000", "0.7205", "0.7410");
  }

  @Test
  void theUnitThatIsFarFromAllOthersIsNamedAndLeadsToItsVisit() throws IOException {
    List<List<String>> rows = table(page("step1"), "farthest");
    assertThat(rows).hasSize(1 + 1);
    assertThat(rows.get(1)).startsWith("visit 11 detector 1 band r", "nSource", "900.0", "402.0");
    assertThat(page("step1")).contains("<a href=\"visits.html#v11\">visit 11 detector 1 band r");
  }

  @Test
  void chartsAreDrawnFromATableOfTheMediansOfVisits() throws IOException {
    List<List<String>> rows = table(page("step1"), "series");
    assertThat(rows.get(0))
        .containsExactly("visit", "night", "band", "MJD TAI", "seeing [arcsec]", "nSource");
    assertThat(rows).hasSize(1 + 40);
    assertThat(rows.get(1 + 12))
        .containsExactly("12", "20260101", "g", "60001.22000", "0.713", "402");
    assertThat(rows.get(1 + 11)).endsWith("r", "60001.11000", "0.712", "650.5");
    assertThat(page("step1")).contains("data-limits=\"0.4 0.73\"", "data-limits=\"800.0 -800.0\"");
  }

  @Test
  void manyVisitsBecomeNights() {
    try (RunDatabase registry = new InventedRun(VisitSeries.MOST_VISITS + 1).registry()) {
      VisitSeries series = VisitSeries.of(registry, "step1", Map.of(), Map.of());
      assertThat(series.nightly()).isTrue();
      assertThat(series.rows()).hasSize(2 * 100 + 1);
      assertThat(series.rows().get(3).night()).isEqualTo("20260101");
      assertThat(series.rows().get(3).values().get(0)).as("visits 11 to 19").isEqualTo("0.716");
    }
  }

  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    Pattern link = Pattern.compile("(?:href|src)=\"([^\"#]*)(?:#([^\"]*))?\"");
    for (String step : List.of("step1", "step2")) {
      Matcher found = link.matcher(page(step));
      while (found.find()) {
        if (found.group(1).startsWith("data:")) {
          continue;
        }
        Path target = report.resolve(found.group(1).isEmpty() ? step + ".html" : found.group(1));
        assertThat(target).exists();
        if (found.group(2) != null) {
          assertThat(Files.readString(target)).contains("id=\"" + found.group(2) + "\"");
        }
      }
    }
    assertThat(report.resolve("assets/uplot/LICENSE")).content().contains("MIT");
    try (Stream<Path> files = Files.walk(report.resolve("assets"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".js")))
          .allSatisfy(f -> assertThat(Files.size(f)).isLessThan(150_000));
    }
  }

  @Test
  void scriptsMakeNoMarkupOfTexts() throws IOException {
    assertThat(Files.readString(report.resolve("assets/charts.js")))
        .doesNotContain("innerHTML")
        .doesNotContain("insertAdjacentHTML")
        .doesNotContain("http");
  }
}
