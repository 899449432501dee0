package org.starbeam.pipelines.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * What the export of a large Object table takes (specs/07 section 9.2): ten million rows of {@code
 * -Dstarbeam.hats.columns=40} columns, by the command in a JVM of its own with a small heap. It
 * needs disk below {@code java.io.tmpdir} for two copies of them, 60 bytes a row each with 40
 * columns.
 */
@EnabledIfSystemProperty(named = "starbeam.full", matches = "true")
class HatsScaleTest {
  private static final long ROWS = 10_000_000;
  private static final String HEAP = "-Xmx2g";
  private static final int COLUMNS = Integer.getInteger("starbeam.hats.columns", 40);
  private static final List<String> BANDS = List.of("g", "r", "i");
  private static final int PARTS = 16;
  private static final long FIRST_PART = 304;

  @TempDir Path directory;

  @Test
  void tenMillionRowsPassThroughASmallHeap() throws Exception {
    Path repository = directory.resolve("repository");
    makeRun(repository);
    Path out = directory.resolve("catalogs");
    Path log = directory.resolve("export.log");
    long start = System.nanoTime();
    Process export =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "export",
                HatsRun.RUN,
                "--repo",
                repository.toString(),
                "--what",
                "Object",
                "--format",
                "hats",
                "--threads",
                "2",
                "--out",
                out.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Used used = watch(export);
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(export.exitValue()).as(Files.readString(log)).isZero();
    HatsLint lint = new HatsLint(out.resolve("object"));
    System.out.printf(
        "HATS: %,d rows of %d columns, %d partitions, in %.0f s (%.0f CPU s): %,.0f rows/s; most"
            + " memory of the process %,d MB with %s; %,d MB written%n",
        ROWS,
        COLUMNS,
        HatsLint.partitions(lint.primary()).size(),
        seconds,
        used.cpuSeconds,
        ROWS / seconds,
        used.peakKilobytes >> 10,
        HEAP,
        HatsCatalog.bytes(out) >> 20);
    lint.check();
    assertThat(
            HatsLint.ask(
                "select count(*) n, count(distinct objectId) d, min(objectId) a, max(objectId) b from read_parquet('%s/dataset/*/*/*.parquet')"
                    .formatted(lint.primary())))
        .containsExactly(Map.of("n", ROWS, "d", ROWS, "a", 1L, "b", ROWS));
  }

  /** What a process took; memory is zero where the system does not tell. */
  private record Used(double cpuSeconds, long peakKilobytes) {}

  private static Used watch(Process process) throws IOException, InterruptedException {
    double cpu = 0;
    long peak = 0;
    Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
    while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
      cpu = process.info().totalCpuDuration().map(Duration::toMillis).orElse(0L) / 1e3;
      if (Files.isReadable(status)) {
        for (String line : Files.readAllLines(status)) {
          if (line.startsWith("VmHWM:")) {
            peak = Long.parseLong(line.replaceAll("[^0-9]", ""));
          }
        }
      }
    }
    return new Used(cpu, peak);
  }

  /** A field that is denser towards one side, in parts as the pipeline packs them. */
  private static void makeRun(Path repository) throws IOException {
    Files.createDirectories(repository.resolve("runs/r/campaign"));
    List<TableSchemas.Column> columns =
        ReleaseTable.OBJECT.columns(BANDS).stream()
            .filter(c -> c.tier().equals("core"))
            .limit(COLUMNS)
            .toList();
    CampaignContext context =
        CampaignContext.of(repository, HatsRun.RUN).withRetryDelaysMillis(List.of());
    long first = 1;
    try (QuantumTester tester = QuantumTester.in(context)) {
      for (int part = 0; part < PARTS; part++) {
        long next = 1 + ROWS * (part + 1) * (part + 2) / (PARTS * (PARTS + 1));
        tester
            .run(
                new Part(FIRST_PART + part, first, (int) (next - first), columns),
                DataId.of("healpix3", FIRST_PART + part, "name", "Object"))
            .requireDone();
        first = next;
      }
    }
  }

  /**
   * Writes a part of the table with DuckDB: places along the sky, ids in their order, numbers of
   * four significant digits.
   */
  private record Part(long pixel, long first, int rows, List<TableSchemas.Column> columns)
      implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "releaseTables", "step6", 1, "{}", List.of(), List.of(DatasetTypes.RELEASE_TABLE));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      context.stageFile(
          DatasetTypes.RELEASE_TABLE,
          quantum.dataId(),
          file -> {
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
              places((DuckDBConnection) connection);
              try (Statement statement = connection.createStatement()) {
                statement.execute(copy(file));
              }
            } catch (SQLException e) {
              throw new IOException(e);
            }
          });
      return Outcome.done();
    }

    private void places(DuckDBConnection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute("create table place (id bigint, h bigint, ra double, dec double)");
      }
      Healpix.Range range = Healpix.range(pixel, 3, 29);
      try (DuckDBAppender appender = connection.createAppender("main", "place")) {
        for (int row = 0; row < rows; row++) {
          double along = Math.pow((row + 0.5) / rows, 1.3);
          long index = range.first() + (long) (along * (range.end() - range.first()));
          SkyPoint place = HatsRun.ROWS.center(index);
          appender.beginRow();
          appender.append(first + row).append(index).append(place.raDeg()).append(place.decDeg());
          appender.endRow();
        }
      }
    }

    private String copy(Path file) {
      ArrayNode described = JsonNodeFactory.instance.arrayNode();
      StringBuilder select = new StringBuilder("h as " + TableSchemas.HEALPIX_COLUMN);
      for (int k = 0; k < columns.size(); k++) {
        TableSchemas.Column column = columns.get(k);
        select.append(", ").append(value(column, k)).append(" as ").append(quoted(column.name()));
        ObjectNode one = described.addObject().put("name", column.name());
        one.put("description", column.description()).put("unit", column.unit());
        one.put("tier", column.tier());
        if (column.band() != null) {
          one.put("band", column.band()).put("field", column.field());
        }
      }
      return "copy (select %s from place) to '%s' (format parquet, compression zstd, kv_metadata {'%s': 'Object', '%s': '%s'})"
          .formatted(
              select,
              file,
              TableWriter.TABLE_KEY,
              TableWriter.COLUMNS_KEY,
              described.toString().replace("'", "''"));
    }

    private static String quoted(String name) {
      return '"' + name + '"';
    }

    private static String value(TableSchemas.Column column, int k) {
      String bits = "hash(id * 1000 + %d)".formatted(k);
      return switch (column.name()) {
        case "objectId" -> "id";
        case "coord_ra" -> "ra";
        case "coord_dec" -> "dec";
        default ->
            switch (type(column.type())) {
              case FLOAT -> "(%s %% 10000 / 64)::float".formatted(bits);
              case DOUBLE -> "(%s %% 10000 / 64)::double".formatted(bits);
              case INT -> "(%s %% 16)::integer".formatted(bits);
              case LONG -> "(%s %% 16)::bigint".formatted(bits);
              case BOOLEAN -> "%s %% 16 = 0".formatted(bits);
              default -> "'r'";
            };
      };
    }

    private static Schema.Type type(Schema schema) {
      return schema.isUnion()
          ? schema.getTypes().stream()
              .map(Schema::getType)
              .filter(t -> t != Schema.Type.NULL)
              .findFirst()
              .orElseThrow()
          : schema.getType();
    }
  }
}
