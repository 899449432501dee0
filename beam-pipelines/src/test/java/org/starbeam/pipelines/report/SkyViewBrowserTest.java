package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.transforms.store.FileTrees;

/**
 * The sky view from the file system in this machine's Chromium, which can reach no network
 * (specs/07 section 7). With {@code -Dstarbeam.report=DIR} the report of a run instead of invented
 * stars.
 */
@Tag("peer")
class SkyViewBrowserTest {
  private static final SkyView.Config SMALL = new SkyView.Config(3000, 12, 30, 10, 8, 5, 90);
  private static final InventedSky SKY = new InventedSky(187.25, -31.5);

  @TempDir static Path directory;

  private static Path report;
  private static Chromium browser;

  @BeforeAll
  static void open() throws Exception {
    Path executable = Chromium.executable().orElse(null);
    Assumptions.assumeTrue(executable != null, "this machine has no Chromium");
    String given = System.getProperty("starbeam.report");
    report = given == null ? directory.resolve("report") : Path.of(given).toAbsolutePath();
    if (given == null) {
      SKY.write(Files.createDirectories(report), "it's <b>a</b> run", SMALL);
    }
    browser = new Chromium(executable, Files.createDirectories(directory.resolve("profile")));
  }

  @AfterAll
  static void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  /** The page from its beginning, with all tiles and squares that it wants. */
  private static void page(int width, String hash) throws Exception {
    browser.requests().clear();
    browser.complaints().clear();
    browser.resize(width, 1300);
    browser.open("about:blank");
    browser.open(report.resolve("sky.html").toUri() + hash);
    browser.await("window.skyView && skyView.rows.length > 0");
    settle();
  }

  /** Waits for the rows and the tiles in view. */
  private static void settle() throws Exception {
    browser.await("skyView.coming === 0");
    browser.await(
        "(tiles => tiles.some(t => t.classList.contains('leaflet-tile-loaded')) && tiles.every(t =>"
            + " t.complete))([...document.querySelectorAll('#sky .leaflet-tile')])");
  }

  private static void assertThatItIsQuietAndAlone() {
    assertThat(browser.complaints()).isEmpty();
    String home = report.toUri().toString();
    assertThat(browser.requests())
        .isNotEmpty()
        .allMatch(
            url -> url.startsWith(home) || url.startsWith("data:") || url.equals("about:blank"));
  }

  @Test
  void everyZoomRendersWithoutErrorsAndAsksForNothingElse() throws Exception {
    page(1200, "");
    int depth = browser.value("skyView.field.depth").asInt();
    for (int zoom = 0; zoom <= depth + 2; zoom++) {
      browser.value("skyView.map.setZoom(" + zoom + ", {animate: false}) && 1");
      settle();
      assertThat(
              browser
                  .value("document.querySelectorAll('#sky img.leaflet-tile-loaded').length")
                  .asInt())
          .as("tiles at zoom %d", zoom)
          .isPositive();
    }
    assertThatItIsQuietAndAlone();
    keep("deepest");
  }

  @Test
  void aClickOnAStarOpensItsRow() throws Exception {
    page(1200, "");
    browser.value("document.querySelector('#sky').scrollIntoView() || 1");
    JsonNode star = onScreen("skyView.rows.find(r => r.row[4] === 0)");
    browser.click(star.path("x").asDouble() + 2, star.path("y").asDouble() - 2);
    assertThat(browser.value("document.querySelector('#panel').dataset.id").asText())
        .isEqualTo(star.path("id").asText());
    String row = browser.value("document.querySelector('#row').textContent").asText();
    assertThat(row).contains(star.path("magnitude").asText()).contains("point-like");
    assertThatItIsQuietAndAlone();
    keep("star");
  }

  private static JsonNode onScreen(String candidate) throws Exception {
    return browser.value(
        """
        (() => {
          const found = %s;
          const frame = document.querySelector('#sky').getBoundingClientRect();
          const at = skyView.map.latLngToContainerPoint(found.at);
          return {id: found.row[0], magnitude: found.row[3].toFixed(3), x: frame.x + at.x, y: frame.y + at.y};
        })()
        """
            .formatted(candidate));
  }

  @Test
  void keysMoveZoomAndOpenWhatIsNearestToTheCentre() throws Exception {
    page(1200, "");
    browser.value("document.querySelector('#sky').focus() || 1");
    int zoom = browser.value("skyView.map.getZoom()").asInt();
    pressUntilItRests("+", 187);
    assertThat(browser.value("skyView.map.getZoom()").asInt()).isEqualTo(zoom + 1);
    double lng = browser.value("skyView.map.getCenter().lng").asDouble();
    pressUntilItRests("ArrowRight", 39);
    assertThat(browser.value("skyView.map.getCenter().lng").asDouble()).isGreaterThan(lng);
    settle();
    browser.press("Enter", 13);
    String nearest =
        browser
            .value(
                "(() => {const c = skyView.map.getCenter(); const far = r => Math.hypot(r.at.lat -"
                    + " c.lat, r.at.lng - c.lng); return skyView.rows.reduce((a, b) => far(a) <"
                    + " far(b) ? a : b).row[0];})()")
            .asText();
    assertThat(browser.value("document.querySelector('#panel').dataset.id").asText())
        .isEqualTo(nearest);
    assertThat(browser.value("document.activeElement.id").asText()).isEqualTo("panel");
    assertThat(browser.value("document.querySelector('#said').textContent").asText())
        .contains(nearest);
  }

  @Test
  void detectionsOnDifferencesAreALayerOfTheirOwn() throws Exception {
    page(1200, "");
    Assumptions.assumeTrue(
        browser.value("document.querySelector('input[data-layer=dia]') !== null").asBoolean(),
        "the report has no detections on differences");
    String drawn = "skyView.rows.filter(r => r.catalogue.key === 'dia').length";
    assertThat(browser.value(drawn).asInt()).isZero();
    browser.value("document.querySelector('input[data-layer=dia]').click() || 1");
    browser.await(drawn + " > 0");
    JsonNode detection = onScreen("skyView.rows.find(r => r.catalogue.key === 'dia')");
    browser.value(
        "skyView.tellRow(...(r => [r.catalogue, r.row])(skyView.rows.find(r => r.row[0] === '"
            + detection.path("id").asText()
            + "'))) || 1");
    assertThat(browser.value("document.querySelector('#what').textContent").asText())
        .isEqualTo("Detection on a difference image " + detection.path("id").asText());
    assertThatItIsQuietAndAlone();
    keep("detections");
  }

  @Test
  void flaggedDetectionsAreDrawnPaleAndOnlyWhenAskedFor() throws Exception {
    page(1200, "");
    Assumptions.assumeTrue(
        browser
            .value("document.querySelector('input[data-layer=flaggedDia]') !== null")
            .asBoolean(),
        "the report has no flagged detections");
    String drawn = "skyView.rows.filter(r => r.catalogue.key === 'flaggedDia').length";
    browser.value("document.querySelector('input[data-layer=dia]').click() || 1");
    settle();
    assertThat(browser.value(drawn).asInt()).isZero();
    browser.value("document.querySelector('input[data-layer=flaggedDia]').click() || 1");
    browser.await(drawn + " > 0");
    settle();
    JsonNode opacities =
        browser.value(
            "['dia', 'flaggedDia'].map(k => [...new Set(skyView.rings.getLayers().filter(m =>"
                + " m.options.shape === 'diamond' && m.options.flagged === (k !== 'dia')).map(m =>"
                + " m.options.opacity))].join())");
    assertThat(opacities.path(1).asText()).isEqualTo("0.6");
    assertThat(opacities.path(0).asText()).isIn("1", "");
    assertThatItIsQuietAndAlone();
    keep("flagged");
  }

  @Test
  void anAddressThatIsNoPositionIsPassedOver() throws Exception {
    page(1200, "#100%");
    assertThat(browser.value("document.querySelector('#wrong').textContent").asText()).isEmpty();
    assertThat(browser.value("document.querySelector('#missing').hidden").asBoolean()).isTrue();
    assertThatItIsQuietAndAlone();
  }

  /** Presses a key that moves the picture and waits for the end of the movement. */
  private static void pressUntilItRests(String key, int code) throws Exception {
    browser.value("window.rest = new Promise(r => skyView.map.once('moveend', () => r(1))); 1");
    browser.press(key, code);
    browser.value("window.rest");
  }

  @Test
  void aCopyShowsTheSameAndSaysWhatIsMissing(@TempDir Path other) throws Exception {
    Path copy = other.resolve("copy");
    new ReportCopy(report).all(copy);
    String page = copy.resolve("sky.html").toUri().toString();
    browser.open(page);
    browser.await("window.skyView && skyView.rows.length > 0");
    settle();
    FileTrees.delete(copy.resolve("sky"));
    browser.open(page);
    browser.await("document.querySelector('#wrong').textContent.startsWith('Tiles are missing')");
    FileTrees.delete(copy.resolve("assets"));
    browser.open(page);
    assertThat(browser.value("document.querySelector('#missing').hidden").asBoolean()).isFalse();
    assertThat(browser.value("document.querySelector('#view').hidden").asBoolean()).isTrue();
  }

  @Test
  void theTableGoesToTheObjectThatItNames() throws Exception {
    page(1200, "");
    JsonNode id = browser.value("document.querySelectorAll('a[data-id]')[2].dataset.id");
    browser.value("document.querySelectorAll('a[data-id]')[2].click() || 1");
    browser.await("document.querySelector('#panel').dataset.id === '" + id.asText() + "'");
    assertThatItIsQuietAndAlone();
  }

  @Test
  void coordinatesOfThePageAreThoseOfTheCatalogue() throws Exception {
    page(1200, "");
    JsonNode rows =
        browser.value(
            "skyView.rows.filter(r => r.catalogue.key === 'object').map(r => [r.row[1], r.row[2],"
                + " r.row[5], r.row[6], skyView.plane.sky(r.row[1], r.row[2]),"
                + " skyView.plane.place(r.row[5], r.row[6])])");
    assertThat(rows).isNotEmpty();
    double tenth = 0.1 * browser.value("skyView.plane.pixel").asDouble() / 3600;
    for (JsonNode row : rows) {
      double cosDec = Math.cos(Math.toRadians(row.path(3).asDouble()));
      assertThat(row.path(4).path("dec").asDouble())
          .isCloseTo(row.path(3).asDouble(), within(tenth));
      assertThat(row.path(4).path("ra").asDouble())
          .isCloseTo(row.path(2).asDouble(), within(tenth / cosDec));
      assertThat(row.path(5).path("x").asDouble()).isCloseTo(row.path(0).asDouble(), within(0.1));
      assertThat(row.path(5).path("y").asDouble()).isCloseTo(row.path(1).asDouble(), within(0.1));
    }
    String ra = rows.get(0).path(2).asText();
    String dec = rows.get(0).path(3).asText();
    page(1200, "#" + ra + "," + dec);
    assertThat(browser.value("document.querySelector('#where').textContent").asText())
        .startsWith("centre %.4f".formatted(rows.get(0).path(2).asDouble()).substring(0, 13));
  }

  @Test
  void aNarrowWindowNeedsNoScrollingSideways() throws Exception {
    page(360, "");
    assertThat(browser.value("document.documentElement.scrollWidth").asInt())
        .isLessThanOrEqualTo(360);
    browser.value("skyView.tellRow(skyView.rows[0].catalogue, skyView.rows[0].row, false) || 1");
    assertThat(browser.value("document.documentElement.scrollWidth").asInt())
        .isLessThanOrEqualTo(360);
    assertThatItIsQuietAndAlone();
    keep("narrow");
  }

  @Test
  void axeFindsNothingSerious() throws Exception {
    for (int width : new int[] {1200, 360}) {
      page(width, "");
      browser.value("skyView.tellRow(skyView.rows[0].catalogue, skyView.rows[0].row, false) || 1");
      browser.value(new String(ReportPage.resource("/axe.min.js"), StandardCharsets.UTF_8) + "; 1");
      JsonNode violations =
          browser.value(
              "axe.run(document).then(r => r.violations.filter(v => ['serious',"
                  + " 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n =>"
                  + " n.html).join(' ; ')))");
      assertThat(violations).as("%d px wide", width).isEmpty();
    }
  }

  /** Keeps a picture of the page for people, with {@code -Dstarbeam.screenshots=DIR}. */
  private static void keep(String name) throws Exception {
    String target = System.getProperty("starbeam.screenshots");
    if (target != null) {
      Files.write(Path.of(target, "sky-" + name + ".png"), browser.screenshot());
    }
  }

  @Test
  void theWholeIsLight() throws IOException {
    long page = Files.size(report.resolve("sky.html"));
    assertThat(page).isLessThan(500_000);
    long view = Files.size(report.resolve("data/sky/view.js"));
    assertThat(page + view + Files.size(report.resolve("assets/leaflet/leaflet.js")))
        .isLessThan(3_000_000);
    assertThat(Files.size(report.resolve("assets/sky.js"))).isLessThan(150_000);
  }
}
