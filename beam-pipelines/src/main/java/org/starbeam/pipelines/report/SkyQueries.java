package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.starbeam.transforms.dataset.TableSchemas;

/**
 * The catalogues of the sky view as queries on the release tables of a run: Object and DiaSource.
 * Columns that a run has not are left out; a table without places gives no catalogue.
 */
final class SkyQueries {
  /** A value with its expression in SQL. */
  private record Told(String column, SkyCatalogue.Value value, String sql) {
    static Told of(String column, String label, String unit, int digits) {
      return new Told(column, new SkyCatalogue.Value(label, unit, digits), quoted(column));
    }

    static Told text(String column, String label) {
      return new Told(column, new SkyCatalogue.Value(label, "", -1), quoted(column) + "::varchar");
    }
  }

  /** AB magnitude of 1 nJy. */
  private static final double ZERO_POINT = 31.4;

  /** Error of a magnitude over the relative error of its flux. */
  private static final double MAG_PER_LOG = 2.5 / Math.log(10);

  /** Bands by whose magnitudes objects are ordered: the first one that has a flux. */
  private static final List<String> BRIGHT_BANDS = List.of("r", "i", "g", "z", "y", "u");

  /** Kinds of fluxes of Object by their names for people. */
  private static final Map<String, String> FLUXES = fluxNames();

  private static final List<Told> OBJECT_VALUES =
      List.of(
          Told.of("refExtendedness", "extendedness", "", 0),
          Told.of("starProb", "probability of a star", "", 3),
          Told.of("sersic_reff_major", "half-light radius, major axis", "arcsec", 3),
          Told.of("sersic_reff_minor", "half-light radius, minor axis", "arcsec", 3),
          Told.of("sersic_theta", "position angle, east of north", "deg", 1),
          Told.of("sersic_index", "Sersic index", "", 2),
          Told.text("parentObjectId", "parent of the blend"),
          Told.of("deblend_parentNChild", "objects of the blend", "", 0),
          Told.of("tract", "tract", "", 0),
          Told.of("patch", "patch", "", 0));

  /** Flags of an object as such. */
  private static final List<String> OBJECT_FLAGS =
      List.of(
          "detect_isIsolated",
          "detect_fromBlend",
          "coord_flag",
          "shape_flag",
          "deblend_skipped",
          "deblend_failed",
          "deblend_incompleteData",
          "sersic_no_data_flag",
          "sersic_unknown_flag",
          "sersic_psf_failed_flag",
          "sersic_max_eval_flag");

  /** Flags of which there is one for each band; told when it is set in any. */
  private static final List<String> BAND_FLAGS =
      List.of(
          "psfFlux_flag",
          "gaapFlux_flag",
          "pixelFlags_bad",
          "pixelFlags_clipped",
          "pixelFlags_crCenter",
          "pixelFlags_edge",
          "pixelFlags_inexact_psfCenter",
          "pixelFlags_interpolatedCenter",
          "pixelFlags_nodata",
          "pixelFlags_saturatedCenter",
          "pixelFlags_suspectCenter");

  /** Flags that count against an object. */
  private static final List<String> OBJECT_DOUBTS =
      List.of("coord_flag", "deblend_skipped", "deblend_failed");

  /** The same of its reference band. */
  private static final List<String> BAND_DOUBTS =
      List.of(
          "psfFlux_flag",
          "pixelFlags_bad",
          "pixelFlags_edge",
          "pixelFlags_nodata",
          "pixelFlags_saturatedCenter");

  private static final List<Told> DIA_VALUES =
      List.of(
          Told.text("band", "band"),
          Told.text("visit", "visit"),
          Told.of("detector", "detector", "", 0),
          Told.of("midpointMjdTai", "time", "MJD TAI", 5),
          Told.of("psfFlux", "PSF flux of the difference", "nJy", 1),
          Told.of("psfFluxErr", "its error", "nJy", 1),
          Told.of("snr", "signal to noise", "", 1),
          Told.of("reliability", "reliability", "", 3),
          Told.text("diaObjectId", "DiaObject"));

  /** Flags of a detection, all of which count against it. */
  private static final List<String> DIA_FLAGS =
      List.of(
          "isDipole",
          "centroid_flag",
          "psfFlux_flag",
          "psfFlux_flag_edge",
          "pixelFlags_bad",
          "pixelFlags_crCenter",
          "pixelFlags_edge",
          "pixelFlags_interpolatedCenter",
          "pixelFlags_nodata",
          "pixelFlags_saturatedCenter",
          "pixelFlags_streak",
          "pixelFlags_suspectCenter");

  private final RunDatabase database;

  /**
   * @param database with the tables that are asked for
   */
  SkyQueries(RunDatabase database) {
    this.database = database;
  }

  private static Map<String, String> fluxNames() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("psf", "PSF");
    out.put("gaap1p0", "GAaP 1.0\"");
    out.put("sersic", "Sersic");
    return out;
  }

  private static String quoted(String column) {
    return '"' + column.replace("\"", "\"\"") + '"';
  }

  private Set<String> columns(String table) {
    return new TreeSet<>(
        database.texts("select column_name from (describe %s)".formatted(quoted(table))));
  }

  /**
   * The primary objects, without the empty places that were measured: those without a flag that
   * counts against them, then the others.
   */
  List<SkyCatalogue> objects() {
    Set<String> columns = columns("Object");
    if (!columns.containsAll(List.of("objectId", "coord_ra", "coord_dec"))) {
      return List.of();
    }
    String doubt = doubt(columns);
    return doubt.isEmpty()
        ? List.of(objects(columns, "", false))
        : List.of(
            objects(columns, " and not " + doubt, false), objects(columns, " and " + doubt, true));
  }

  private SkyCatalogue objects(Set<String> columns, String condition, boolean flagged) {
    List<String> bands = bandsOf(columns);
    List<String> brightFirst = brightFirst(bands);
    List<Told> told = present(OBJECT_VALUES, columns);
    List<String> fluxes =
        FLUXES.keySet().stream()
            .filter(f -> bands.stream().anyMatch(b -> columns.contains(b + "_" + f + "Flux")))
            .toList();
    List<String> magnitudes = new ArrayList<>();
    for (String band : bands) {
      fluxes.forEach(flux -> magnitudes.addAll(magnitudes(columns, band + "_" + flux + "Flux")));
    }
    Map<String, String> flags = objectFlags(columns, bands);
    String where = " where " + primary(columns) + condition;
    String query =
        select(
                "objectId",
                "coord_ra",
                "coord_dec",
                magnitude(brightFirst),
                columns.contains("refExtendedness")
                    ? "case when \"refExtendedness\" >= 0.5 then 1 else 0 end"
                    : "0",
                told,
                magnitudes,
                flags.values())
            + " from \"Object\""
            + where
            + " and \"coord_ra\" is not null and \"coord_dec\" is not null"
            + " order by 4 nulls last, \"objectId\"";
    return new SkyCatalogue(
        flagged ? "flaggedObject" : "object",
        "object",
        flagged,
        true,
        flagged ? "Flagged objects" : "Objects",
        "object",
        "Object",
        "objectId",
        List.of("point-like", "extended"),
        brightFirst.isEmpty() ? "magnitude" : brightFirst.get(0) + " PSF magnitude",
        told.stream().map(Told::value).toList(),
        bands,
        fluxes.stream().map(FLUXES::get).toList(),
        List.copyOf(flags.keySet()),
        query,
        count("Object", where));
  }

  private static List<String> brightFirst(List<String> bands) {
    return Stream.concat(BRIGHT_BANDS.stream().filter(bands::contains), bands.stream())
        .distinct()
        .toList();
  }

  /** Whether a flag counts against an object, in SQL; empty when there are no such flags. */
  private static String doubt(Set<String> columns) {
    List<String> terms = new ArrayList<>();
    OBJECT_DOUBTS.stream().filter(columns::contains).forEach(flag -> terms.add(isSet(flag)));
    boolean ofBand = columns.contains("refBand");
    for (String band : bandsOf(columns)) {
      List<String> set =
          BAND_DOUBTS.stream()
              .map(flag -> band + "_" + flag)
              .filter(columns::contains)
              .map(SkyQueries::isSet)
              .toList();
      if (!set.isEmpty()) {
        String any = "(" + String.join(" or ", set) + ")";
        terms.add(ofBand ? "(\"refBand\" = '%s' and %s)".formatted(band, any) : any);
      }
    }
    return terms.isEmpty() ? "" : "coalesce(" + String.join(" or ", terms) + ", false)";
  }

  private static String isSet(String flag) {
    return "coalesce(" + quoted(flag) + ", false)";
  }

  /** Flags of an object and what each is in SQL, true or false. */
  private static Map<String, String> objectFlags(Set<String> columns, List<String> bands) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String flag : OBJECT_FLAGS) {
      if (columns.contains(flag)) {
        out.put(flag, quoted(flag));
      }
    }
    for (String flag : BAND_FLAGS) {
      List<String> set =
          bands.stream()
              .map(band -> band + "_" + flag)
              .filter(columns::contains)
              .map(SkyQueries::isSet)
              .toList();
      if (!set.isEmpty()) {
        out.put(flag, String.join(" or ", set));
      }
    }
    return out;
  }

  /** The detections on difference images: those without flags, then the others. */
  List<SkyCatalogue> diaSources() {
    Set<String> columns = columns("DiaSource");
    if (!columns.containsAll(List.of("diaSourceId", "ra", "dec", "psfFlux"))) {
      return List.of();
    }
    List<String> flags = DIA_FLAGS.stream().filter(columns::contains).toList();
    if (flags.isEmpty()) {
      return List.of(diaSources(columns, flags, "true", false));
    }
    String doubt = "(" + String.join(" or ", flags.stream().map(SkyQueries::isSet).toList()) + ")";
    return List.of(
        diaSources(columns, flags, "not " + doubt, false), diaSources(columns, flags, doubt, true));
  }

  private SkyCatalogue diaSources(
      Set<String> columns, List<String> flags, String condition, boolean flagged) {
    List<Told> told = present(DIA_VALUES, columns);
    String where = " where " + condition;
    String query =
        select(
                "diaSourceId",
                "ra",
                "dec",
                magnitude("abs(\"psfFlux\")"),
                "case when \"psfFlux\" < 0 then 1 else 0 end",
                told,
                List.of(),
                flags.stream().map(SkyQueries::quoted).toList())
            + " from \"DiaSource\""
            + where
            + " and \"ra\" is not null and \"dec\" is not null"
            + " order by 4 nulls last, \"diaSourceId\"";
    return new SkyCatalogue(
        flagged ? "flaggedDia" : "dia",
        "dia",
        flagged,
        false,
        flagged ? "Flagged detections on differences" : "Detections on differences",
        "detection on a difference image",
        "DiaSource",
        "diaSourceId",
        List.of("brighter than the template", "fainter than the template"),
        "magnitude of the difference",
        told.stream().map(Told::value).toList(),
        List.of(),
        List.of(),
        flags,
        query,
        count("DiaSource", where));
  }

  private static String primary(Set<String> columns) {
    List<String> terms = new ArrayList<>();
    if (columns.contains("detect_isPrimary")) {
      terms.add("\"detect_isPrimary\"");
    }
    for (String sky : List.of("sky_object", "merge_peak_sky")) {
      if (columns.contains(sky)) {
        terms.add("not coalesce(" + quoted(sky) + ", false)");
      }
    }
    return terms.isEmpty() ? "true" : String.join(" and ", terms);
  }

  private static List<String> bandsOf(Set<String> columns) {
    Set<String> bands = new TreeSet<>();
    for (String column : columns) {
      if (column.endsWith("_psfFlux") && column.indexOf('_') == column.lastIndexOf('_')) {
        bands.add(column.substring(0, column.indexOf('_')));
      }
    }
    return TableSchemas.orderBands(bands, List.of());
  }

  /** The brightest known magnitude by the order of bands: of the first that has a flux. */
  private static String magnitude(List<String> bands) {
    if (bands.isEmpty()) {
      return "null::double";
    }
    return "coalesce("
        + String.join(", ", bands.stream().map(b -> magnitude(quoted(b + "_psfFlux"))).toList())
        + ")";
  }

  private static String magnitude(String flux) {
    return "case when %1$s > 0 then %2$s - 2.5 * log10(%1$s) end".formatted(flux, ZERO_POINT);
  }

  /** A magnitude and its error; null both where there is no such flux. */
  private static List<String> magnitudes(Set<String> columns, String flux) {
    if (!columns.contains(flux)) {
      return List.of("null::double", "null::double");
    }
    String error =
        columns.contains(flux + "Err")
            ? "case when %1$s > 0 then %2$s * %3$s / %1$s end"
                .formatted(quoted(flux), MAG_PER_LOG, quoted(flux + "Err"))
            : "null::double";
    return List.of(magnitude(quoted(flux)), error);
  }

  private static List<Told> present(List<Told> told, Set<String> columns) {
    return told.stream().filter(t -> columns.contains(t.column())).toList();
  }

  private static String select(
      String id,
      String ra,
      String dec,
      String magnitude,
      String kind,
      List<Told> told,
      List<String> magnitudes,
      Collection<String> flags) {
    List<String> parts =
        new ArrayList<>(
            List.of(quoted(id) + "::varchar", quoted(ra), quoted(dec), magnitude, kind));
    told.forEach(t -> parts.add(t.sql()));
    parts.addAll(magnitudes);
    List<String> bits = new ArrayList<>(List.of("0"));
    for (String flag : flags) {
      bits.add("case when %s then %d else 0 end".formatted(flag, 1 << (bits.size() - 1)));
    }
    parts.add(String.join(" + ", bits));
    return "select " + String.join(", ", parts);
  }

  private long count(String table, String where) {
    return (long)
        database.numbers("select count(*) from %s%s".formatted(quoted(table), where))[0][0];
  }
}
