package org.starbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.transforms.dataset.TableWriter;

/** Another program reads what the table writer wrote. */
class TablesInDuckDbTest {
  @TempDir Path directory;

  private static ObjectRow object(long id, Double psfFlux) {
    ObjectRow row = new ObjectRow();
    row.setObjectId(id);
    row.setRefBand("r");
    ObjectBand band = new ObjectBand();
    band.setPsfFlux(psfFlux == null ? null : psfFlux.floatValue());
    band.setPsfFluxFlag(psfFlux == null);
    row.setBands(Map.of("r", band));
    return row;
  }

  private List<String> query(String sql) throws Exception {
    List<String> out = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet rows = connection.createStatement().executeQuery(sql)) {
      while (rows.next()) {
        List<String> cells = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          cells.add(rows.getString(i));
        }
        out.add(cells.toString());
      }
    }
    return out;
  }

  @Test
  void bandColumnsNullsAndFlagsAreWhatWasWritten() throws Exception {
    Path file = directory.resolve("object.parquet");
    List<ObjectRow> rows =
        List.of(object(4_758_498_612_931_985_409L, 3.5), object(2, null), object(3, Double.NaN));
    TableWriter.write(file, ObjectRow.class, rows, List.of(), List.of("g", "r"), Map.of());
    assertThat(
            query(
                "select objectId, refBand, r_psfFlux, r_psfFlux_flag, g_psfFlux from '"
                    + file
                    + "' order by objectId"))
        .containsExactly(
            "[2, r, null, true, null]",
            "[3, r, null, false, null]",
            "[4758498612931985409, r, 3.5, false, null]");
    assertThat(
            query(
                "select decode(value)::JSON->>'$[0].name' from parquet_kv_metadata('"
                    + file
                    + "') where decode(key) = 'starbeam.columns'"))
        .containsExactly("[objectId]");
  }

  @Test
  void listsAndMapsAreListsAndMaps() throws Exception {
    Path file = directory.resolve("stars.parquet");
    IsolatedStar star =
        IsolatedStar.newBuilder()
            .setStarKey(7)
            .setRa(1.5)
            .setDec(-2)
            .setNVisit(2)
            .setMeanInstFlux(Map.of("r", 10.0, "g", 5.0))
            .setMemberSourceIds(List.of(11L, 12L))
            .setMemberVisits(List.of(1L, 2L))
            .setMemberDetectors(List.of(3, 4))
            .build();
    TableWriter.write(file, IsolatedStar.class, List.of(star), List.of(), List.of(), Map.of());
    assertThat(
            query(
                "select starKey, memberSourceIds[2], len(memberDetectors), meanInstFlux['g']"
                    + " from '"
                    + file
                    + "'"))
        .containsExactly("[7, 12, 2, 5.0]");
  }
}
