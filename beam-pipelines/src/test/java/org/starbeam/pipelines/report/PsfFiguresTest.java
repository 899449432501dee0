package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PsfFiguresTest {
  /** Two visits with 100 and 300 pairs, one with none near, in bins of a factor of two. */
  private static final String ROWS =
      """
      select b.band, v.visit, 0.5 * power(2, k) as lo, power(2, k) as hi, v.pairs,
             b.size * v.rho * power(0.5, k) as rho1
      from (values ('r', 1.0), ('i', -2.0)) b(band, size),
           (values (1, 100, 2e-5), (2, 300, 6e-5), (3, 200, 5e-5)) v(visit, pairs, rho),
           range(0, 6) t(k)
      """;

  private static ReportPage.Figure figure() {
    try (RunDatabase database = new RunDatabase(Map.of())) {
      database.createView("rho_statistic", ROWS);
      List<ReportPage.Figure> figures = PsfFigures.figures(database);
      assertThat(figures).hasSize(1);
      return figures.get(0);
    }
  }

  /** (100 * 2 + 300 * 6 + 200 * 5) / 600 = 5; error sqrt((300^2 + 300^2) * 3 / 2) / 600 = 0.87. */
  @Test
  void theCaptionSaysTheMeanOfThePairsAndHowMuchVisitsDiffer() {
    assertThat(figure().caption()).contains("i -10.0 +- 1.7, r +5.0 +- 0.9");
  }

  @Test
  void thePictureIsOneOfTheReports() throws IOException {
    byte[] png = figure().png();
    assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(560);
    String keep = System.getenv("STARBEAM_KEEP_REPORT");
    if (keep != null) {
      Files.write(Path.of(keep + ".rho.png"), png);
    }
  }
}
