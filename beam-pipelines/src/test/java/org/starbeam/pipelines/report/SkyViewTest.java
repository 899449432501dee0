package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.image.Box;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;

class SkyViewTest {
  private static final String HOSTILE = "x</script><img src=//h.example/a onerror=alert(1)>'\"&";
  private static final InventedSky SKY = new InventedSky(187.25, -31.5);
  private static final SkyView.Config SMALL = new SkyView.Config(3000, 12, 20, 10, 4, 5, 95);

  @TempDir static Path directory;

  private static Path report;
  private static SkyTiles.Made tiles;

  @BeforeAll
  static void write() throws IOException {
    report = Files.createDirectories(directory.resolve("report"));
    tiles = SKY.write(report, HOSTILE, SMALL);
  }

  private static JsonNode data(String key) throws IOException {
    String script = Files.readString(report.resolve("data/sky/" + key + ".js"));
    String call = "SB.put(\"" + key + "\", ";
    assertThat(script).startsWith(call).endsWith(");\n");
    return new ObjectMapper().readTree(script.substring(call.length(), script.length() - 3));
  }

  private static List<JsonNode> rows() throws IOException {
    return rows("object");
  }

  private static List<JsonNode> rows(String catalogue) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (Stream<Path> files = Files.list(report.resolve("data/sky"))) {
      for (Path file :
          files.filter(f -> f.getFileName().toString().startsWith(catalogue + "-")).toList()) {
        data(file.getFileName().toString().replace(".js", "")).forEach(rows::add);
      }
    }
    return rows;
  }

  /** The picture of a zoom; black where there is no tile. */
  private static BufferedImage picture(SkyTiles.Field field, int zoom) throws IOException {
    BufferedImage all = new BufferedImage(256 << zoom, 256 << zoom, BufferedImage.TYPE_INT_RGB);
    int[] level = field.levels()[zoom];
    for (int k = 0; k < level.length; k += 2) {
      Path file =
          report.resolve("%s/0/%d/%d/%d.jpg".formatted(tiles.path(), zoom, level[k + 1], level[k]));
      all.getGraphics()
          .drawImage(ImageIO.read(file.toFile()), 256 * level[k], 256 * level[k + 1], null);
    }
    return all;
  }

  @Test
  void everyObjectLiesWithinAPixelOfItsImageAtTheDeepestZooms() throws IOException {
    SkyTiles.Field field = tiles.fields().get(0);
    for (int zoom = field.depth() - 1; zoom <= field.depth(); zoom++) {
      BufferedImage picture = picture(field, zoom);
      double scale = Math.pow(2, zoom - field.depth());
      for (JsonNode row : rows()) {
        double x = row.path(1).asDouble() * scale - 0.5;
        double y = row.path(2).asDouble() * scale - 0.5;
        double[] image = centroid(picture, (int) Math.round(x), (int) Math.round(y), 8);
        assertThat(image[0]).as("x of %s at zoom %d", row.path(0), zoom).isCloseTo(x, within(1.0));
        assertThat(image[1]).as("y of %s at zoom %d", row.path(0), zoom).isCloseTo(y, within(1.0));
      }
    }
  }

  /** Centroid of the light above the sky in a box. */
  private static double[] centroid(BufferedImage image, int x0, int y0, int radius) {
    double sum = 0;
    double sumX = 0;
    double sumY = 0;
    for (int y = y0 - radius; y <= y0 + radius; y++) {
      for (int x = x0 - radius; x <= x0 + radius; x++) {
        double light = Math.max(0, (image.getRGB(x, y) & 255) - 60);
        sum += light;
        sumX += light * x;
        sumY += light * y;
      }
    }
    assertThat(sum).as("light at %d, %d", x0, y0).isGreaterThan(300);
    return new double[] {sumX / sum, sumY / sum};
  }

  @Test
  void northIsUpAndEastIsLeft() throws IOException {
    SkyTiles.Field field = tiles.fields().get(0);
    double[] centre = field.picture().place(field.ra(), field.dec());
    assertThat(field.picture().place(field.ra(), field.dec() + 0.01)[1]).isLessThan(centre[1]);
    assertThat(field.picture().place(field.ra() + 0.01, field.dec())[0]).isLessThan(centre[0]);
  }

  @Test
  void theBrightestRealObjectsAreDrawnAndTheRestIsCounted() throws IOException {
    Set<String> ids = new TreeSet<>();
    rows().forEach(row -> ids.add(row.path(0).asText()));
    assertThat(ids).hasSize(20).contains(id(0), id(25)).doesNotContain(id(26));
    JsonNode catalogue = data("view").path("catalogues").path(0);
    assertThat(catalogue.path("drawn").asInt()).isEqualTo(20);
    assertThat(catalogue.path("count").asInt())
        .as("without the sky object and 8 flagged ones")
        .isEqualTo(27);
    assertThat(Files.readString(report.resolve("sky.html")))
        .contains("Objects: 20 of 27, the brightest, to r PSF magnitude 20.00.");
  }

  private static String id(int star) {
    return Long.toString((1L << 62) + star);
  }

  @Test
  void aRowTellsMagnitudesErrorsAndFlags() throws IOException {
    JsonNode catalogue = data("view").path("catalogues").path(0);
    assertThat(catalogue.path("bands")).hasToString("[\"g\",\"r\"]");
    assertThat(catalogue.path("flags")).hasToString("[\"pixelFlags_edge\"]");
    int at = 7 + catalogue.path("values").size();
    JsonNode star = row(id(2));
    assertThat(star.path(3).asDouble()).as("r").isEqualTo(15.4);
    assertThat(star.path(4).asInt()).isZero();
    assertThat(star.path(at).asDouble()).as("g, twice as bright").isEqualTo(14.647);
    assertThat(star.path(at + 1).asDouble()).as("error of 1 in 100").isEqualTo(0.011);
    assertThat(star.path(at + 2).asDouble()).isEqualTo(15.4);
    assertThat(star.path(at + 4).asInt()).as("flags").isZero();
    JsonNode galaxy =
        rows("flaggedObject").stream()
            .filter(r -> r.path(0).asText().equals(id(3)))
            .findFirst()
            .orElseThrow();
    assertThat(galaxy.path(4).asInt()).as("extended").isEqualTo(1);
    assertThat(galaxy.path(at).isNull()).as("no flux in g").isTrue();
    assertThat(galaxy.path(at + 4).asInt()).as("edge in one of the bands").isEqualTo(1);
  }

  @Test
  void whatHasAFlagThatCountsAgainstItIsALayerOfItsOwn() throws IOException {
    JsonNode catalogues = data("view").path("catalogues");
    assertThat(catalogues)
        .extracting(c -> c.path("title").asText() + " " + c.path("count"))
        .containsExactly(
            "Objects 27",
            "Flagged objects 8",
            "Detections on differences 1",
            "Flagged detections on differences 2");
    assertThat(catalogues)
        .extracting(c -> c.path("flagged").asBoolean())
        .containsExactly(false, true, false, true);
    assertThat(catalogues)
        .extracting(c -> c.path("shown").asBoolean())
        .containsExactly(true, true, false, false);
    assertThat(rows("flaggedObject"))
        .extracting(r -> r.path(0).asText())
        .containsExactlyInAnyOrder(id(3), id(7), id(11), id(15), id(19), id(23), id(27), id(31));
    assertThat(rows("dia")).extracting(r -> r.path(0).asText()).containsExactly("7");
    assertThat(rows("flaggedDia"))
        .extracting(r -> r.path(0).asText())
        .as("the streak, which is brighter than all, and the dipole")
        .containsExactly("9", "8");
    int flags = 7 + catalogues.path(3).path("values").size();
    assertThat(catalogues.path(3).path("flags"))
        .hasToString("[\"isDipole\",\"pixelFlags_streak\"]");
    assertThat(rows("flaggedDia")).extracting(r -> r.path(flags).asInt()).containsExactly(2, 1);
  }

  @Test
  void detectionsThatAreFainterThanTheTemplateAreOfAnotherKind() throws IOException {
    JsonNode faint = data("dia-0-0-0-0").path(0);
    assertThat(faint.path(0).asText()).isEqualTo("7");
    assertThat(faint.path(3).asDouble()).as("of 3631 nJy").isEqualTo(22.5);
    assertThat(faint.path(4).asInt()).isEqualTo(1);
    assertThat(faint.path(7).asText()).as("band").isEqualTo("</script><b>");
    JsonNode bright = data("flaggedDia-0-0-0-0").path(0);
    assertThat(bright.path(4).asInt()).isZero();
  }

  private static JsonNode row(String id) throws IOException {
    return rows().stream().filter(r -> r.path(0).asText().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void squaresThatThePageKnowsAreThoseThatThereAre() throws IOException {
    JsonNode nodes = data("view").path("catalogues").path(0).path("nodes").path(0);
    Set<String> known = new TreeSet<>();
    for (int k = 0; k < nodes.size(); k += 3) {
      known.add(
          "object-0-%d-%d-%d.js"
              .formatted(nodes.get(k).asInt(), nodes.get(k + 1).asInt(), nodes.get(k + 2).asInt()));
    }
    try (Stream<Path> files = Files.list(report.resolve("data/sky"))) {
      assertThat(files.map(f -> f.getFileName().toString()).filter(f -> f.startsWith("object")))
          .containsExactlyInAnyOrderElementsOf(known);
    }
  }

  @Test
  void hostileNamesStayTexts() throws IOException {
    String html = Files.readString(report.resolve("sky.html"));
    assertThat(html).doesNotContain("<img").contains("x&lt;/script&gt;&lt;img src=//h.example/a");
    assertThat(data("view").path("run").asText()).isEqualTo(HOSTILE);
    assertThat(html.replaceAll("<script defer src=\"[a-z/.]+\"></script>", ""))
        .doesNotContain("<script");
    String script = Files.readString(report.resolve("assets/sky.js"));
    assertThat(script).doesNotContain("innerHTML").doesNotContain("insertAdjacentHTML");
  }

  @Test
  void whatThePageNamesIsBesideItAndNothingIsElsewhere() throws IOException {
    String html = Files.readString(report.resolve("sky.html"));
    assertThat(html).doesNotContain("http:").doesNotContain("https:");
    assertThat(Files.readString(report.resolve("assets/sky.js"))).doesNotContain("//h");
    var links = Pattern.compile("(?:src|href)=\"([^\"#:]+)\"").matcher(html);
    while (links.find()) {
      if (!links.group(1).equals("index.html") && !links.group(1).startsWith("//")) {
        assertThat(report.resolve(links.group(1))).exists();
      }
    }
    var images =
        Pattern.compile("url\\(([^)]+)\\)")
            .matcher(Files.readString(report.resolve("assets/leaflet/leaflet.css")));
    while (images.find()) {
      if (!images.group(1).startsWith("#")) {
        assertThat(report.resolve("assets/leaflet").resolve(images.group(1))).exists();
      }
    }
    assertThat(Files.readString(report.resolve("assets/leaflet/LICENSE"))).contains("BSD");
  }

  @Test
  void theTableHasTheBrightestForThoseWhoDoNotSeeThePicture() throws IOException {
    String html = Files.readString(report.resolve("sky.html"));
    assertThat(html.split("data-id=", -1)).hasSize(1 + 5);
    assertThat(html.indexOf(id(0))).isLessThan(html.indexOf(id(4)));
    assertThat(html).contains("<th scope=\"row\"><a href=\"#sky\"");
  }

  @Test
  void aReportThatIsMadeAgainKeepsItsTilesAndOtherPixelsReplaceThem(@TempDir Path other)
      throws IOException {
    List<Path> tree = List.of(SKY.archive(other.resolve("tree.zip")));
    Path target = Files.createDirectories(other.resolve("report"));
    SkyTiles maker = new SkyTiles(SMALL);
    SkyTiles.Made first = maker.ofHips("color_gri", "one", tree, target);
    Path tile = target.resolve(first.path()).resolve("0/0/0/0.jpg");
    Files.writeString(tile, "kept");
    assertThat(maker.ofHips("color_gri", "one", tree, target).path()).isEqualTo(first.path());
    assertThat(Files.readString(tile)).isEqualTo("kept");
    SkyTiles.Made second = maker.ofHips("color_gri", "two", tree, target);
    assertThat(second.path()).isNotEqualTo(first.path());
    assertThat(target.resolve(first.path())).doesNotExist();
    assertThat(second.fields()).usingRecursiveComparison().isEqualTo(first.fields());
  }

  @Test
  void tooManyTilesEndAtAHigherZoomAndThePageSaysSo(@TempDir Path other) throws IOException {
    Path target = Files.createDirectories(other.resolve("report"));
    SkyView.Config few = new SkyView.Config(12, 12, 20, 10, 4, 5, 95);
    SkyTiles.Field field = SKY.write(target, "r", few).fields().get(0);
    try (Stream<Path> files = Files.walk(target.resolve("sky"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".jpg")).count()).isBetween(5L, 12L);
    }
    assertThat(field.levels().length).isLessThanOrEqualTo(field.depth());
    assertThat(Files.readString(target.resolve("sky.html")))
        .contains("Its deepest zooms are left out");
  }

  @Test
  void withoutHipsTheTilesShowThePictureOfTheCoadds(@TempDir Path other) throws IOException {
    int id = RingsSkyMap.defaults().tractOf(150.2, 2.3);
    BufferedImage image = new BufferedImage(600, 500, BufferedImage.TYPE_INT_RGB);
    Box data = new Box(3000, 6000, 1200, 1000);
    for (int y = 0; y < 500; y++) {
      for (int x = 0; x < 600; x++) {
        image.setRGB(x, y, Math.hypot(x - 400, y - 100) < 3 ? 0xffffff : 0x303030);
      }
    }
    SkyTiles.Field field =
        new SkyTiles(SMALL)
            .ofCoadds(
                List.of(new CoaddPicture.Picture(id, image, data, 2, "")),
                Files.createDirectories(other))
            .fields()
            .get(0);
    SkyPoint star =
        RingsSkyMap.defaults()
            .tract(id)
            .wcs()
            .toSky(3000 + 2 * 400.5 - 0.5, 6000 + 2 * 399.5 - 0.5);
    double[] place = field.picture().place(star.raDeg(), star.decDeg());
    int x = (int) Math.round(place[0]);
    int y = (int) Math.round(place[1]);
    int zoom = field.depth();
    try (Stream<Path> files = Files.walk(other)) {
      Path tile =
          files
              .filter(f -> f.endsWith(Path.of("0/%d/%d/%d.jpg".formatted(zoom, y / 256, x / 256))))
              .findFirst()
              .orElseThrow();
      BufferedImage picture = ImageIO.read(tile.toFile());
      assertThat(picture.getRGB(x % 256, y % 256) & 255).isGreaterThan(200);
      assertThat(picture.getRGB((x + 8) % 256, y % 256) & 255).isLessThan(100);
    }
  }

  @Test
  void outlinesAreTheCornersOfInnerBoxes() {
    SkyTiles.Field field = tiles.fields().get(0);
    int id = RingsSkyMap.defaults().tractOf(field.ra(), field.dec());
    var tract = RingsSkyMap.defaults().tract(id);
    double[] centre = tract.wcs().toPixel(field.ra(), field.dec());
    int patch = tract.patchOf((int) centre[0], (int) centre[1]);
    List<SkyOutlines.Outline> outlines = new SkyOutlines(Map.of(id, Set.of(patch))).on(field);
    assertThat(outlines).extracting(SkyOutlines.Outline::patch).containsExactly(-1, patch);
    double[] at = outlines.get(1).at();
    double side = Math.hypot(at[2] - at[0], at[3] - at[1]);
    double arcsec = side * field.widthDeg() * 3600 / field.size();
    assertThat(arcsec).as("3000 pixels of 0.2 arcsec").isCloseTo(600, within(0.5));
    SkyPoint corner =
        tract
            .wcs()
            .toSky(tract.patchInnerBox(patch).x0() - 0.5, tract.patchInnerBox(patch).y0() - 0.5);
    double[] place = field.picture().place(corner.raDeg(), corner.decDeg());
    assertThat(at[0]).isCloseTo(place[0] + 0.5, within(0.06));
    assertThat(at[1]).isCloseTo(place[1] + 0.5, within(0.06));
  }
}
