package org.starbeam.measurement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ClippedStatistics;

/**
 * The aperture corrections of a frame: first the normalisation of the calibration flux to the 12
 * pixel aperture, then the maps that bring the other fluxes onto it. Stored as table APCORR, one
 * row per flux.
 */
public record ApertureCorrections(List<ApertureCorrection> all) {
  /** Name of the extension. */
  public static final String TABLE = "APCORR";

  public ApertureCorrections {
    all = List.copyOf(all);
  }

  /** None: fluxes stay as they are, flagged. */
  public static ApertureCorrections none() {
    return new ApertureCorrections(List.of());
  }

  /**
   * Constant maps with the medians that others have in the middle of their detectors, and their
   * scatter as error.
   */
  public static ApertureCorrections median(Box box, List<ApertureCorrections> others) {
    Map<String, List<Double>> factors = new LinkedHashMap<>();
    for (ApertureCorrections other : others) {
      for (ApertureCorrection c : other.all) {
        Box of = c.map().box();
        double middle =
            c.evaluate(of.x0() + (of.width() - 1) / 2.0, of.y0() + (of.height() - 1) / 2.0);
        factors.computeIfAbsent(c.flux(), flux -> new ArrayList<>()).add(middle);
      }
    }
    List<ApertureCorrection> out = new ArrayList<>();
    factors.forEach(
        (flux, list) -> {
          double[] values = list.stream().mapToDouble(Double::doubleValue).toArray();
          double scatter = values.length > 1 ? ClippedStatistics.scatter(values) : 0;
          out.add(
              ApertureCorrection.constant(flux, box, ClippedStatistics.median(values), scatter));
        });
    return new ApertureCorrections(out);
  }

  /** Factor of a flux at a place; 1 where it has no correction. */
  public double factor(String flux, double x, double y) {
    for (ApertureCorrection correction : all) {
      if (correction.flux().equals(flux)) {
        return correction.evaluate(x, y);
      }
    }
    return 1;
  }

  /** Corrects the fluxes of a source; a flux without a correction gets {@code flux_flag_apCorr}. */
  public void apply(MeasuredSource source) {
    all.forEach(correction -> correction.apply(source));
    for (String flux : List.of(Fields.CALIB_FLUX, Fields.PSF_FLUX, Fields.GAUSSIAN_FLUX)) {
      boolean missing = all.stream().noneMatch(c -> c.flux().equals(flux));
      source.setFlag(Fields.flag(flux, "apCorr"), missing);
    }
  }

  public FitsTable toTable() {
    int n = all.size();
    FitsTable maps = Chebyshev2D.toTable(TABLE, all.stream().map(ApertureCorrection::map).toList());
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("flux", all.stream().map(ApertureCorrection::flux).toArray(String[]::new));
    columns.putAll(maps.columns());
    int longest = Math.max(1, all.stream().mapToInt(c -> c.terms().size()).max().orElse(1));
    double[][] covariance = new double[n][longest * longest];
    int[][] degrees = new int[n][2 * longest];
    for (int i = 0; i < n; i++) {
      ApertureCorrection c = all.get(i);
      int terms = c.terms().size();
      Arrays.fill(degrees[i], -1);
      for (int j = 0; j < terms; j++) {
        degrees[i][2 * j] = c.terms().get(j)[0];
        degrees[i][2 * j + 1] = c.terms().get(j)[1];
        System.arraycopy(c.covariance()[j], 0, covariance[i], j * terms, terms);
      }
    }
    columns.put("degrees", degrees);
    columns.put("covariance", covariance);
    columns.put("stars", all.stream().mapToInt(ApertureCorrection::stars).toArray());
    columns.put("scatter", all.stream().mapToDouble(ApertureCorrection::scatter).toArray());
    return new FitsTable(TABLE, maps.header(), columns);
  }

  /** Reads what {@link #toTable} wrote. */
  public static ApertureCorrections fromTable(FitsTable table) {
    String[] flux = table.strings("flux");
    int[][] degrees = table.intVectors("degrees");
    double[][] covariance = table.vectors("covariance");
    int[] stars = table.ints("stars");
    double[] scatter = table.doubles("scatter");
    List<ApertureCorrection> all = new ArrayList<>();
    for (int i = 0; i < flux.length; i++) {
      List<int[]> terms = new ArrayList<>();
      for (int j = 0; j + 1 < degrees[i].length && degrees[i][j] >= 0; j += 2) {
        terms.add(new int[] {degrees[i][j], degrees[i][j + 1]});
      }
      double[][] matrix = new double[terms.size()][];
      for (int j = 0; j < matrix.length; j++) {
        matrix[j] = Arrays.copyOfRange(covariance[i], j * matrix.length, (j + 1) * matrix.length);
      }
      all.add(
          new ApertureCorrection(
              flux[i].trim(),
              Chebyshev2D.fromTable(table, i),
              matrix,
              terms,
              stars[i],
              scatter[i]));
    }
    return new ApertureCorrections(all);
  }
}
