package org.starbeam.pipelines.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;

/**
 * What {@code hats.read_hats} and {@code hats.io.validation.is_valid_collection(strict=True)} of
 * HATS 0.9 ask of a collection, read here with {@link Properties}, DuckDB and the Parquet project's
 * own structures, none of which wrote it.
 */
final class HatsLint {
  /** Keys beyond its own that {@code CollectionProperties} lets pass. */
  private static final Set<String> EXTRA =
      Set.of(
          "obs_title",
          "hats_builder",
          "hats_creation_date",
          "hats_estsize",
          "hats_release_date",
          "hats_version");

  private static final Pattern FILE =
      Pattern.compile("Norder=(\\d+)/Dir=(\\d+)/Npix=(\\d+)\\.parquet");

  private final Path root;
  private final Map<String, String> collection;

  HatsLint(Path root) throws IOException {
    this.root = root;
    this.collection = properties(root.resolve("collection.properties"));
  }

  /** A partition as the file list has it. */
  record Pixel(int order, long pixel) {
    long first() {
      return pixel << 2 * (29 - order);
    }

    long end() {
      return (pixel + 1) << 2 * (29 - order);
    }

    String path() {
      return "Norder=%d/Dir=%d/Npix=%d.parquet".formatted(order, pixel / 10000 * 10000, pixel);
    }
  }

  static Map<String, String> properties(Path file) throws IOException {
    Properties read = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      read.load(in);
    }
    Map<String, String> out = new HashMap<>();
    read.forEach((key, value) -> out.put(key.toString(), value.toString()));
    return out;
  }

  /** Directory of the catalogue itself. */
  Path primary() {
    return root.resolve(collection.get("hats_primary_table_url"));
  }

  Path margin() {
    return root.resolve(collection.get("default_margin"));
  }

  Path index() {
    return root.resolve(collection.get("all_indexes").split(" ")[1]);
  }

  /** Everything that needs no rows but their HEALPix index. */
  void check() throws Exception {
    checkCollection();
    checkCatalog(primary());
    checkCatalog(margin());
    checkMap();
    checkIndex();
    Map<String, String> of = properties(margin().resolve("hats.properties"));
    assertThat(of).containsEntry("dataproduct_type", "margin");
    assertThat(Double.parseDouble(of.get("hats_margin_threshold"))).isEqualTo(10);
    assertThat(margin().resolve(of.get("hats_primary_table_url")).normalize())
        .isEqualTo(primary().normalize());
    assertThat(new TreeSet<>(partitions(primary()).stream().map(Pixel::path).toList()))
        .containsAll(partitions(margin()).stream().map(Pixel::path).toList());
  }

  private void checkCollection() {
    Set<String> keys = new TreeSet<>(collection.keySet());
    keys.removeAll(EXTRA);
    assertThat(keys)
        .containsExactlyInAnyOrder(
            "obs_collection",
            "hats_primary_table_url",
            "all_margins",
            "default_margin",
            "all_indexes",
            "default_index");
    assertThat(collection.get("all_indexes").split(" ")).hasSize(2);
    assertThat(collection.get("all_margins")).isEqualTo(collection.get("default_margin"));
  }

  /** A catalogue of positions: properties, list, files and metadata say the same. */
  private void checkCatalog(Path catalog) throws Exception {
    Map<String, String> of = properties(catalog.resolve("hats.properties"));
    assertThat(of).isEqualTo(properties(catalog.resolve("properties")));
    assertThat(of)
        .containsEntry("obs_collection", catalog.getFileName().toString())
        .containsEntry("hats_col_healpix", "_healpix_29")
        .containsEntry("hats_col_healpix_order", "29")
        .containsEntry("hats_npix_suffix", ".parquet")
        .containsEntry("hats_version", "v1.0")
        .containsKeys("hats_nrows", "hats_col_ra", "hats_col_dec", "hats_estsize");
    List<Pixel> listed = partitions(catalog);
    assertThat(listed)
        .doesNotHaveDuplicates()
        .isSortedAccordingTo(Comparator.comparingLong(Pixel::first));
    for (int i = 1; i < listed.size(); i++) {
      assertThat(listed.get(i).first()).isGreaterThanOrEqualTo(listed.get(i - 1).end());
    }
    Path dataset = catalog.resolve("dataset");
    assertThat(parquetFiles(dataset)).isEqualTo(listed.stream().map(Pixel::path).sorted().toList());
    long rows = checkMetadata(dataset, listed);
    assertThat(of).containsEntry("hats_nrows", String.valueOf(rows));
    checkRows(dataset, listed);
    List<String> columns =
        ask(
                "select name from parquet_schema('%s') offset 1"
                    .formatted(dataset.resolve("_metadata")))
            .stream()
            .map(row -> row.get("name").toString())
            .toList();
    assertThat(columns).startsWith("_healpix_29");
    assertThat(columns)
        .contains(of.get("hats_col_ra"), of.get("hats_col_dec"))
        .contains(of.get("hats_cols_default").split(" "));
  }

  /** Row groups are those of the files, in the order of the list; statistics are there. */
  private static long checkMetadata(Path dataset, List<Pixel> listed) throws IOException {
    FileMetaData all = footer(dataset.resolve("_metadata"));
    FileMetaData common = footer(dataset.resolve("_common_metadata"));
    assertThat(common.getRow_groups()).isEmpty();
    assertThat(common.getNum_rows()).isZero();
    assertThat(common.getSchema()).isEqualTo(all.getSchema());
    List<String> paths = new ArrayList<>();
    long rows = 0;
    for (RowGroup group : all.getRow_groups()) {
      Set<String> ofGroup = new TreeSet<>();
      for (ColumnChunk column : group.getColumns()) {
        ofGroup.add(column.getFile_path());
        assertThat(column.getMeta_data().getStatistics().getNull_count()).isNotNegative();
      }
      assertThat(ofGroup).hasSize(1);
      paths.addAll(ofGroup);
      rows += group.getNum_rows();
      assertThat(group.getNum_rows()).isLessThanOrEqualTo(131_072);
    }
    assertThat(paths.stream().distinct().toList())
        .isEqualTo(listed.stream().map(Pixel::path).toList());
    assertThat(all.getNum_rows()).isEqualTo(rows);
    return rows;
  }

  static FileMetaData footer(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    assertThat(new String(bytes, 0, 4)).isEqualTo("PAR1");
    assertThat(new String(bytes, bytes.length - 4, 4)).isEqualTo("PAR1");
    int length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(bytes.length - 8);
    return Util.readFileMetaData(
        new ByteArrayInputStream(bytes, bytes.length - 8 - length, length));
  }

  /** Rows are sorted; those of a partition lie in it, those of its margin outside. */
  private void checkRows(Path dataset, List<Pixel> listed) throws SQLException {
    boolean outside = dataset.startsWith(margin());
    List<String> seen = new ArrayList<>();
    String rows =
        "select filename f, _healpix_29 h, lag(h) over (partition by f order by file_row_number) p,"
            + " regexp_extract(f, 'Norder=([0-9]+)', 1)::integer o,"
            + " regexp_extract(f, 'Npix=([0-9]+)', 1)::bigint x"
            + " from read_parquet('%s/*/*/*.parquet', filename = true, file_row_number = true)";
    String summary =
        "select f, count(*) n, count_if(coalesce(h < p, false)) unsorted, count_if(h >> (2 * (29 - o)) = x) inside"
            + " from (%s) group by f";
    if (listed.isEmpty()) {
      return;
    }
    for (Map<String, Object> row : ask(summary.formatted(rows.formatted(dataset)))) {
      seen.add(ofPath((String) row.get("f")).path());
      assertThat(number(row, "n")).isPositive();
      assertThat(number(row, "unsorted")).isZero();
      assertThat(number(row, "inside")).isEqualTo(outside ? 0 : number(row, "n"));
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(listed.stream().map(Pixel::path).toList());
  }

  private static long number(Map<String, Object> row, String name) {
    return ((Number) row.get(name)).longValue();
  }

  private void checkMap() throws Exception {
    Map<String, String> of = properties(primary().resolve("hats.properties"));
    int order = Integer.parseInt(of.get("hats_skymap_order"));
    byte[] map = Files.readAllBytes(primary().resolve("skymap.fits"));
    assertThat(Files.readAllBytes(primary().resolve("point_map.fits"))).isEqualTo(map);
    try (FitsReader reader = FitsReader.of("skymap.fits", map)) {
      FitsTable table = reader.readTable(reader.hdus().get(1));
      int[] counts = (int[]) table.columns().values().iterator().next();
      assertThat(counts).hasSize(12 << 2 * order);
      for (Map<String, Object> row :
          ask(
              "select (_healpix_29 >> %d)::integer p, count(*) n from '%s/dataset/*/*/*.parquet' group by p"
                  .formatted(2 * (29 - order), primary()))) {
        int pixel = (Integer) row.get("p");
        assertThat((long) counts[pixel]).isEqualTo(row.get("n"));
        counts[pixel] = 0;
      }
      assertThat(counts).containsOnly(0);
    }
  }

  /** The index names, for each value, exactly the partitions with a row of it. */
  private void checkIndex() throws Exception {
    Path index = index();
    Map<String, String> of = properties(index.resolve("hats.properties"));
    String column = collection.get("default_index");
    assertThat(of).containsEntry("dataproduct_type", "index");
    assertThat(of).containsEntry("hats_index_column", column);
    assertThat(of).containsKey("hats_primary_table_url");
    checkIndexFiles(index);
    String rows =
        "select distinct %s id, Norder::integer o, Npix::bigint p from '%s/dataset/index/*.parquet'"
            .formatted(column, index);
    String truth =
        ("select distinct %s id, Norder::integer o,"
                + " regexp_extract(filename, 'Npix=([0-9]+)', 1)::bigint p from"
                + " read_parquet('%s/dataset/*/*/*.parquet', hive_partitioning = true, filename = true)")
            .formatted(column, primary());
    assertThat(ask("(%s) except (%s)".formatted(rows, truth))).isEmpty();
    assertThat(ask("(%s) except (%s)".formatted(truth, rows))).isEmpty();
    long counted =
        (Long)
            ask("select count(*) n from '%s/dataset/index/*.parquet'".formatted(index))
                .get(0)
                .get("n");
    assertThat(of).containsEntry("hats_nrows", String.valueOf(counted));
  }

  private static void checkIndexFiles(Path index) throws IOException {
    Path dataset = index.resolve("dataset");
    List<String> files = parquetFiles(dataset);
    List<String> named =
        footer(dataset.resolve("_metadata")).getRow_groups().stream()
            .map(group -> group.getColumns().get(0).getFile_path())
            .distinct()
            .sorted()
            .toList();
    assertThat(named).isEqualTo(files);
    assertThat(dataset.resolve("_common_metadata")).exists();
  }

  static List<String> parquetFiles(Path dataset) throws IOException {
    try (Stream<Path> files = Files.walk(dataset)) {
      return files
          .filter(f -> f.toString().endsWith(".parquet"))
          .map(f -> dataset.relativize(f).toString())
          .sorted()
          .toList();
    }
  }

  static List<Pixel> partitions(Path catalog) throws IOException {
    List<String> lines = Files.readAllLines(catalog.resolve("partition_info.csv"));
    assertThat(lines.get(0)).isEqualTo("Norder,Npix");
    return lines.stream()
        .skip(1)
        .map(line -> line.split(","))
        .map(p -> new Pixel(Integer.parseInt(p[0]), Long.parseLong(p[1])))
        .toList();
  }

  static Pixel ofPath(String path) {
    Matcher m = FILE.matcher(path);
    assertThat(m.find()).isTrue();
    return new Pixel(Integer.parseInt(m.group(1)), Long.parseLong(m.group(3)));
  }

  /** Rows of a query of DuckDB. */
  static List<Map<String, Object>> ask(String sql) throws SQLException {
    List<Map<String, Object>> out = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      int n = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 1; i <= n; i++) {
          row.put(rows.getMetaData().getColumnLabel(i), rows.getObject(i));
        }
        out.add(row);
      }
    }
    return out;
  }
}
