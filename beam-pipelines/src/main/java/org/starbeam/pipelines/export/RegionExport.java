package org.starbeam.pipelines.export;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;

/**
 * Writes rows as a region file of DS9 in ICRS degrees: the outline of a detector where a row has
 * its corners, the ellipse of two sigma where it has second moments, else a circle of one
 * arcsecond. Colours and tags tell kinds of rows apart; the head of the file says which.
 *
 * <p>An ellipse's angle is DS9's: from west through north to its first axis.
 */
final class RegionExport {
  private static final double SIGMAS = 2;
  private static final double LEAST_ARCSEC = 0.1;
  private static final double CIRCLE_ARCSEC = 1;
  private static final List<String> CORNERS =
      List.of("llcra", "llcdec", "lrcra", "lrcdec", "urcra", "urcdec", "ulcra", "ulcdec");
  private static final List<String> LOCAL_MOMENTS =
      List.of(
          "ixx",
          "iyy",
          "ixy",
          "localWcs_CDMatrix_1_1",
          "localWcs_CDMatrix_1_2",
          "localWcs_CDMatrix_2_1",
          "localWcs_CDMatrix_2_2");
  private static final List<String> TRACT_MOMENTS =
      List.of("shape_xx", "shape_yy", "shape_xy", "tract", "x", "y");
  private static final List<String> KINDS =
      List.of(
          "sky_object",
          "sky_source",
          "refExtendedness",
          "extendedness",
          "isDipole",
          "isNegative",
          "band",
          "shape_flag",
          "visitId",
          "detector");

  /** Colours by tag, in the order of the head. */
  private static final Map<String, String> COLOURS = colours();

  private final Set<String> columns;
  private final List<String> position;

  /**
   * @param columns columns of the table
   * @param position its right ascension and declination
   */
  RegionExport(Collection<String> columns, List<String> position) {
    this.columns = Set.copyOf(columns);
    this.position = position;
  }

  private static Map<String, String> colours() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("star", "cyan");
    out.put("galaxy", "green");
    out.put("unclassified", "white");
    out.put("sky", "yellow");
    out.put("positive", "red");
    out.put("negative", "blue");
    out.put("dipole", "magenta");
    out.put("u", "#8080ff");
    out.put("g", "#00ffff");
    out.put("r", "#00ff00");
    out.put("i", "#ffff00");
    out.put("z", "#ff8000");
    out.put("y", "#ff0000");
    out.put("other", "white");
    return out;
  }

  /** Columns that a query must give. */
  List<String> wanted() {
    return java.util.stream.Stream.of(position, shape(), KINDS)
        .flatMap(List::stream)
        .filter(columns::contains)
        .distinct()
        .toList();
  }

  private List<String> shape() {
    for (List<String> shape : List.of(CORNERS, LOCAL_MOMENTS, TRACT_MOMENTS)) {
      if (columns.containsAll(shape)) {
        return shape;
      }
    }
    return List.of();
  }

  /**
   * Writes the file.
   *
   * @param query one that gives {@link #wanted}
   * @param head lines about where the rows come from
   * @return number of regions
   */
  long write(RunDatabase database, String query, List<String> head, Path file) throws IOException {
    long[] count = new long[1];
    try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.US_ASCII);
        ResultSet rows = database.ask(query)) {
      out.write("# Region file format: DS9 version 4.1\n");
      for (String line : head) {
        out.write("# " + line.replaceAll("[^\\x20-\\x7e]", " ") + "\n");
      }
      out.write(
          "# colours: "
              + COLOURS.entrySet().stream()
                  .map(e -> e.getKey() + " " + e.getValue())
                  .collect(Collectors.joining(", "))
              + "\n");
      out.write("global color=white width=1 select=1 edit=0 move=0 delete=1 include=1 source=1\n");
      out.write("icrs\n");
      while (rows.next()) {
        String region = region(rows);
        if (region != null) {
          out.write(region + "\n");
          count[0]++;
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return count[0];
  }

  /** A row's region; null when it has no place. */
  private @Nullable String region(ResultSet row) throws SQLException {
    String outline = outline(row);
    if (outline == null) {
      return null;
    }
    String tag = tag(row);
    StringBuilder out = new StringBuilder(outline);
    out.append(" # color=").append(COLOURS.get(tag)).append(" tag={").append(tag).append('}');
    if (shape().equals(CORNERS) && columns.containsAll(List.of("visitId", "detector"))) {
      out.append(" text={").append(row.getLong("visitId"));
      out.append(' ').append(row.getInt("detector")).append('}');
    }
    return out.toString();
  }

  private @Nullable String outline(ResultSet row) throws SQLException {
    if (shape().equals(CORNERS)) {
      StringBuilder out = new StringBuilder("polygon(");
      for (String column : CORNERS) {
        double value = number(row, column);
        if (Double.isNaN(value)) {
          return null;
        }
        out.append(out.length() > 8 ? "," : "").append(degrees(value));
      }
      return out.append(')').toString();
    }
    double ra = number(row, position.get(0));
    double dec = number(row, position.get(1));
    if (Double.isNaN(ra) || Double.isNaN(dec)) {
      return null;
    }
    String place = degrees(ra) + "," + degrees(dec);
    String ellipse = ellipse(row);
    return ellipse == null
        ? "circle(%s,%s)".formatted(place, arcsec(CIRCLE_ARCSEC))
        : "ellipse(%s,%s)".formatted(place, ellipse);
  }

  /** Axes and angle, or null when the row has no moments. */
  private @Nullable String ellipse(ResultSet row) throws SQLException {
    List<String> shape = shape();
    if (shape.isEmpty() || (columns.contains("shape_flag") && row.getBoolean("shape_flag"))) {
      return null;
    }
    double[] toSky = shape.equals(LOCAL_MOMENTS) ? matrix(row) : tractMatrix(row);
    double xx = number(row, shape.get(0));
    double yy = number(row, shape.get(1));
    double xy = number(row, shape.get(2));
    double[] sky = Wcs.moments(toSky, xx, yy, xy);
    double mean = (sky[0] + sky[1]) / 2;
    double half = Math.hypot((sky[0] - sky[1]) / 2, sky[2]);
    if (!(mean - half >= 0)) {
      return null;
    }
    double fromEast = Math.toDegrees(0.5 * Math.atan2(2 * sky[2], sky[0] - sky[1]));
    double angle = Math.round(100 * (180 - fromEast)) / 100.0 % 180;
    return String.format(Locale.ROOT, "%s,%s,%.2f", axis(mean + half), axis(mean - half), angle);
  }

  private static String axis(double variance) {
    return arcsec(Math.max(LEAST_ARCSEC, SIGMAS * 3600 * Math.sqrt(variance)));
  }

  private static double[] matrix(ResultSet row) throws SQLException {
    double[] out = new double[4];
    for (int i = 0; i < 4; i++) {
      out[i] = number(row, LOCAL_MOMENTS.get(3 + i));
    }
    return out;
  }

  /** Degrees east and north of a step of a pixel of the tract at the place of the row. */
  private static double[] tractMatrix(ResultSet row) throws SQLException {
    TanSip wcs = RingsSkyMap.defaults().tract(row.getInt("tract")).wcs();
    double x = number(row, "x");
    double y = number(row, "y");
    double[] dx = offset(wcs.toSky(x - 0.5, y), wcs.toSky(x + 0.5, y));
    double[] dy = offset(wcs.toSky(x, y - 0.5), wcs.toSky(x, y + 0.5));
    return new double[] {dx[0], dy[0], dx[1], dy[1]};
  }

  private static double[] offset(SkyPoint from, SkyPoint to) {
    double east = Math.IEEEremainder(to.raDeg() - from.raDeg(), 360);
    double middle = Math.toRadians((from.decDeg() + to.decDeg()) / 2);
    return new double[] {east * Math.cos(middle), to.decDeg() - from.decDeg()};
  }

  private String tag(ResultSet row) throws SQLException {
    if (columns.contains("isNegative")) {
      boolean dipole = columns.contains("isDipole") && row.getBoolean("isDipole");
      return dipole ? "dipole" : row.getBoolean("isNegative") ? "negative" : "positive";
    }
    for (String sky : List.of("sky_object", "sky_source")) {
      if (columns.contains(sky) && row.getBoolean(sky)) {
        return "sky";
      }
    }
    for (String extended : List.of("refExtendedness", "extendedness")) {
      if (columns.contains(extended)) {
        double value = number(row, extended);
        return Double.isNaN(value) ? "unclassified" : value < 0.5 ? "star" : "galaxy";
      }
    }
    String band = columns.contains("band") ? row.getString("band") : null;
    return band != null && band.length() == 1 && COLOURS.containsKey(band) ? band : "other";
  }

  private static double number(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? Double.NaN : value;
  }

  private static String degrees(double value) {
    return String.format(Locale.ROOT, "%.7f", value);
  }

  private static String arcsec(double value) {
    return String.format(Locale.ROOT, "%.3f\"", value);
  }
}
