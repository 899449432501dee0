package org.starbeam.hips;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.starbeam.sky.SkyPoint;

/**
 * The file {@code properties} of a tree (HiPS 1.0 section 4.4.1, specs/07 section 4): UTF-8 lines
 * {@code key = value}.
 *
 * <p>No clock enters: the tree is dated by the last exposure in it.
 *
 * @param collection the release, for example {@code RC2-2021-11}
 * @param tree name of the tree: a band, or {@code color_gri}
 * @param bands the band, or blue, green and red
 * @param formats tile formats, the default one first
 * @param order the deepest order
 * @param skySigma standard deviation of the sky in the band (the green one), nJy/arcsec^2
 * @param view where a viewer begins
 * @param viewDeg width of what it shows
 * @param coverage the deepest tiles
 * @param tiles number of tiles of all orders, in each format
 * @param bytes size of all files
 * @param firstMjd first exposure, MJD TAI
 * @param lastMjd last exposure
 */
public record HipsProperties(
    String collection,
    String tree,
    List<String> bands,
    List<String> formats,
    int order,
    double skySigma,
    SkyPoint view,
    double viewDeg,
    Moc coverage,
    long tiles,
    long bytes,
    double firstMjd,
    double lastMjd) {
  /** Limits of the bands, nm. */
  private static final Map<String, double[]> LIMITS_NM =
      Map.of(
          "u", new double[] {330, 400},
          "g", new double[] {402, 552},
          "r", new double[] {552, 691},
          "i", new double[] {691, 818},
          "z", new double[] {818, 922},
          "y", new double[] {970, 1060});

  /** Keys that every tree has. */
  public static final List<String> REQUIRED =
      List.of(
          "creator_did",
          "obs_title",
          "dataproduct_type",
          "hips_version",
          "hips_release_date",
          "hips_creation_date",
          "hips_status",
          "hips_tile_format",
          "hips_order",
          "hips_order_min",
          "hips_frame",
          "hips_tile_width",
          "hips_pixel_bitpix",
          "hips_pixel_scale",
          "hips_initial_ra",
          "hips_initial_dec",
          "hips_initial_fov",
          "hips_builder",
          "hips_estsize",
          "hips_nb_tiles",
          "moc_sky_fraction",
          "obs_collection",
          "obs_description",
          "t_min",
          "t_max");

  private static final double LOWEST_CUT = -2;
  private static final double HIGHEST_CUT = 60;

  public HipsProperties {
    bands = List.copyOf(bands);
    formats = List.copyOf(formats);
  }

  /** True for a tree of colours. */
  public boolean isColor() {
    return bands.size() > 1;
  }

  /** The pairs in their order. */
  public Map<String, String> pairs() {
    Map<String, String> out = new LinkedHashMap<>();
    String date = TileFits.day(lastMjd) + "T00:00Z";
    out.put("creator_did", "ivo://starbeam/P/" + collection + "/" + tree);
    out.put("obs_title", "Starbeam " + collection + " deep coadd, " + String.join(" ", bands));
    out.put("obs_collection", collection);
    out.put("obs_description", description());
    out.put("obs_regime", "Optical");
    out.put("dataproduct_type", "image");
    if (isColor()) {
      out.put("dataproduct_subtype", "color");
    }
    out.put("prov_progenitor", "deep coadds of Starbeam");
    out.put("hips_version", "1.4");
    out.put("hips_builder", "Starbeam");
    out.put("hips_release_date", date);
    out.put("hips_creation_date", date);
    out.put("hips_status", "public master clonable");
    out.put("hips_tile_format", String.join(" ", formats));
    out.put("hips_order", String.valueOf(order));
    out.put("hips_order_min", "0");
    out.put("hips_frame", "equatorial");
    out.put("hips_tile_width", String.valueOf(HipsTile.WIDTH));
    out.put("hips_pixel_bitpix", isColor() ? "8" : "-32");
    out.put("hips_pixel_scale", text("%.6e", HipsTile.pixelDeg(order)));
    if (!isColor()) {
      out.put("hips_pixel_cut", text("%.4g %.4g", LOWEST_CUT * skySigma, HIGHEST_CUT * skySigma));
      out.put("hips_bunit", TileFits.UNIT);
    }
    out.put("hips_overlay", "unique owner");
    out.put("hips_sampling", "lanczos3");
    out.put("hips_initial_ra", text("%.6f", view.raDeg()));
    out.put("hips_initial_dec", text("%.6f", view.decDeg()));
    out.put("hips_initial_fov", text("%.6f", viewDeg));
    out.put("hips_nb_tiles", String.valueOf(tiles));
    out.put("hips_estsize", String.valueOf((bytes + 1023) / 1024));
    out.put("moc_sky_fraction", text("%.4g", coverage.fraction()));
    out.put("moc_order", String.valueOf(coverage.order()));
    out.put("t_min", text("%.5f", firstMjd));
    out.put("t_max", text("%.5f", lastMjd));
    addWavelengths(out);
    return out;
  }

  private String description() {
    return isColor()
        ? "Colours of the coadds of blue %s, green %s and red %s (asinh)".formatted(bands.toArray())
        : "Surface brightness of the coadds in band "
            + tree
            + "; sky noise "
            + text("%.3g", skySigma)
            + " "
            + TileFits.UNIT
            + " a pixel";
  }

  private void addWavelengths(Map<String, String> out) {
    double[] known =
        bands.stream()
            .filter(LIMITS_NM::containsKey)
            .map(LIMITS_NM::get)
            .reduce(
                new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY},
                (a, b) -> new double[] {Math.min(a[0], b[0]), Math.max(a[1], b[1])});
    if (known[0] < known[1]) {
      out.put("em_min", text("%.2e", known[0] * 1e-9));
      out.put("em_max", text("%.2e", known[1] * 1e-9));
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** The file. */
  public byte[] file() {
    return write(pairs());
  }

  static byte[] write(Map<String, String> pairs) {
    StringBuilder out = new StringBuilder();
    pairs.forEach((key, value) -> out.append(text("%-20s = %s%n", key, value)));
    return out.toString().replace("\r", "").getBytes(StandardCharsets.UTF_8);
  }

  /** The pairs of a file; lines with {@code #} and empty ones are left out. */
  public static Map<String, String> read(byte[] file) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String line : new String(file, StandardCharsets.UTF_8).split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        out.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
      }
    }
    return out;
  }
}
