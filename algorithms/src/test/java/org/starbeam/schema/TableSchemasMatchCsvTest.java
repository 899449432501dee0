package org.starbeam.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starbeam.testing.Shared;

/** The tables' Avro schemas say what {@code schema/*.csv} says, in the same order. */
class TableSchemasMatchCsvTest {
  enum Table {
    CcdVisit(CcdVisitRow.getClassSchema()),
    DiaObject(DiaObjectRow.getClassSchema()),
    DiaSource(DiaSourceRow.getClassSchema()),
    ForcedSource(ForcedSourceRow.getClassSchema()),
    ForcedSourceOnDiaObject(ForcedSourceOnDiaObjectRow.getClassSchema()),
    Object(ObjectRow.getClassSchema()),
    Source(SourceRow.getClassSchema()),
    Visit(VisitRow.getClassSchema());

    private final Schema schema;

    Table(Schema schema) {
      this.schema = schema;
    }
  }

  private static final String BAND = "{band}_";

  private record Column(String name, String type, String unit, String tier, String description) {}

  @ParameterizedTest
  @EnumSource
  void namesTypesUnitsTiersAndDescriptionsAreThoseOfTheCsv(Table table) throws IOException {
    List<Column> own = new ArrayList<>();
    List<Column> byBand = new ArrayList<>();
    for (List<String> line : csv(table.name())) {
      boolean banded = line.get(3).equals("true");
      assertThat(line.get(0).startsWith(BAND)).as(line.get(0)).isEqualTo(banded);
      String name = banded ? line.get(0).substring(BAND.length()) : line.get(0);
      (banded ? byBand : own)
          .add(new Column(name, line.get(1), line.get(2), line.get(4), line.get(5)));
    }
    assertThat(table.schema.getProp("table")).isEqualTo(table.name());
    assertThat(columns(table.schema)).isNotEmpty().isEqualTo(own);
    Schema.Field bands = table.schema.getField("bands");
    assertThat(bands != null).isEqualTo(!byBand.isEmpty());
    if (bands != null) {
      assertThat(columns(bands.schema().getValueType())).isEqualTo(byBand);
    }
  }

  private static List<Column> columns(Schema record) {
    List<Column> out = new ArrayList<>();
    for (Schema.Field field : record.getFields()) {
      if (!field.name().equals("bands")) {
        assertThat(field.schema().isNullable()).as(field.name()).isTrue();
        Schema type = field.schema().getTypes().get(1);
        String unit = field.getProp("unit");
        out.add(
            new Column(
                field.name(),
                type.getName(),
                unit == null ? "" : unit,
                field.getProp("tier"),
                field.doc()));
      }
    }
    return out;
  }

  private static List<List<String>> csv(String table) throws IOException {
    Path file = Shared.path("schema/" + table + ".csv");
    List<String> lines = Files.readAllLines(file);
    assertThat(lines.get(0)).isEqualTo("name,type,unit,per_band,tier,description");
    List<List<String>> out = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      out.add(cells(line));
    }
    return out;
  }

  private static List<String> cells(String line) {
    List<String> out = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        cell.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        out.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    out.add(cell.toString());
    return out;
  }
}
