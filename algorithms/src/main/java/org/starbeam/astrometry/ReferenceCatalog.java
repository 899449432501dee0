package org.starbeam.astrometry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Healpix;

/**
 * Reads a reference catalogue: the first binary table of a FITS file with columns id, ra, dec
 * [deg], epoch [yr], pmra, pmdec [mas/yr], parallax [mas], their errors, the covariances
 * ra_pmra_cov and dec_pmdec_cov, and flux_B, flux_B_error [nJy] for every band B. Case matters in
 * the band alone, which is in lower case where the whole name is in capitals (FLUX_G). Needed are
 * ra and dec; without id or source_id a star's id is its nested HEALPix pixel of order 29, so that
 * stars of several files keep apart; without epoch it is 2016.0. NaN motion or parallax means
 * unknown; rows without a finite position are left out.
 *
 * <p>{@code BAD_REFCAT} names file and column when a needed column is missing or holds no numbers.
 * Cost O(rows).
 */
public final class ReferenceCatalog {
  private static final double DEFAULT_EPOCH_YR = 2016.0;
  private static final Healpix FINEST = new Healpix(29);
  private static final String FLUX = "flux_";
  private static final String ERROR = "_error";

  private final String file;
  private final Map<String, double[]> columns = new TreeMap<>();
  private final long @Nullable [] ids;
  private final int rows;

  private ReferenceCatalog(String file, FitsTable table) {
    this.file = file;
    long[] found = null;
    int n = -1;
    for (Map.Entry<String, Object> column : table.columns().entrySet()) {
      String name = name(column.getKey());
      if ((name.equals("id") || name.equals("source_id"))
          && column.getValue() instanceof long[] longs) {
        found = longs;
      }
      double[] values = numbers(column.getValue());
      if (values != null) {
        columns.put(name, values);
        n = values.length;
      }
    }
    this.ids = found;
    this.rows = n;
    require("ra");
    require("dec");
  }

  /** A column's name in lower case, but for the band of a flux. */
  private static String name(String column) {
    String lower = column.toLowerCase(Locale.ROOT);
    boolean capitals = column.equals(column.toUpperCase(Locale.ROOT));
    if (capitals || !lower.startsWith(FLUX)) {
      return lower;
    }
    int end = lower.endsWith(ERROR) ? lower.length() - ERROR.length() : lower.length();
    return FLUX + column.substring(FLUX.length(), end) + lower.substring(end);
  }

  /** All usable rows of a file, in file order. */
  public static List<RefStar> read(Path file) {
    try (FitsReader reader = FitsReader.open(file)) {
      FitsHdu hdu =
          reader.hdus().stream()
              .filter(h -> h.kind() == FitsHdu.Kind.TABLE)
              .findFirst()
              .orElseThrow(
                  () ->
                      new BadInputException(
                          "BAD_REFCAT", file + ": a reference catalogue needs a binary table"));
      return new ReferenceCatalog(file.toString(), reader.readTable(hdu)).stars();
    }
  }

  private List<RefStar> stars() {
    Set<String> bands = bands();
    List<RefStar> out = new ArrayList<>(rows);
    for (int i = 0; i < rows; i++) {
      if (Double.isFinite(value("ra", i)) && Double.isFinite(value("dec", i))) {
        out.add(star(i, bands));
      }
    }
    if (out.isEmpty()) {
      throw new BadInputException("BAD_REFCAT", file + ": no row has a finite ra and dec");
    }
    return out;
  }

  private RefStar star(int i, Set<String> bands) {
    Map<String, Double> flux = new TreeMap<>();
    Map<String, Double> fluxErr = new TreeMap<>();
    for (String band : bands) {
      double f = value(FLUX + band, i);
      if (Double.isFinite(f)) {
        flux.put(band, f);
        fluxErr.put(band, value(FLUX + band + ERROR, i));
      }
    }
    return RefStar.newBuilder()
        .setId(id(i))
        .setRa(value("ra", i))
        .setDec(value("dec", i))
        .setEpochYr(columns.containsKey("epoch") ? value("epoch", i) : DEFAULT_EPOCH_YR)
        .setPmRa(orNull("pmra", i))
        .setPmDec(orNull("pmdec", i))
        .setParallaxMas(orNull("parallax", i))
        .setRaErrMas(orZero("ra_error", i))
        .setDecErrMas(orZero("dec_error", i))
        .setPmRaErr(orNull("pmra_error", i))
        .setPmDecErr(orNull("pmdec_error", i))
        .setParallaxErrMas(orNull("parallax_error", i))
        .setRaPmRaCov(orNull("ra_pmra_cov", i))
        .setDecPmDecCov(orNull("dec_pmdec_cov", i))
        .setFlux(flux)
        .setFluxErr(fluxErr)
        .build();
  }

  private long id(int i) {
    if (ids != null) {
      return ids[i];
    }
    return columns.containsKey("id")
        ? (long) value("id", i)
        : FINEST.pixel(value("ra", i), value("dec", i));
  }

  private Set<String> bands() {
    Set<String> bands = new TreeSet<>();
    for (String name : columns.keySet()) {
      if (name.startsWith(FLUX) && !name.endsWith(ERROR)) {
        bands.add(name.substring(FLUX.length()));
      }
    }
    return bands;
  }

  private void require(String name) {
    if (!columns.containsKey(name)) {
      throw new BadInputException(
          "BAD_REFCAT",
          file
              + ": the reference catalogue has no numeric column "
              + name
              + "; it has "
              + columns.keySet());
    }
  }

  private double value(String name, int i) {
    double[] column = columns.get(name);
    return column == null ? Double.NaN : column[i];
  }

  private double orZero(String name, int i) {
    double value = value(name, i);
    return Double.isFinite(value) ? value : 0;
  }

  private @Nullable Double orNull(String name, int i) {
    double value = value(name, i);
    return Double.isFinite(value) ? value : null;
  }

  private static double @Nullable [] numbers(Object column) {
    if (column instanceof double[] doubles) {
      return doubles;
    }
    int n = column instanceof float[] f ? f.length : -1;
    n = column instanceof long[] l ? l.length : n;
    n = column instanceof int[] v ? v.length : n;
    if (n < 0) {
      return null;
    }
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      out[i] =
          column instanceof float[] f
              ? f[i]
              : column instanceof long[] l ? l[i] : ((int[]) column)[i];
    }
    return out;
  }
}
