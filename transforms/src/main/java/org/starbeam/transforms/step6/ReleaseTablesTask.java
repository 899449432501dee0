package org.starbeam.transforms.step6;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Packs the rows of one table that lie in one HEALPix pixel of order 3 into one Parquet file, with
 * the column and the order of rows of a HATS catalogue: sorted by position and primary key; a file
 * without rows where parts are and none of their rows lies. Cost O(n log n) in the rows.
 */
public final class ReleaseTablesTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Order of the partitions. */
  public static final int PARTITION_ORDER = 3;

  static final String PART = "part";

  private final Config config;
  private final String name;
  private final DatasetType type;

  /**
   * @param bands order of the {@code {band}_} columns; empty for the order of wavelengths
   */
  record Config(List<String> bands) implements Serializable {
    Config {
      bands = List.copyOf(bands);
    }
  }

  private ReleaseTablesTask(Config config, String name, DatasetType type) {
    this.config = config;
    this.name = name;
    this.type = type;
  }

  /** The tables of a release. */
  static ReleaseTablesTask ofRelease(Config config) {
    return new ReleaseTablesTask(config, "releaseTables", DatasetTypes.RELEASE_TABLE);
  }

  /** The tables of one night each. */
  static ReleaseTablesTask ofNight(Config config) {
    return new ReleaseTablesTask(config, "nightTables", DatasetTypes.NIGHT_TABLE);
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        name,
        "step6",
        2,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(PART, 1)),
        List.of(type));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    ReleaseTable table = ReleaseTable.named(quantum.dataId().get("name"));
    return pack(table, table.rowClass(), quantum, context);
  }

  private <T extends SpecificRecord> Outcome pack(
      ReleaseTable table, Class<T> rowClass, Quantum quantum, QuantumContext context)
      throws IOException {
    long pixel = quantum.dataId().getLong("healpix3");
    Healpix grid = new Healpix(PARTITION_ORDER);
    List<T> rows = new ArrayList<>();
    Set<String> columns = new LinkedHashSet<>();
    Set<String> bands = new LinkedHashSet<>();
    for (String part : table.partTypes()) {
      for (DatasetRef ref : quantum.refs(PART, part)) {
        Path file = context.reader().path(ref);
        for (T row : TableReader.read(file, rowClass)) {
          if (table.hasPosition(row) && grid.pixel(table.ra(row), table.dec(row)) == pixel) {
            rows.add(row);
          }
        }
        addColumns(file, columns, bands);
        context.checkCancelled();
      }
    }
    rows.sort(table.order());
    List<String> order = TableSchemas.orderBands(bands, config.bands());
    context.stageFile(
        type,
        quantum.dataId(),
        file ->
            TableWriter.writePartition(
                file, rowClass, rows, List.copyOf(columns), order, table::healpix29));
    context.metric("rows", rows.size());
    return Outcome.done();
  }

  private static void addColumns(Path file, Set<String> names, Set<String> bands)
      throws IOException {
    String json = TableReader.metadata(file).getOrDefault(TableWriter.COLUMNS_KEY, "[]");
    for (JsonNode column : new ObjectMapper().readTree(json)) {
      names.add(column.path("name").asText());
      if (column.has("band")) {
        bands.add(column.path("band").asText());
      }
    }
  }
}
