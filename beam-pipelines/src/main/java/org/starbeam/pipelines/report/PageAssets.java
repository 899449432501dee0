package org.starbeam.pipelines.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Scripts and styles that lie beside the pages of a report: libraries from WebJars, and our own.
 */
final class PageAssets {
  /** Of the WebJars, as the build has them. */
  static final String LEAFLET_VERSION = "1.9.4";

  static final String UPLOT_VERSION = "1.6.30";

  /** What the sky view needs of Leaflet, as paths in its WebJar; its style names the images. */
  private static final List<String> LEAFLET =
      List.of(
          "LICENSE",
          "dist/leaflet.js",
          "dist/leaflet.css",
          "dist/images/layers.png",
          "dist/images/layers-2x.png",
          "dist/images/marker-icon.png");

  private static final List<String> UPLOT =
      List.of("LICENSE", "dist/uPlot.iife.min.js", "dist/uPlot.min.css");

  private PageAssets() {}

  /** What the sky view needs, into {@code assets} of a report. */
  static void skyView(Path report) throws IOException {
    put(report, "leaflet", LEAFLET_VERSION, LEAFLET);
    own(report, List.of("sky.js", "sky.css"));
  }

  /** What charts need. */
  static void charts(Path report) throws IOException {
    put(report, "uplot", UPLOT_VERSION, UPLOT);
    own(report, List.of("charts.js", "charts.css"));
  }

  private static void put(Path report, String library, String version, List<String> files)
      throws IOException {
    String jar = "/META-INF/resources/webjars/" + library + "/" + version + "/";
    for (String file : files) {
      Path target = report.resolve("assets").resolve(library).resolve(file.replace("dist/", ""));
      Files.createDirectories(Objects.requireNonNull(target.getParent()));
      ReportWriter.whole(target, ReportPage.resource(jar + file));
    }
  }

  private static void own(Path report, List<String> files) throws IOException {
    for (String file : files) {
      ReportWriter.whole(
          report.resolve("assets").resolve(file), ReportPage.resource("/report/" + file));
    }
  }
}
