package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Pictures of stars against the reference catalogue: astrometric residuals, PSF size over the focal
 * plane, magnitudes.
 */
final class StarFigures {
  private StarFigures() {}

  static List<ReportPage.Figure> figures(RunDatabase database) {
    List<ReportPage.Figure> figures = new ArrayList<>();
    figures.add(astrometry(database));
    figures.add(magnitudes(database));
    figures.add(psfSize(database));
    return figures;
  }

  private static List<String> bands(RunDatabase database) {
    return database.texts("select distinct band from star_residual order by band");
  }

  private static ReportPage.Figure astrometry(RunDatabase database) {
    List<Charts.Points> sets = new ArrayList<>();
    int n = 0;
    double[] all = database.numbers("select deltaRaMas from star_residual where snr > 50")[0];
    for (String band : bands(database)) {
      double[][] d =
          database.numbers(
              "select deltaRaMas, deltaDecMas from star_residual where snr > 50 and band = '"
                  + band
                  + "' order by visit, detector, x, y");
      sets.add(new Charts.Points(band, d[0], d[1]));
      n += d[0].length;
    }
    double limit = 25;
    String caption =
        "Difference of position, visit image minus reference at the epoch, S/N above 50; median in right ascension %.1f mas, n = %d."
            .formatted(Charts.median(all), n);
    return new ReportPage.Figure(
        "Astrometric residuals",
        caption,
        Charts.scatter(
            "Position minus reference",
            "d RA cos dec [mas]",
            "d Dec [mas]",
            sets,
            new double[] {-limit, limit, -limit, limit}));
  }

  private static ReportPage.Figure magnitudes(RunDatabase database) {
    List<Charts.Points> sets = new ArrayList<>();
    List<String> medians = new ArrayList<>();
    for (String band : bands(database)) {
      double[][] d =
          database.numbers(
              "select referenceMag, 1000 * deltaMag from star_residual where deltaMag is not null and band = '"
                  + band
                  + "' order by visit, detector, x, y");
      sets.add(new Charts.Points(band, d[0], d[1]));
      double[] bright =
          database
              .numbers(
                  "select 1000 * deltaMag from star_residual where deltaMag is not null and snr > 50 and band = '"
                      + band
                      + "'")[0];
      medians.add("%s %+.1f".formatted(band, Charts.median(bright)));
    }
    return new ReportPage.Figure(
        "Magnitude difference to the reference catalogue",
        "Calibration flux minus reference; lines are running medians; medians at S/N above 50 in mmag: "
            + String.join(", ", medians)
            + ".",
        Charts.scatterWithMedians(
            "Magnitude minus reference",
            "reference magnitude",
            "difference [mmag]",
            sets,
            new double[] {14, 22, -120, 120},
            16));
  }

  private static ReportPage.Figure psfSize(RunDatabase database) {
    double[][] d =
        database.numbers(
            "select focalX, focalY, 100 * sizeResidual from star_residual where sizeResidual is not null and snr > 50");
    return new ReportPage.Figure(
        "PSF size residual over the focal plane",
        "Size of stars over size of the PSF model minus one, median of S/N above 50 in bins (gray: fewer than five stars); full colour is the limit of 1 %%; overall median %.2f %%, n = %d."
            .formatted(Charts.median(d[2]), d[2].length),
        Charts.focalPlaneMap("Star size over PSF model size - 1", "%", d[0], d[1], d[2], 1));
  }
}
