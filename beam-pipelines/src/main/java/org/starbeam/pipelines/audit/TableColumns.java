package org.starbeam.pipelines.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.dataset.TableSchemas.Column;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * The columns of a table three times: as they are in the files, as the files describe them, and as
 * the schema declares them.
 */
final class TableColumns {
  private static final String NO_DATA = "pixelFlags_nodata";

  private final String table;
  private final Map<String, String> types = new LinkedHashMap<>();
  private final Map<String, JsonNode> described = new LinkedHashMap<>();
  private final Map<String, Column> declared = new LinkedHashMap<>();

  /**
   * @param metadata what the files say of their columns: name, unit, description, band
   */
  TableColumns(RunDatabase database, ReleaseTable table, JsonNode metadata) {
    this.table = table.tableName();
    Set<String> bands = new LinkedHashSet<>();
    for (JsonNode column : metadata) {
      described.put(column.path("name").asText(), column);
      if (column.hasNonNull("band")) {
        bands.add(column.path("band").asText());
      }
    }
    table.columns(List.copyOf(bands)).forEach(column -> declared.put(column.name(), column));
    database.each(
        "select column_name, column_type from (describe \"" + table.tableName() + "\")",
        row -> types.put(row.getString(1), row.getString(2)));
    types.remove(TableSchemas.HEALPIX_COLUMN);
  }

  String table() {
    return table;
  }

  /** Names in the files, in their order. */
  Set<String> names() {
    return types.keySet();
  }

  boolean has(String column) {
    return types.containsKey(column);
  }

  /** Type in the files as DuckDB names it; empty for a column that is not there. */
  String type(String column) {
    return types.getOrDefault(column, "");
  }

  /** Columns of the schema. */
  Map<String, Column> declared() {
    return declared;
  }

  /** What the files say of a column: unit, description; empty when they do not. */
  String described(String column, String what) {
    JsonNode said = described.get(column);
    return said == null ? "" : said.path(what).asText();
  }

  Finding finding(Grade grade, String column, String rule, long rows, String text) {
    Column known = declared.get(column);
    return new Finding(grade, table, column, known == null ? null : known.band(), rule, rows, text);
  }

  /** The flags in the files that say that a value of a column may be missing. */
  List<String> flags(String column) {
    return flags(column, types.keySet());
  }

  /** The same of the schema. */
  List<String> declaredFlags(String column) {
    return flags(column, declared.keySet());
  }

  /** Flags of the column's band or, where there are none, of the row and of a band without data. */
  private List<String> flags(String column, Set<String> among) {
    Column known = declared.get(column);
    String band = known == null ? null : known.band();
    if (known == null || band == null) {
      return FlagRules.of(column, among);
    }
    String prefix = band + "_";
    List<String> ofBand = new ArrayList<>();
    for (String name : among) {
      if (name.startsWith(prefix)) {
        ofBand.add(name.substring(prefix.length()));
      }
    }
    List<String> own = FlagRules.of(known.field(), ofBand).stream().map(f -> prefix + f).toList();
    if (!own.isEmpty()) {
      return own;
    }
    List<String> ofRow = new ArrayList<>(FlagRules.of(known.field(), among));
    if (!ofRow.isEmpty() && ofBand.contains(NO_DATA)) {
      ofRow.add(prefix + NO_DATA);
    }
    return ofRow;
  }

  /** The value that a column is the error of, when the table has it. */
  @Nullable String valueOf(String error) {
    String value = error.endsWith("Err") ? error.substring(0, error.length() - 3) : "";
    return types.containsKey(value) ? value : null;
  }

  /**
   * A column that should be like this one and not the same: forced and free, direct and difference.
   */
  @Nullable String twin(String column) {
    String other =
        column.equals("psfDiffFlux") ? "psfFlux" : column.replaceFirst("(^|_)free_", "$1");
    return !other.equals(column) && types.containsKey(other) ? other : null;
  }
}
