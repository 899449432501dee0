package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The view {@code recommended} of the table Object: one row for each primary object with the fluxes
 * that specs/04 section 11.2 recommends, so that nobody has to choose columns. nJy in every band:
 *
 * <ul>
 *   <li>{@code BAND_flux}: the total, of a star {@code psfFlux}, of a galaxy the flux that {@code
 *       recommendedFluxType} names;
 *   <li>{@code BAND_colourFlux}: for colours, of a star {@code psfFlux}, of a galaxy {@code
 *       gaap1p0Flux} or, where that was not measured, {@code gaapOptimalFlux} (one choice for all
 *       bands of an object).
 * </ul>
 *
 * {@code photoz_ready} is true when four bands, or all when there are fewer, have a GAaP flux that
 * hardly depends on how the object was told from its neighbours, and the Sersic fit is not much
 * larger than the object looks.
 */
public final class RecommendedFluxes {
  /** Name of the view. */
  public static final String VIEW = "recommended";

  /** The table that it is made of. */
  public static final String TABLE = "Object";

  private static final Pattern BAND = Pattern.compile("([a-z][a-z0-9]*)_gaap1p0Flux");
  private static final int ENOUGH_BANDS = 4;
  private static final Set<String> NEEDED =
      Set.of("objectId", "refExtendedness", "recommendedFluxType", "sersic_super_spreader_flag");
  private static final List<String> NEEDED_OF_BAND =
      List.of(
          "psfFlux",
          "psfFluxErr",
          "sersicFlux",
          "sersicFluxErr",
          "cModelFlux",
          "cModelFluxErr",
          "gaap1p0Flux",
          "gaap1p0FluxErr",
          "gaapOptimalFlux",
          "gaapOptimalFluxErr",
          "gaap1p0Flux_deblendDelta");

  private RecommendedFluxes() {}

  /**
   * The query that the view stands for.
   *
   * @param columns of Object; nothing when what is needed is not among them
   */
  public static Optional<String> query(List<String> columns) {
    Set<String> bands = new TreeSet<>();
    for (String column : columns) {
      Matcher matcher = BAND.matcher(column);
      if (matcher.matches() && hasAll(columns, matcher.group(1))) {
        bands.add(matcher.group(1));
      }
    }
    if (bands.isEmpty() || !columns.containsAll(NEEDED)) {
      return Optional.empty();
    }
    List<String> select = new ArrayList<>();
    for (String column :
        List.of("objectId", "tract", "patch", "coord_ra", "coord_dec", "refBand", "starProb")) {
      if (columns.contains(column)) {
        select.add(column);
      }
    }
    select.add("refExtendedness");
    select.add("recommendedFluxType");
    String optimal = optimalForAll(bands);
    for (String band : bands) {
      for (String end : List.of("", "Err")) {
        select.add(total(band, end) + " as " + band + "_flux" + end);
        select.add(colour(band, end, optimal) + " as " + band + "_colourFlux" + end);
      }
    }
    select.add(ready(bands) + " as photoz_ready");
    return Optional.of(
        "select " + String.join(", ", select) + " from " + TABLE + " where detect_isPrimary");
  }

  private static boolean hasAll(List<String> columns, String band) {
    return NEEDED_OF_BAND.stream().allMatch(name -> columns.contains(band + "_" + name));
  }

  private static String total(String band, String end) {
    return ("case when refExtendedness = 0 then %1$s_psfFlux%2$s"
            + " when recommendedFluxType = 'sersic' then %1$s_sersicFlux%2$s"
            + " when recommendedFluxType = 'cModel' then %1$s_cModelFlux%2$s end")
        .formatted(band, end);
  }

  private static String colour(String band, String end, String optimal) {
    return ("case when refExtendedness = 0 then %1$s_psfFlux%2$s"
            + " when %3$s then %1$s_gaapOptimalFlux%2$s else %1$s_gaap1p0Flux%2$s end")
        .formatted(band, end, optimal);
  }

  /** Whether the aperture of 1 arcsec misses in a band that the object's own has. */
  private static String optimalForAll(Set<String> bands) {
    List<String> out = new ArrayList<>();
    for (String band : bands) {
      out.add("(%1$s_gaap1p0Flux is null and %1$s_gaapOptimalFlux is not null)".formatted(band));
    }
    return "(" + String.join(" or ", out) + ")";
  }

  private static String ready(Set<String> bands) {
    List<String> good = new ArrayList<>();
    for (String band : bands) {
      good.add(
          ("(%1$s_gaap1p0Flux is not null and coalesce(abs(%1$s_gaap1p0Flux_deblendDelta), 0) < 3)"
                  + "::integer")
              .formatted(band));
    }
    int enough = Math.min(ENOUGH_BANDS, bands.size());
    return "("
        + String.join(" + ", good)
        + " >= "
        + enough
        + " and not sersic_super_spreader_flag)";
  }
}
