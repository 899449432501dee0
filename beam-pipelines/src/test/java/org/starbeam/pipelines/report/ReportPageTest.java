package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportPageTest {
  @TempDir Path directory;

  private static ReportPage page(long failed) {
    Random random = new Random(7);
    int n = 3000;
    double[] x = random.doubles(n, -220, 220).toArray();
    double[] y = random.doubles(n, -220, 220).toArray();
    double[] z = new double[n];
    for (int i = 0; i < n; i++) {
      z[i] = 0.004 * x[i] + 0.3 * random.nextGaussian();
    }
    double[] a = random.doubles(n).map(d -> 12 * (d - 0.5)).toArray();
    double[] mag = random.doubles(n, 15, 21).toArray();
    List<ReportPage.Figure> figures =
        List.of(
            new ReportPage.Figure(
                "PSF size",
                "caption",
                Charts.focalPlaneMap("Star size over PSF model size - 1", "%", x, y, z, 1)),
            new ReportPage.Figure(
                "Positions",
                "caption",
                Charts.scatter(
                    "Position minus reference",
                    "d RA [mas]",
                    "d Dec [mas]",
                    List.of(new Charts.Points("g", a, z)),
                    new double[] {-10, 10, -10, 10})),
            new ReportPage.Figure(
                "Magnitudes",
                "caption",
                Charts.scatterWithMedians(
                    "Magnitude minus reference",
                    "mag",
                    "mmag",
                    List.of(new Charts.Points("r", mag, a)),
                    new double[] {14, 22, -20, 20},
                    16)));
    return new ReportPage(
        "ci/<script>alert(1)</script>",
        List.of(new ReportPage.Link("sky.html", "Sky view")),
        "30 Visit rows; 120 CcdVisit rows.",
        List.of(new ReportPage.TaskRow("step1", "singleFrame", 118, 0, failed, 0, 0, 1, 93.4)),
        failed == 0
            ? List.of()
            : List.of(
                new ReportPage.ProblemRow(
                    "singleFrame",
                    "visit=1,detector=2",
                    "failed",
                    "BAD_INPUT TRUNCATED",
                    "raw/x.fits ends early",
                    "step1.html#q1")),
        List.of(
            new ReportPage.MetricRow("astrometry.ra_median", "g", 1.23, "mas", 900, 20.0, "ok"),
            new ReportPage.MetricRow("photometry.offset", "g", 0.02, "mag", 900, 0.01, "ok"),
            new ReportPage.MetricRow(
                "psf.size_residual.reserved", "g", null, "1", 3, 0.01, "too_few")),
        List.of(new ReportPage.Section("stars", "Stars", "text", figures)),
        List.of(),
        List.<String[]>of(new String[] {"run", "ci"}));
  }

  @Test
  void textsOfDataIdsAndNamesCannotBecomeMarkup() {
    assertThat(page(0).html()).doesNotContain("<script").contains("&lt;script&gt;");
  }

  @Test
  void nothingIsLoadedFromAnywhere() throws IOException {
    String html = page(0).html();
    assertThat(html).doesNotContain("http://").doesNotContain("https://").doesNotContain("src=\"/");
    String keep = System.getenv("STARBEAM_KEEP_REPORT");
    Files.writeString(keep == null ? directory.resolve("report.html") : Path.of(keep), html);
  }

  @Test
  void pagesBesideAreLinkedButNotFromACopyAlone() throws IOException {
    Files.createDirectories(directory.resolve("img"));
    for (Map.Entry<String, byte[]> image : page(0).images().entrySet()) {
      Files.write(directory.resolve(image.getKey()), image.getValue());
    }
    assertThat(page(0).html()).contains("<a href=\"sky.html\">Sky view</a>");
    String alone = ReportPage.alone(page(2).html(), directory);
    assertThat(alone.split("src=\"data:image/png;base64,iVBOR", -1)).hasSize(1 + 3);
    assertThat(alone)
        .doesNotContain("sky.html")
        .doesNotContain("step1.html")
        .doesNotContain("src=\"img")
        .contains("visit=1,detector=2")
        .contains("<a href=\"#metrics\">Metrics</a>");
  }

  @Test
  void verdictSaysInWordsWhetherTheRunIsGood() {
    assertThat(page(2).html()).contains("2 quanta failed or were blocked");
    assertThat(page(0).html()).contains("1 metrics exceed their limit");
  }

  @Test
  void whatHasTooFewStarsIsNamedAndNoFault() {
    assertThat(page(0).html())
        .contains("Too few stars or pairs in every band: psf.size_residual.reserved.")
        .doesNotContain("data-key=\"psf.size_residual.reserved,g\"");
  }

  @Test
  void aProblemLeadsToThePageOfItsStep() {
    assertThat(page(2).html()).contains("<a href=\"step1.html#q1\">visit=1,detector=2</a>");
  }

  @Test
  void everyMetricValueCarriesItsKey() {
    assertThat(page(0).html()).contains("data-key=\"astrometry.ra_median,g\"");
  }
}
