package org.starbeam.transforms.step6;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.DiaObjectBand;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.quantum.QuantumTester;

class ReleaseTablesTaskTest {
  @TempDir Path repository;

  private static DiaObjectRow row(long id, double ra, String band) {
    DiaObjectRow row = new DiaObjectRow();
    row.setDiaObjectId(id);
    row.setRa(ra);
    row.setDec(10.0);
    DiaObjectBand flux = new DiaObjectBand();
    flux.setPsfFluxNdata(3);
    row.setBands(Map.of(band, flux));
    return row;
  }

  private QuantumTester.Ended pack(QuantumTester tester, double ra, List<DiaObjectRow> rows)
      throws Exception {
    DataId part = DataId.of("healpix8", rows.size());
    long pixel = new Healpix(ReleaseTablesTask.PARTITION_ORDER).pixel(ra, 10);
    return tester
        .run(
            ReleaseTablesTask.ofRelease(new ReleaseTablesTask.Config(List.of())),
            DataId.of("healpix3", pixel, "name", "DiaObject"),
            tester.input(
                ReleaseTablesTask.PART,
                tester
                    .given("diaObjects", part)
                    .table(DatasetTypes.DIA_OBJECT, part, DiaObjectRow.class, rows)
                    .result()))
        .requireDone();
  }

  @Test
  void aPartitionHasItsOwnRowsInTheOrderOfTheSky() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      List<DiaObjectRow> rows = List.of(row(3, 40, "g"), row(1, 40, "g"), row(2, 80, "g"));
      QuantumTester.Ended end = pack(tester, 40, rows);
      assertThat(end.table(DatasetTypes.RELEASE_TABLE, DiaObjectRow.class))
          .extracting(DiaObjectRow::getDiaObjectId)
          .containsExactly(1L, 3L);
    }
  }

  @Test
  void withoutRowsThereIsATableWithTheColumns() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      QuantumTester.Ended elsewhere = pack(tester, 80, List.of(row(1, 40, "g")));
      assertThat(elsewhere.table(DatasetTypes.RELEASE_TABLE, DiaObjectRow.class)).isEmpty();
      String columns =
          TableReader.metadata(elsewhere.path(DatasetTypes.RELEASE_TABLE))
              .get(TableWriter.COLUMNS_KEY);
      assertThat(columns).contains("\"diaObjectId\"", "\"g_psfFluxNdata\"");
      QuantumTester.Ended nowhere = pack(tester, 40, List.of());
      assertThat(nowhere.table(DatasetTypes.RELEASE_TABLE, DiaObjectRow.class)).isEmpty();
    }
  }
}
