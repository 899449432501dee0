package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether what the PSF model leaves is correlated over the focal plane: rho1 of the stars that it
 * was not made with, of table {@code rho_statistic} (specs/02 section 9.2).
 */
final class PsfFigures {
  private static final double SCALE = 1e5;

  /** Twice the design goal of TE3, 4e-5: rho1 is the sum of E1 and E2. */
  private static final double LIMIT = 2 * 4e-5;

  /** Mean over the visits by their pairs; its error is from how much they differ. */
  private static final String RHO1 =
      """
      with m as (select lo, hi, sum(pairs) p, sum(pairs * rho1) / sum(pairs) r
                 from rho_statistic where band = '%1$s' group by lo, hi)
      select sqrt(m.lo * m.hi), m.r,
             sqrt(sum(power(s.pairs * (s.rho1 - m.r), 2)) * count(*) / greatest(count(*) - 1, 1)) / m.p,
             m.p
      from rho_statistic s join m on s.lo = m.lo
      where s.band = '%1$s' group by m.lo, m.hi, m.r, m.p having count(*) >= 3 order by m.lo
      """;

  private PsfFigures() {}

  static List<ReportPage.Figure> figures(RunDatabase database) {
    List<Charts.Bars> sets = new ArrayList<>();
    List<String> near = new ArrayList<>();
    double largest = LIMIT;
    for (String band : database.texts("select distinct band from rho_statistic order by band")) {
      double[][] d = database.numbers(RHO1.formatted(band));
      near.add(band + " " + nearest(d));
      largest = Math.max(largest, Arrays.stream(d[1]).map(Math::abs).max().orElse(0));
      double aside = Math.pow(1.04, sets.size());
      sets.add(
          new Charts.Bars(
              band,
              Arrays.stream(d[0]).map(r -> r * aside).toArray(),
              Arrays.stream(d[1]).map(v -> SCALE * v).toArray(),
              Arrays.stream(d[2]).map(v -> SCALE * v).toArray()));
    }
    double reach = 1.3 * SCALE * largest;
    double limit = SCALE * LIMIT;
    return List.of(
        new ReportPage.Figure(
            "Correlation of PSF residuals",
            "Ellipticity residuals of stars that the PSF model was not made with, times those of"
                + " another star of the same visit, by their distance (rho1; mean of the visits by"
                + " their pairs, errors from how much they differ): zero where the model leaves"
                + " nothing but noise. Lines: twice the goal of LPM-17 below 1 arcmin (TE3). Of"
                + " pairs nearer than that, in 1e-5: "
                + String.join(", ", near)
                + ".",
            Charts.errorBars(
                "Are PSF residuals correlated?",
                "distance of two stars [arcmin]",
                "rho1 [1e-5]",
                sets,
                List.of(
                    line("goal within 1 arcmin", limit, 1),
                    line("less the goal", -limit, 1),
                    line("zero", 0, 60)),
                new double[] {0.4, 80, -reach, reach})));
  }

  private static Charts.Points line(String name, double y, double to) {
    return new Charts.Points(name, new double[] {0.5, to}, new double[] {y, y});
  }

  /** The mean of the pairs nearer than 1 arcmin with its error, as text. */
  private static String nearest(double[][] d) {
    double pairs = 0;
    double sum = 0;
    double variance = 0;
    for (int k = 0; k < d[0].length && d[0][k] < 1; k++) {
      pairs += d[3][k];
      sum += d[3][k] * d[1][k];
      variance += Math.pow(d[3][k] * d[2][k], 2);
    }
    return pairs == 0
        ? "too few pairs"
        : "%+.1f +- %.1f".formatted(SCALE * sum / pairs, SCALE * Math.sqrt(variance) / pairs);
  }
}
