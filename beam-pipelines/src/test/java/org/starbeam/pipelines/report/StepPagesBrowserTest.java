package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pages of steps from the file system in this machine's Chromium, which can reach no network.
 * With {@code -Dstarbeam.report=DIR} those of a run instead of an invented one.
 */
@Tag("peer")
class StepPagesBrowserTest {
  /** What is wider than the window and cannot be scrolled by itself. */
  private static final String BEYOND =
      """
      document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')]
          .filter(e => !e.parentElement.closest('.scroll') && e.getBoundingClientRect().right > innerWidth)
          .map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 40))
      """;

  @TempDir static Path directory;

  private static Path report;
  private static Chromium browser;
  private static boolean invented;

  @BeforeAll
  static void open() throws Exception {
    Path executable = Chromium.executable().orElse(null);
    Assumptions.assumeTrue(executable != null, "this machine has no Chromium");
    String given = System.getProperty("starbeam.report");
    invented = given == null;
    report = given == null ? directory.resolve("report") : Path.of(given).toAbsolutePath();
    if (invented) {
      new InventedRun(40).write(report);
    }
    browser = new Chromium(executable, Files.createDirectories(directory.resolve("profile")));
  }

  @AfterAll
  static void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  private static void page(String name, int width) throws Exception {
    browser.requests().clear();
    browser.complaints().clear();
    browser.resize(width, 1300);
    browser.open("about:blank");
    browser.open(report.resolve(name).toUri().toString());
  }

  private static void assertThatItIsQuietAndAlone() {
    assertThat(browser.complaints()).isEmpty();
    String home = report.toUri().toString();
    assertThat(browser.requests())
        .isNotEmpty()
        .allMatch(
            url -> url.startsWith(home) || url.startsWith("data:") || url.equals("about:blank"));
  }

  /** Pages of the report that have charts or tables of a step. */
  private static List<String> pages() {
    return List.of(
            "index.html",
            "ingest.html",
            "calibs.html",
            "step1.html",
            "step2.html",
            "step3.html",
            "step4.html",
            "step5.html",
            "step6.html",
            "step7.html",
            "visits.html")
        .stream()
        .filter(name -> Files.exists(report.resolve(name)))
        .filter(name -> !invented || name.startsWith("step"))
        .toList();
  }

  /** Number of points in the colour of a band, by what the canvas shows. */
  private static int inked(int chart, String color) throws Exception {
    return browser
        .value(
            """
            (() => {
              const canvas = chartPage.charts[%d].plotted.querySelector('canvas');
              const probe = document.createElement('canvas').getContext('2d');
              probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--%s').trim();
              probe.fillRect(0, 0, 1, 1);
              const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
              const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              let n = 0;
              for (let k = 0; k < data.length; k += 4) {
                if (data[k] === r && data[k + 1] === g && data[k + 2] === b && data[k + 3] === 255) n++;
              }
              return n;
            })()
            """
                .formatted(chart, color))
        .asInt();
  }

  @Test
  void aChartShowsEveryBandAndItsLimits() throws Exception {
    Assumptions.assumeTrue(invented);
    page("step1.html", 1200);
    assertThat(browser.value("chartPage.charts.length").asInt()).isEqualTo(2);
    assertThat(inked(0, "band0")).as("20 circles").isBetween(200, 2000);
    assertThat(inked(0, "band1")).as("20 squares").isBetween(200, 2000);
    assertThat(inked(0, "bad")).as("one of two limits is near the points").isPositive();
    browser.value("document.querySelector('input[data-band=g]').click() || 1");
    browser.value("new Promise(r => setTimeout(() => r(1), 100))");
    assertThat(inked(0, "band0")).isZero();
    assertThat(inked(0, "band1")).isPositive();
  }

  @Test
  void thePointerTellsOfAVisitAndLeadsToIt() throws Exception {
    Assumptions.assumeTrue(invented);
    page("step1.html", 1200);
    browser.value("document.querySelector('#plots').scrollIntoView() || 1");
    JsonNode at =
        browser.value(
            """
            (() => {
              const u = chartPage.charts[0].plot;
              const box = u.over.getBoundingClientRect();
              return {x: box.x + u.valToPos(12, 'x'), y: box.y + 20};
            })()
            """);
    browser.click(at.path("x").asDouble(), at.path("y").asDouble());
    assertThat(browser.value("document.querySelector('#read').textContent").asText())
        .isEqualTo("visit 12, night 20260101, g: seeing 0.713 arcsec");
    assertThat(browser.value("document.querySelector('#read a').getAttribute('href')").asText())
        .isEqualTo("visits.html#v12");
    assertThatItIsQuietAndAlone();
  }

  @Test
  void pagesAreQuietFitANarrowWindowAndAxeFindsNothingSerious() throws Exception {
    for (String name : pages()) {
      for (int width : new int[] {1200, 360}) {
        page(name, width);
        browser.await("document.readyState === 'complete'");
        keep(name.replace(".html", "-" + width));
        assertThat(browser.value(BEYOND)).as("%s at %d px", name, width).isEmpty();
        assertThatItIsQuietAndAlone();
        browser.value(
            new String(ReportPage.resource("/axe.min.js"), StandardCharsets.UTF_8) + "; 1");
        JsonNode violations =
            browser.value(
                "axe.run(document).then(r => r.violations.filter(v => ['serious',"
                    + " 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n =>"
                    + " n.html).join(' ; ')))");
        assertThat(violations).as("%s, %d px wide", name, width).isEmpty();
      }
    }
  }

  /** Keeps a picture of the page for people, with {@code -Dstarbeam.screenshots=DIR}. */
  private static void keep(String name) throws Exception {
    String target = System.getProperty("starbeam.screenshots");
    if (target != null) {
      Files.write(Path.of(target, name + ".png"), browser.screenshot());
    }
  }
}
