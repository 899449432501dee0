package org.starbeam.pipelines.repository;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.Certification;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/**
 * Writes ledger records into the tables of a DuckDB database, one at a time, so that a ledger of
 * any size passes through. Every row carries the rank of its record: of one quantum the record of
 * the highest rank counts (latest launch, then ended before open, then last written).
 */
final class LedgerTables implements AutoCloseable {
  private static final int FENCE_BITS = 22;
  private static final int ORDINAL_BITS = 40;

  /** Dimensions of data ids that are columns, with their types. */
  static final Map<String, String> DIMENSIONS = dimensions();

  private final DuckDBAppender records;
  private final DuckDBAppender outputs;
  private final DuckDBAppender inputs;
  private final DuckDBAppender metrics;
  private final Payloads raws;
  private final Payloads summaries;
  private final Payloads certifications;
  private long ordinal;

  LedgerTables(DuckDBConnection connection) throws SQLException {
    String dimensionColumns =
        String.join(
            ", ",
            DIMENSIONS.entrySet().stream().map(d -> d.getKey() + " " + d.getValue()).toList());
    try (var statement = connection.createStatement()) {
      statement.execute(
          "create table record (rank bigint, quantum_id varchar, task varchar, step varchar,"
              + " data_id varchar, window_name varchar, attempt integer, fence bigint,"
              + " status varchar, caveats varchar, error_class varchar, error_code varchar,"
              + " message varchar, stack_hash varchar, signature varchar, root_causes varchar, input_hash varchar,"
              + " task_version integer, code_version varchar, start_tai_mjd double,"
              + " end_tai_mjd double, cpu_seconds double, wall_seconds double, alloc_bytes bigint,"
              + " bytes_read bigint, bytes_written bigint, host varchar, worker varchar, "
              + dimensionColumns
              + ")");
      statement.execute(
          "create table output (rank bigint, type varchar, data_id varchar, run varchar,"
              + " path varchar, hash varchar, bytes bigint, "
              + dimensionColumns
              + ")");
      statement.execute(
          "create table input (rank bigint, type varchar, data_id varchar, run varchar,"
              + " hash varchar)");
      statement.execute(
          "create table quantum_metric (rank bigint, name varchar, value double, unit varchar, "
              + dimensionColumns
              + ")");
    }
    records = connection.createAppender("main", "record");
    outputs = connection.createAppender("main", "output");
    inputs = connection.createAppender("main", "input");
    metrics = connection.createAppender("main", "quantum_metric");
    raws = new Payloads(connection, "raw_info", ObservationInfo.getClassSchema());
    summaries = new Payloads(connection, "summary", ExposureSummary.getClassSchema());
    certifications = new Payloads(connection, "certification", Certification.getClassSchema());
  }

  private static Map<String, String> dimensions() {
    Map<String, String> out = new java.util.LinkedHashMap<>();
    out.put("instrument", "varchar");
    out.put("day_obs", "bigint");
    out.put("exposure", "bigint");
    out.put("visit", "bigint");
    out.put("detector", "bigint");
    out.put("physical_filter", "varchar");
    out.put("tract", "bigint");
    out.put("patch", "bigint");
    out.put("band", "varchar");
    return out;
  }

  /** Larger for records that count more. */
  private static long rank(QuantumRecord record, long ordinal) {
    boolean open =
        record.getStatus() == QuantumStatus.RUNNING
            || record.getStatus().name().equals("ABORTED")
            || record.getStatus() == QuantumStatus.PLANNED;
    long launch = Math.min(record.getFence(), (1L << FENCE_BITS) - 1);
    return launch << (ORDINAL_BITS + 1) | (open ? 0L : 1L << ORDINAL_BITS) | ordinal;
  }

  void add(QuantumRecord r) throws SQLException {
    long rank = rank(r, ordinal++);
    Map<String, String> dimensions = parse(r.getDataId());
    records.beginRow();
    records.append(rank).append(r.getQuantumId()).append(r.getTask()).append(r.getStep());
    records.append(r.getDataId()).append(r.getWindow()).append(r.getAttempt());
    records.append(r.getFence()).append(r.getStatus().name());
    records.append(String.join(",", r.getCaveats())).append(r.getErrorClass());
    records.append(r.getErrorCode()).append(r.getMessage()).append(r.getStackHash());
    records.append(r.getSignature());
    records.append(String.join("; ", r.getRootCauses())).append(r.getInputHash());
    records.append(r.getTaskVersion()).append(r.getCodeVersion()).append(r.getStartTaiMjd());
    records.append(r.getEndTaiMjd()).append(r.getCpuSeconds()).append(r.getWallSeconds());
    records.append(r.getAllocBytes()).append(r.getBytesRead()).append(r.getBytesWritten());
    records.append(r.getHost()).append(r.getWorker());
    append(records, dimensions);
    records.endRow();
    if (r.getStatus() != QuantumStatus.DONE && r.getStatus() != QuantumStatus.ADOPTED) {
      addInputs(rank, r);
      return;
    }
    addInputs(rank, r);
    addOutputs(rank, r);
    addMetrics(rank, r, dimensions);
    addPayload(rank, r);
  }

  private void addInputs(long rank, QuantumRecord r) throws SQLException {
    for (DatasetRef ref : r.getInputs()) {
      inputs.beginRow();
      inputs.append(rank).append(ref.getDatasetType()).append(ref.getDataId());
      inputs.append(ref.getRun()).append(ref.getContentHash());
      inputs.endRow();
    }
  }

  private void addOutputs(long rank, QuantumRecord r) throws SQLException {
    for (DatasetRef ref : r.getOutputs()) {
      outputs.beginRow();
      outputs.append(rank).append(ref.getDatasetType()).append(ref.getDataId());
      outputs.append(ref.getRun()).append(ref.getPath()).append(ref.getContentHash());
      outputs.append(ref.getBytes());
      append(outputs, parse(ref.getDataId()));
      outputs.endRow();
    }
  }

  private void addMetrics(long rank, QuantumRecord r, Map<String, String> dimensions)
      throws SQLException {
    for (Map.Entry<String, Double> metric : r.getMetrics().entrySet()) {
      metrics.beginRow();
      metrics.append(rank).append(metric.getKey()).append(finite(metric.getValue()));
      metrics.append("");
      append(metrics, dimensions);
      metrics.endRow();
    }
  }

  private static @Nullable Double finite(@Nullable Double value) {
    return value != null && Double.isFinite(value) ? value : null;
  }

  private void addPayload(long rank, QuantumRecord r) throws SQLException {
    Object payload = r.getPayload();
    if (payload instanceof ObservationInfo info) {
      raws.add(rank, info);
    } else if (payload instanceof ExposureSummary summary) {
      summaries.add(rank, summary);
    } else if (payload instanceof Certification certification) {
      certifications.add(rank, certification);
    }
  }

  private static Map<String, String> parse(String dataId) {
    Map<String, String> out = new HashMap<>();
    int at = 0;
    while (at < dataId.length()) {
      int end = dataId.indexOf(',', at);
      end = end < 0 ? dataId.length() : end;
      int equals = dataId.indexOf('=', at);
      out.put(dataId.substring(at, equals), dataId.substring(equals + 1, end));
      at = end + 1;
    }
    return out;
  }

  private static void append(DuckDBAppender to, Map<String, String> dimensions)
      throws SQLException {
    for (Map.Entry<String, String> dimension : DIMENSIONS.entrySet()) {
      String value = dimensions.get(dimension.getKey());
      if (value == null) {
        to.appendNull();
      } else if (dimension.getValue().equals("bigint")) {
        to.append(Long.parseLong(value));
      } else {
        to.append(value);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    records.close();
    outputs.close();
    inputs.close();
    metrics.close();
    raws.close();
    summaries.close();
    certifications.close();
  }

  /** The plain fields of one kind of payload as columns, names in lower case with underscores. */
  private static final class Payloads implements AutoCloseable {
    private final List<Schema.Field> fields = new ArrayList<>();
    private final List<Schema.Type> types = new ArrayList<>();
    private final DuckDBAppender appender;

    Payloads(DuckDBConnection connection, String table, Schema schema) throws SQLException {
      StringBuilder columns = new StringBuilder("rank bigint");
      for (Schema.Field field : schema.getFields()) {
        Schema.Type type = plain(field.schema());
        String column =
            switch (type) {
              case INT, LONG -> "bigint";
              case FLOAT, DOUBLE -> "double";
              case BOOLEAN -> "boolean";
              case STRING -> "varchar";
              default -> "";
            };
        if (!column.isEmpty()) {
          fields.add(field);
          types.add(type);
          columns.append(", \"").append(snake(field.name())).append("\" ").append(column);
        }
      }
      try (var statement = connection.createStatement()) {
        statement.execute("create table " + table + " (" + columns + ")");
      }
      appender = connection.createAppender("main", table);
    }

    private static Schema.Type plain(Schema schema) {
      if (schema.getType() != Schema.Type.UNION) {
        return schema.getType();
      }
      return schema.getTypes().stream()
          .map(Schema::getType)
          .filter(t -> t != Schema.Type.NULL)
          .findFirst()
          .orElse(Schema.Type.NULL);
    }

    void add(long rank, SpecificRecord payload) throws SQLException {
      appender.beginRow();
      appender.append(rank);
      for (int i = 0; i < fields.size(); i++) {
        append(payload.get(fields.get(i).pos()), types.get(i));
      }
      appender.endRow();
    }

    private void append(@Nullable Object value, Schema.Type type) throws SQLException {
      if (value == null) {
        appender.appendNull();
        return;
      }
      switch (type) {
        case INT, LONG -> appender.append(((Number) value).longValue());
        case FLOAT, DOUBLE -> appender.append(finite(((Number) value).doubleValue()));
        case BOOLEAN -> appender.append((Boolean) value);
        default -> appender.append(value.toString());
      }
    }

    @Override
    public void close() throws SQLException {
      appender.close();
    }
  }

  /** {@code dayObs} as {@code day_obs}. */
  static String snake(String camel) {
    return camel.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }
}
