package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VisitPageTest {
  private static final Map<String, List<Path>> TABLES =
      Map.of("Visit", List.of(), "CcdVisit", List.of());

  @TempDir Path directory;

  private static RunDatabase database() {
    RunDatabase database = new RunDatabase(Map.of());
    database.createView(
        "Visit",
        "select * from (values (11, 'r', 24.0, 0.8), (12, 'r', 24.5, 0.7), (13, 'r', 24.6, 0.6),"
            + " (21, 'i', 22.0, 0.9), (22, 'i', null, 0.9)) t(visit, band, magLim, seeing)");
    database.createView(
        "CcdVisit",
        "select visit as visitId, 3 as detector, band, magLim, visit <> 11 as selectedForCoadd from"
            + " Visit");
    return database;
  }

  @Test
  void theLeastDeepBesideItsBandComesFirstAfterThoseWithoutADepth() {
    try (RunDatabase database = database()) {
      ReportPage.TableSection table = VisitPage.worst(database, TABLES).get(0);
      assertThat(table.heads())
          .containsExactly(
              "visit", "band", "depth - median of band [mag]", "depth [mag]", "seeing [arcsec]");
      assertThat(table.rows()).extracting(row -> row.get(0)).startsWith("22", "11");
      assertThat(table.rows().get(1)).containsExactly("11", "r", "-0.50", "24.00", "0.80");
      assertThat(table.rows().get(0)).containsExactly("22", "i", "", "", "0.90");
      assertThat(table.texts()).isEqualTo(2);
    }
  }

  @Test
  void thePageHasEveryVisitAndDetectorAndLoadsNothing() throws IOException {
    try (RunDatabase database = database()) {
      VisitPage.write(directory, database, TABLES, "m1");
    }
    String html = Files.readString(directory.resolve("visits.html"));
    assertThat(html).contains("<td>13</td>", ">Detectors<", "<td>no</td>", "index.html");
    assertThat(html).doesNotContain("http").doesNotContain("src=");
  }

  @Test
  void aRunWithoutVisitsHasNoPage() throws IOException {
    try (RunDatabase database = new RunDatabase(Map.of())) {
      assertThat(VisitPage.worst(database, Map.of())).isEmpty();
      VisitPage.write(directory, database, Map.of(), "m1");
    }
    assertThat(directory).isEmptyDirectory();
  }
}
