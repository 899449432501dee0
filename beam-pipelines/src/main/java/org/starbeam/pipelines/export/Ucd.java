package org.starbeam.pipelines.export;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a column of the release tables means in the words of the virtual observatory: UCD1+ (IVOA
 * list of words 1.5), told from its name and unit. A program that reads the table finds positions,
 * fluxes and their errors by them. Columns that no word fits have none.
 */
final class Ucd {
  /** Part of the spectrum that a band lies in. */
  private static final Map<String, String> SPECTRUM =
      Map.of(
          "u", "em.opt.U",
          "g", "em.opt.B",
          "r", "em.opt.R",
          "i", "em.opt.I",
          "z", "em.opt.I",
          "y", "em.opt.I");

  private static final Pattern OF_BAND = Pattern.compile("([ugrizy])_(\\w+)");
  private static final Pattern ERROR = Pattern.compile("(\\w+)Err");

  /** Whole names. */
  private static final Map<String, String> NAMED =
      Map.ofEntries(
          Map.entry("_healpix_29", "pos.healpix"),
          Map.entry("band", "instr.bandpass"),
          Map.entry("refBand", "instr.bandpass"),
          Map.entry("physical_filter", "meta.id;instr.filter"),
          Map.entry("instrument", "meta.id;instr"),
          Map.entry("visit", "meta.id;obs"),
          Map.entry("visitId", "meta.id;obs"),
          Map.entry("detector", "meta.id;instr.det"),
          Map.entry("airmass", "obs.airMass"),
          Map.entry("expTime", "time.duration;obs.exposure"),
          Map.entry("seeing", "instr.obsty.seeing"),
          Map.entry("zeroPoint", "phot.mag;arith.zp"),
          Map.entry("pixelScale", "instr.scale"),
          Map.entry("skyBg", "instr.skyLevel"),
          Map.entry("ra_dec_Cov", "stat.covariance;pos.eq.ra;pos.eq.dec"),
          Map.entry("coord_ra_dec_Cov", "stat.covariance;pos.eq.ra;pos.eq.dec"),
          Map.entry("raPM", "pos.pm;pos.eq.ra"),
          Map.entry("decPM", "pos.pm;pos.eq.dec"),
          Map.entry("parallax", "pos.parallax"),
          Map.entry("x", "pos.cartesian.x;instr.det"),
          Map.entry("y", "pos.cartesian.y;instr.det"),
          Map.entry("ebv", "phot.color.excess"),
          Map.entry("azimuth", "pos.az.azi"),
          Map.entry("altitude", "pos.az.alt"),
          Map.entry("zenithDistance", "pos.az.zd"),
          Map.entry("snr", "stat.snr"));

  private Ucd() {}

  /**
   * The UCD of a column.
   *
   * @param table name of its table
   * @param unit its unit, or nothing
   * @param isPlace true for a coordinate of the place that stands for the row
   * @return null when there is none
   */
  static @Nullable String of(String table, String column, String unit, boolean isPlace) {
    String id = table.isEmpty() ? "" : Character.toLowerCase(table.charAt(0)) + table.substring(1);
    if (column.equals(id + "Id")) {
      return "meta.id;meta.main";
    }
    if (isPlace) {
      return position(column) + ";meta.main";
    }
    Matcher band = OF_BAND.matcher(column);
    String known = plain(band.matches() ? band.group(2) : column, unit);
    return known != null && band.matches() && known.contains("phot.flux")
        ? known + ";" + SPECTRUM.get(band.group(1))
        : known;
  }

  private static @Nullable String plain(String column, String unit) {
    String named = NAMED.get(column);
    if (named != null) {
      return named;
    }
    Matcher error = ERROR.matcher(column);
    if (error.matches()) {
      String of = plain(error.group(1), unit);
      return of == null ? null : "stat.error;" + of;
    }
    if (column.endsWith("_flag") || column.contains("_flag_") || column.contains("Flags_")) {
      return "meta.code.qual";
    }
    if (unit.equals("deg") && column.matches("(\\w+_)?(ra|dec)")) {
      return position(column);
    }
    if (unit.equals("d") && column.matches("\\w*(Mjd|MJD)\\w*|\\w*[eE]poch")) {
      return "time.epoch";
    }
    if (column.matches("\\w*[a-z]Id")) {
      return "meta.id";
    }
    if (column.matches("\\w*[eE]xtendedness")) {
      return "src.class.starGalaxy";
    }
    return column.matches("\\w*Flux") && unit.equals("nJy") ? "phot.flux.density" : null;
  }

  private static String position(String column) {
    return column.endsWith("ra") ? "pos.eq.ra" : "pos.eq.dec";
  }
}
