package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCopyTest {
  private static final List<String> FINISHED =
      List.of(
          "assets/leaflet/leaflet.js",
          "data/sky/view.js",
          "index.html",
          "report.json",
          "sky.html",
          "sky/key/0/0/0/0.jpg");

  @TempDir private Path directory;
  private Path report;

  @BeforeEach
  void write() throws IOException {
    report = directory.resolve("report");
    for (String name : FINISHED) {
      put(report.resolve(name), name);
    }
    put(report.resolve(".index.html.tmp"), "half");
    put(report.resolve("sky/.key.tmp/0/0/0/0.jpg"), "half");
    put(
        report.resolve("index.html"),
        "<p>good</p>\n"
            + "<nav aria-label=\"Pages\"><a href=\"sky.html\">Sky view</a></nav>\n"
            + "<p>end</p>");
  }

  private static void put(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void aDirectoryGetsAllThatIsFinishedAndKeepsWhatItHas() throws IOException {
    Path target = directory.resolve("copies/run");
    put(target.resolve("notes.txt"), "mine");
    put(target.resolve("sky.html"), "old");
    new ReportCopy(report).all(target);
    TreeSet<String> expected = new TreeSet<>(FINISHED);
    expected.add("notes.txt");
    try (Stream<Path> files = Files.walk(target)) {
      assertThat(files.filter(Files::isRegularFile).map(f -> target.relativize(f).toString()))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
    assertThat(target.resolve("index.html")).hasSameTextualContentAs(report.resolve("index.html"));
    assertThat(target.resolve("sky.html")).hasContent("sky.html");
    assertThat(target.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void aPageAloneHasNoLinksThatLeadNowhere() throws IOException {
    Path file = directory.resolve("copies/run.html");
    new ReportCopy(report).one("index.html", file);
    assertThat(file)
        .content()
        .doesNotContain("href")
        .contains("<p>good</p>", "--out DIRECTORY", "<p>end</p>");
    assertThat(file.getParent()).isDirectoryNotContaining("glob:**sky.html");
  }

  @Test
  void numbersAreCopiedAsTheyAre() throws IOException {
    Path file = directory.resolve("run.json");
    new ReportCopy(report).one("report.json", file);
    assertThat(file).hasContent("report.json");
  }
}
