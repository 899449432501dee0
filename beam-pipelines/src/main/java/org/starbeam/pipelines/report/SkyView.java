package org.starbeam.pipelines.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.SkyPyramid;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.transforms.store.FileTrees;

/**
 * The sky view of a report (specs/07 section 13.4): a page on which one moves over the run's own
 * pictures, with its objects, its detections on differences and the outlines of its patches. It
 * opens from the file system and loads nothing from elsewhere: the viewer (Leaflet, from its
 * WebJar) lies in {@code assets/}, what it shows in scripts in {@code data/sky/} and in tiles in
 * {@code sky/}. Catalogues are read by squares ({@link SkyTree}), so a page holds what is in view.
 */
final class SkyView {
  /** Name of the page. */
  static final String PAGE = "sky.html";

  private static final JsonMapper JSON = new JsonMapper();

  /**
   * How much a view holds.
   *
   * @param tiles most tiles of all fields together, about 15 kB each: the last zooms are left out
   * @param fields most fields, the largest first
   * @param objects most objects, the brightest first, about 200 bytes each; and as many flagged
   *     ones
   * @param detections most detections on differences, the brightest first; and as many flagged ones
   * @param square rows of a catalogue that one square of {@link SkyTree} holds
   * @param listed objects in the table below the picture
   * @param jpegQuality 1 to 100
   */
  record Config(
      int tiles, int fields, int objects, int detections, int square, int listed, int jpegQuality) {
    static Config defaults() {
      return new Config(3000, 12, 50_000, 10_000, 150, 50, 85);
    }
  }

  /**
   * A row of a catalogue in a field.
   *
   * @param x from the left edge, pixels of the field
   * @param y from the upper edge
   * @param cells values of the query but RA and Dec in the order in which the page reads them
   */
  record Row(int field, double x, double y, @Nullable Object[] cells) {
    String id() {
      return String.valueOf(cells[0]);
    }
  }

  /**
   * A catalogue that was written.
   *
   * @param drawn number of its rows that the view has
   * @param faintest largest magnitude of them; null when none has any
   * @param nodes for each field zoom, x, y of its squares in turn
   * @param listed its first rows
   */
  record Written(
      SkyCatalogue catalogue,
      long drawn,
      @Nullable Double faintest,
      List<int[]> nodes,
      List<Row> listed) {}

  private final Config config;

  SkyView(Config config) {
    this.config = config;
  }

  /** Writes the page of a run and what it needs; false when the run has no coadds. */
  boolean write(
      Path directory, RunCatalog catalog, RunDatabase database, List<CoaddPicture.Picture> pictures)
      throws IOException {
    Optional<SkyTiles.Made> tiles = new SkyTiles(config).write(catalog, pictures, directory);
    if (tiles.isEmpty() || tiles.get().fields().isEmpty()) {
      return false;
    }
    Set<String> tables = catalog.tableNames();
    SkyQueries queries = new SkyQueries(database);
    List<SkyCatalogue> catalogues = new ArrayList<>();
    if (tables.contains("Object")) {
      catalogues.addAll(queries.objects());
    }
    if (tables.contains("DiaSource")) {
      catalogues.addAll(queries.diaSources());
    }
    write(directory, catalog.run(), tiles.get(), SkyOutlines.of(catalog), database, catalogues);
    return true;
  }

  /** Writes the page and its data beside tiles that are there. */
  void write(
      Path directory,
      String run,
      SkyTiles.Made tiles,
      SkyOutlines outlines,
      RunDatabase database,
      List<SkyCatalogue> catalogues)
      throws IOException {
    PageAssets.skyView(directory);
    Path unfinished = directory.resolve("data/.sky.tmp");
    FileTrees.delete(unfinished);
    Files.createDirectories(unfinished);
    List<Written> written = new ArrayList<>();
    for (SkyCatalogue catalogue : catalogues) {
      written.add(rows(catalogue, database, tiles.fields(), unfinished));
    }
    put(unfinished, "view", view(run, tiles, outlines, written));
    Path data = directory.resolve("data/sky");
    FileTrees.delete(data);
    Files.move(unfinished, data);
    ReportWriter.whole(directory.resolve(PAGE), new SkyPage(run, tiles, written).html());
  }

  /** A script that hands its value to the page: browsers read no JSON from the file system. */
  private static void put(Path directory, String key, Object value) throws IOException {
    String script = "SB.put(%s, %s);\n".formatted(JSON.writeValueAsString(key), json(value));
    Files.writeString(directory.resolve(key + ".js"), script, StandardCharsets.UTF_8);
  }

  private static String json(Object value) throws IOException {
    return JSON.writeValueAsString(value);
  }

  private Written rows(
      SkyCatalogue catalogue, RunDatabase database, List<SkyTiles.Field> fields, Path directory)
      throws IOException {
    List<SkyTree<Row>> trees =
        fields.stream().map(f -> new SkyTree<Row>(f.size(), config.square())).toList();
    List<Row> listed = new ArrayList<>();
    long[] drawn = {0};
    Double[] faintest = {null};
    int most = catalogue.mark().equals("dia") ? config.detections() : config.objects();
    FieldPlaces places = new FieldPlaces(fields);
    int[] digits = catalogue.digits();
    database.each(
        catalogue.query() + " limit " + most,
        result -> {
          Row row = row(result, digits, places);
          if (row == null) {
            return;
          }
          trees.get(row.field()).add(row.x(), row.y(), row);
          drawn[0]++;
          faintest[0] = row.cells()[3] instanceof Number m ? m.doubleValue() : faintest[0];
          if (listed.size() < config.listed()) {
            listed.add(row);
          }
        });
    List<int[]> nodes = new ArrayList<>();
    for (int field = 0; field < trees.size(); field++) {
      nodes.add(squares(catalogue.key() + "-" + field, trees.get(field), directory));
    }
    return new Written(catalogue, drawn[0], faintest[0], nodes, listed);
  }

  /** Writes a file for each square of a field and returns zoom, x and y of each in turn. */
  private static int[] squares(String name, SkyTree<Row> tree, Path directory) throws IOException {
    for (Map.Entry<SkyPyramid.Tile, List<Row>> square : tree.nodes().entrySet()) {
      SkyPyramid.Tile t = square.getKey();
      put(
          directory,
          "%s-%d-%d-%d".formatted(name, t.zoom(), t.x(), t.y()),
          square.getValue().stream().map(Row::cells).toList());
    }
    return tree.nodes().keySet().stream()
        .flatMapToInt(t -> IntStream.of(t.zoom(), t.x(), t.y()))
        .toArray();
  }

  /** A row with its place: id, x, y, magnitude, kind, RA, Dec, values; null in no field. */
  private static @Nullable Row row(ResultSet result, int[] digits, FieldPlaces places)
      throws SQLException {
    double ra = result.getDouble(2);
    double dec = result.getDouble(3);
    FieldPlaces.Place place = places.of(ra, dec);
    if (place == null) {
      return null;
    }
    @Nullable Object[] cells = new @Nullable Object[digits.length + 2];
    cells[0] = result.getString(1);
    cells[1] = SkyCatalogue.rounded(place.x(), 1);
    cells[2] = SkyCatalogue.rounded(place.y(), 1);
    cells[3] = number(result, 4, digits[3]);
    cells[4] = number(result, 5, digits[4]);
    cells[5] = SkyCatalogue.rounded(ra, digits[1]);
    cells[6] = SkyCatalogue.rounded(dec, digits[2]);
    for (int i = SkyCatalogue.FIRST_VALUE; i < digits.length; i++) {
      cells[i + 2] = digits[i] < 0 ? result.getString(i + 1) : number(result, i + 1, digits[i]);
    }
    return new Row(place.field(), place.x(), place.y(), cells);
  }

  private static @Nullable Number number(ResultSet row, int column, int digits)
      throws SQLException {
    Double value = RunDatabase.number(row, column);
    return value == null ? null : SkyCatalogue.rounded(value, digits);
  }

  /** All that the page knows from the beginning. */
  private static Map<String, Object> view(
      String run, SkyTiles.Made tiles, SkyOutlines outlines, List<Written> catalogues) {
    List<Map<String, Object>> fields = new ArrayList<>();
    for (int k = 0; k < tiles.fields().size(); k++) {
      SkyTiles.Field field = tiles.fields().get(k);
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("ra", field.ra());
      out.put("dec", field.dec());
      out.put("widthDeg", field.widthDeg());
      out.put("depth", field.depth());
      out.put("tiles", tiles.path() + "/" + k);
      out.put("levels", field.levels());
      out.put("outlines", outlines.on(field));
      fields.add(out);
    }
    List<Map<String, Object>> layers = new ArrayList<>();
    for (Written w : catalogues) {
      SkyCatalogue c = w.catalogue();
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("key", c.key());
      out.put("mark", c.mark());
      out.put("flagged", c.flagged());
      out.put("shown", c.shown());
      out.put("title", c.title());
      out.put("one", c.one());
      out.put("table", c.table());
      out.put("idColumn", c.idColumn());
      out.put("kinds", c.kinds());
      out.put("magnitude", c.magnitude());
      out.put("values", c.values());
      out.put("bands", c.bands());
      out.put("fluxes", c.fluxes());
      out.put("flags", c.flags());
      out.put("drawn", w.drawn());
      out.put("count", c.count());
      out.put("nodes", w.nodes());
      layers.add(out);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("run", run);
    out.put("fields", fields);
    out.put("catalogues", layers);
    return out;
  }
}
