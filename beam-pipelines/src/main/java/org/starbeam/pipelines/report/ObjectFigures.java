package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.repeatability.StellarLocus;

/** Colours and errors of the objects: how wide the stellar locus is, how deep each band goes. */
final class ObjectFigures {
  /** Kinds of fluxes whose loci should agree. */
  private static final Map<String, String> FLUXES = fluxes();

  /** Signal to noise that stars of the locus have in all bands; the first that leaves enough. */
  private static final List<Integer> SNRS = List.of(300, 100, 50);

  /** Signal to noise of the stars that are shown beside. */
  private static final int FAINT_SNR = 20;

  private static final int ENOUGH = 20;

  private final RunDatabase database;
  private final Set<String> columns;

  ObjectFigures(RunDatabase database) {
    this.database = database;
    this.columns = new TreeSet<>(database.texts("select column_name from (describe \"Object\")"));
  }

  private static Map<String, String> fluxes() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("PSF", "psf");
    out.put("GAaP", "gaap1p0");
    out.put("Sersic", "sersic");
    return out;
  }

  /** The locus measured with one kind of flux. */
  private record Colours(String kind, double[] gr, double[] ri) {}

  /**
   * The locus of a run.
   *
   * @param snr least signal to noise of its stars
   * @param line of the PSF colours
   * @param kinds by kind of flux, the same stars in the same order
   */
  private record Locus(int snr, StellarLocus line, List<Colours> kinds) {
    double[] distances(int kind) {
      return line.distances(kinds.get(kind).gr, kinds.get(kind).ri);
    }

    /** Median difference of the distances of the same stars from those of the first kind. */
    double offset(int kind) {
      double[] first = distances(0);
      double[] other = distances(kind);
      for (int i = 0; i < other.length; i++) {
        other[i] -= first[i];
      }
      return StellarLocus.middle(other);
    }

    int count(int kind) {
      return StellarLocus.finite(distances(kind)).length;
    }
  }

  private boolean hasLocus() {
    return List.of("g", "r", "i").stream()
        .allMatch(b -> columns.contains(b + "_psfFlux") && columns.contains(b + "_psfFlux_flag"));
  }

  private Locus locus() {
    Locus locus = null;
    for (int snr : SNRS) {
      locus = locus(snr);
      if (locus.count(0) >= ENOUGH) {
        return locus;
      }
    }
    return Objects.requireNonNull(locus);
  }

  private Locus locus(int snr) {
    List<String> select = new ArrayList<>();
    List<String> kinds = new ArrayList<>();
    FLUXES.forEach(
        (kind, flux) -> {
          if (columns.contains("g_" + flux + "Flux")) {
            kinds.add(kind);
            select.add(colour("g", "r", flux));
            select.add(colour("r", "i", flux));
          }
        });
    List<String> good = new ArrayList<>();
    for (String band : List.of("g", "r", "i")) {
      good.add(
          "\"%1$s_psfFlux\" > %2$d * \"%1$s_psfFluxErr\" and not \"%1$s_psfFlux_flag\""
              .formatted(band, snr));
    }
    double[][] d =
        database.numbers(
            "select %s from \"Object\" where \"detect_isPrimary\" and \"refExtendedness\" < 0.5 and %s order by \"objectId\""
                .formatted(String.join(", ", select), String.join(" and ", good)));
    List<Colours> out = new ArrayList<>();
    for (int k = 0; k < kinds.size(); k++) {
      out.add(new Colours(kinds.get(k), d[2 * k], d[2 * k + 1]));
    }
    return new Locus(snr, StellarLocus.fit(out.get(0).gr, out.get(0).ri), out);
  }

  private static String colour(String blue, String red, String flux) {
    String a = "\"" + blue + "_" + flux + "Flux\"";
    String b = "\"" + red + "_" + flux + "Flux\"";
    return "case when %1$s > 0 and %2$s > 0 then -2.5 * log10(%1$s / %2$s) end".formatted(a, b);
  }

  /** Width of the locus of each kind of flux, and how far it is from that of PSF fluxes. */
  List<ReportPage.MetricRow> metrics() {
    if (!hasLocus()) {
      return List.of();
    }
    Locus locus = locus();
    List<ReportPage.MetricRow> out = new ArrayList<>();
    for (int k = 0; k < locus.kinds.size(); k++) {
      String kind = locus.kinds.get(k).kind;
      double[] d = locus.distances(k);
      out.add(metric("stellarLocusWidth." + kind, StellarLocus.width(d), locus.count(k), null));
      if (k > 0) {
        out.add(metric("stellarLocusOffset." + kind, locus.offset(k), locus.count(k), 5.0));
      }
    }
    return out;
  }

  private static ReportPage.MetricRow metric(
      String name, double value, int n, @Nullable Double limit) {
    boolean few = n < ENOUGH;
    return new ReportPage.MetricRow(
        name, "", few ? null : value, "mmag", n, limit, few ? "too_few" : "ok");
  }

  List<ReportPage.Figure> figures() {
    List<ReportPage.Figure> out = new ArrayList<>();
    if (hasLocus()) {
      Locus locus = locus();
      out.add(colours(locus));
      out.add(distances(locus));
    }
    out.add(errors());
    return out;
  }

  private ReportPage.Figure colours(Locus locus) {
    Colours psf = locus.kinds.get(0);
    Colours all = locus(FAINT_SNR).kinds.get(0);
    StellarLocus line = locus.line;
    double[] ends = {StellarLocus.BLUEST, StellarLocus.REDDEST};
    List<Charts.Points> lines =
        List.of(
            new Charts.Points(
                "locus of these stars", ends, new double[] {line.at(ends[0]), line.at(ends[1])}),
            new Charts.Points(
                "0.483 (g-r) - 0.042",
                ends,
                new double[] {StellarLocus.HSC.at(ends[0]), StellarLocus.HSC.at(ends[1])}));
    String caption =
        "PSF magnitudes of %d stars of S/N above %d in g, r and i; the locus of the %d with g-r of 0.28 to 1.0 and r-i of 0.02 to 0.48 is r-i = %.3f (g-r) %+.3f, their scatter about it %.1f mmag, the other line (HSC) is %.1f mmag away in the median."
            .formatted(
                psf.gr.length,
                locus.snr,
                locus.count(0),
                line.r() / line.g(),
                line.at(0),
                StellarLocus.width(locus.distances(0)),
                StellarLocus.middle(StellarLocus.HSC.distances(psf.gr, psf.ri)));
    return new ReportPage.Figure(
        "Colours of stars",
        caption,
        Charts.scatterWithLines(
            "Stars in g-r and r-i",
            "g-r [mag]",
            "r-i [mag]",
            List.of(
                new Charts.Points("S/N above " + FAINT_SNR, all.gr, all.ri),
                new Charts.Points("S/N above " + locus.snr, psf.gr, psf.ri)),
            lines,
            new double[] {-0.2, 1.8, -0.3, 1.8}));
  }

  private static ReportPage.Figure distances(Locus locus) {
    List<Charts.Points> sets = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int k = 0; k < locus.kinds.size(); k++) {
      Colours c = locus.kinds.get(k);
      double[] d = locus.distances(k);
      sets.add(inBox(c, d));
      String offset = k == 0 ? "" : ", %+.1f from PSF".formatted(locus.offset(k));
      texts.add("%s %.1f%s".formatted(c.kind, StellarLocus.width(d), offset));
    }
    double limit = 3.5 * Math.max(10, StellarLocus.width(locus.distances(0)));
    return new ReportPage.Figure(
        "Width of the stellar locus",
        "Distance of stars of S/N above %d from the line of their PSF colours, with PSF, GAaP and Sersic fluxes; scatter and median difference of the same stars in mmag: %s."
            .formatted(locus.snr, String.join("; ", texts)),
        Charts.scatter(
            "Distance from the stellar locus",
            "g-r [mag]",
            "distance [mmag]",
            sets,
            new double[] {StellarLocus.BLUEST, StellarLocus.REDDEST, -limit, limit}));
  }

  /** Stars that have a distance. */
  private static Charts.Points inBox(Colours colours, double[] distances) {
    List<double[]> kept = new ArrayList<>();
    for (int i = 0; i < distances.length; i++) {
      if (Double.isFinite(distances[i])) {
        kept.add(new double[] {colours.gr[i], distances[i]});
      }
    }
    return new Charts.Points(
        colours.kind,
        kept.stream().mapToDouble(p -> p[0]).toArray(),
        kept.stream().mapToDouble(p -> p[1]).toArray());
  }

  private List<String> bands() {
    return columns.stream()
        .filter(c -> c.endsWith("_psfFluxErr") && !c.contains("free_"))
        .map(c -> c.substring(0, c.indexOf('_')))
        .sorted(Comparator.comparingInt(CoaddPicture.BAND_ORDER::indexOf))
        .toList();
  }

  private ReportPage.Figure errors() {
    List<Charts.Points> sets = new ArrayList<>();
    List<String> depths = new ArrayList<>();
    for (String band : bands()) {
      double[][] d =
          database.numbers(
              "select %3$s - 2.5 * log10(\"%1$s_psfFlux\"), 1.0857 * \"%1$s_psfFluxErr\" / \"%1$s_psfFlux\" from \"Object\" where \"detect_isPrimary\" and not \"%1$s_psfFlux_flag\" and \"%1$s_psfFlux\" > %2$s * \"%1$s_psfFluxErr\" order by \"objectId\""
                  .formatted(band, "2", PhotoCalib.NANOJANSKY_ZERO_POINT));
      sets.add(new Charts.Points(band, d[0], d[1]));
      depths.add("%s %.2f".formatted(band, depth(d)));
    }
    return new ReportPage.Figure(
        "Errors of magnitudes",
        "PSF magnitude and its error of all primary objects without a flag; a point source has S/N"
            + " 5 (the line, 0.217 mag) at magnitude "
            + String.join(", ", depths)
            + ".",
        Charts.logScatter(
            "Error against magnitude",
            "PSF magnitude",
            "error [mag]",
            sets,
            new Charts.Points("S/N 5", new double[] {14, 28}, new double[] {0.21714, 0.21714}),
            new double[] {14, 28, 1e-4, 1}));
  }

  /** Median magnitude of objects of S/N 4 to 6.25, moved to S/N 5 by their own S/N. */
  private static double depth(double[][] d) {
    List<Double> at = new ArrayList<>();
    for (int i = 0; i < d[0].length; i++) {
      double snr = 1.0857 / d[1][i];
      if (snr > 4 && snr < 6.25) {
        at.add(d[0][i] + 2.5 * Math.log10(snr / 5));
      }
    }
    double[] sorted = at.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : ClippedStatistics.quantile(sorted, 0.5);
  }
}
