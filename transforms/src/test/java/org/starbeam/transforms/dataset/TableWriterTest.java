package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ForcedSourceRow;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.RefStar;
import org.starbeam.schema.SourceRow;
import org.starbeam.schema.StarCandidate;
import org.starbeam.schema.VisitRow;

class TableWriterTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      classes = {
        SourceRow.class,
        ObjectRow.class,
        ForcedSourceRow.class,
        DiaSourceRow.class,
        VisitRow.class,
        CcdVisitRow.class,
        StarCandidate.class,
        RefStar.class,
        IsolatedStar.class
      })
  <T extends SpecificRecord> void everyRowComesBackFieldForField(Class<T> type) throws Exception {
    RandomRecords random = new RandomRecords();
    List<T> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(random.make(type));
    }
    Path file = directory.resolve("t.parquet");
    var written = TableWriter.write(file, type, rows, List.of(), List.of("g", "r"), Map.of());
    assertThat(written.rows()).isEqualTo(300);
    List<T> back = TableReader.read(file, type);
    assertThat(back).hasToString(rows.toString());
    assertThat(ContentHash.ofTable(file)).isEqualTo(written.contentHash());
  }

  /**
   * Writes a table after some identity hashes, which order hash sets of enum constants, are gone.
   */
  static final class OtherJvm {
    private OtherJvm() {}

    public static void main(String[] args) throws Exception {
      for (int i = 0; i < Integer.parseInt(args[1]); i++) {
        System.identityHashCode(new Object());
      }
      writeStars(Path.of(args[0]));
    }
  }

  private static void writeStars(Path file) throws Exception {
    RandomRecords random = new RandomRecords();
    List<StarCandidate> rows = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      rows.add(random.make(StarCandidate.class));
    }
    TableWriter.write(file, StarCandidate.class, rows, List.of(), List.of(), Map.of());
  }

  @Test
  void equalTablesAreEqualBytesWhateverJvmWritesThem() throws Exception {
    Path here = directory.resolve("here.parquet");
    writeStars(here);
    for (String skipped : List.of("0", "3", "8")) {
      Path there = directory.resolve("there" + skipped + ".parquet");
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin/java").toString(),
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  OtherJvm.class.getName(),
                  there.toString(),
                  skipped)
              .inheritIO()
              .start();
      assertThat(process.waitFor()).isZero();
      assertThat(there).hasSameBinaryContentAs(here);
    }
  }

  @Test
  void missingIsNullAndNeverNaN() throws Exception {
    SourceRow row = new SourceRow();
    row.setSourceId(1L);
    row.setPsfFlux(Double.NaN);
    row.setRa(Double.NaN);
    Path file = directory.resolve("t.parquet");
    TableWriter.write(file, SourceRow.class, List.of(row), List.of(), List.of(), Map.of());
    TableReader.forEach(
        file,
        stored -> {
          assertThat(stored.get("psfFlux")).isNull();
          assertThat(stored.get("ra")).isNull();
          assertThat(stored.get("sourceId")).isEqualTo(1L);
        });
  }

  @Test
  void aNumberThatCannotBeMissingComesBackAsNaN() throws Exception {
    StarCandidate star = new RandomRecords().make(StarCandidate.class);
    star.setRa(Double.NaN);
    Path file = directory.resolve("t.parquet");
    TableWriter.write(file, StarCandidate.class, List.of(star), List.of(), List.of(), Map.of());
    assertThat(TableReader.read(file, StarCandidate.class).get(0).getRa()).isNaN();
  }

  private static ObjectRow object(long id, String... bands) {
    ObjectRow row = new ObjectRow();
    row.setObjectId(id);
    Map<String, ObjectBand> measured = new LinkedHashMap<>();
    for (String band : bands) {
      ObjectBand one = new ObjectBand();
      one.setPsfFlux(id + band.charAt(0) / 1000f);
      measured.put(band, one);
    }
    row.setBands(measured);
    return row;
  }

  @Test
  void bandsBecomeColumnsInTheirOrderAndARowWithoutABandHasNulls() throws Exception {
    Path file = directory.resolve("object.parquet");
    List<ObjectRow> rows = List.of(object(1, "i", "g"), object(2, "g"));
    TableWriter.write(
        file,
        ObjectRow.class,
        rows,
        List.of("objectId", "{band}_psfFlux"),
        List.of("g", "r", "i"),
        Map.of());
    List<String> names = new ArrayList<>();
    TableReader.schema(file).getFields().forEach(field -> names.add(field.name()));
    assertThat(names).containsExactly("objectId", "g_psfFlux", "r_psfFlux", "i_psfFlux");
    List<ObjectRow> back = TableReader.read(file, ObjectRow.class);
    assertThat(back.get(0).getBands()).containsOnlyKeys("g", "i");
    assertThat(back.get(1).getBands()).containsOnlyKeys("g");
    assertThat(back.get(1).getBands().values())
        .extracting(ObjectBand::getPsfFlux)
        .containsExactly(2.103f);
  }

  /** What an earlier release did not have is missing. */
  @Test
  void aTableOfAnEarlierReleaseIsReadWithWhatItHas() throws Exception {
    Path file = directory.resolve("object.parquet");
    TableWriter.write(
        file,
        ObjectRow.class,
        List.of(object(1, "g")),
        List.of("objectId", "{band}_psfFlux"),
        List.of("g"),
        Map.of());
    ObjectRow row = TableReader.read(file, ObjectRow.class).get(0);
    assertThat(row.getObjectId()).isEqualTo(1);
    assertThat(row.getBands().get("g").getPsfFlux()).isEqualTo(1.103f);
    assertThat(row.getStarProb()).isNull();
    assertThat(row.getBands().get("g").getPsfFluxErr()).isNull();
    assertThat(row.getBands().get("g").getPsfFluxFlag()).isNull();
  }

  /** A column and a band's column that this release does not know, among those that it knows. */
  @Test
  void aTableOfALaterReleaseIsReadWithoutWhatIsNew() throws Exception {
    Path now = directory.resolve("now.parquet");
    Path later = directory.resolve("later.parquet");
    List<ObjectRow> rows = List.of(object(1, "g", "i"), object(2, "i"));
    TableWriter.write(
        now,
        ObjectRow.class,
        rows,
        List.of("objectId", "{band}_psfFlux"),
        List.of("g", "i"),
        Map.of());
    withNewColumns(now, later);
    assertThat(TableReader.schema(later).getFields()).hasSize(5);
    assertThat(TableReader.read(later, ObjectRow.class))
        .isEqualTo(TableReader.read(now, ObjectRow.class));
  }

  private static void withNewColumns(Path from, Path to) throws Exception {
    Schema old = TableReader.schema(from);
    List<Schema.Field> fields = new ArrayList<>();
    for (String added : List.of("redshift", "g_noveltyFlux")) {
      Schema optional =
          Schema.createUnion(Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.DOUBLE));
      fields.add(new Schema.Field(added, optional, "new", Schema.Field.NULL_DEFAULT_VALUE));
    }
    old.getFields().forEach(f -> fields.add(new Schema.Field(f, f.schema())));
    Schema schema = Schema.createRecord(old.getName(), "", old.getNamespace(), false, fields);
    Map<String, String> metadata = new LinkedHashMap<>();
    String described = TableReader.metadata(from).get(TableWriter.COLUMNS_KEY);
    metadata.put(
        TableWriter.COLUMNS_KEY,
        "[{\"name\":\"redshift\",\"field\":\"redshift\"},"
            + "{\"name\":\"g_noveltyFlux\",\"band\":\"g\",\"field\":\"noveltyFlux\"},"
            + described.substring(1));
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new ParquetFiles.Output(to))
            .withSchema(schema)
            .withDataModel(GenericData.get())
            .withConf(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetFiles.Codecs())
            .withExtraMetaData(metadata)
            .build()) {
      List<GenericRecord> rows = new ArrayList<>();
      TableReader.forEach(from, rows::add);
      for (GenericRecord row : rows) {
        GenericRecord more = new GenericData.Record(schema);
        more.put("redshift", 0.7);
        more.put("g_noveltyFlux", 12.5);
        old.getFields().forEach(f -> more.put(f.name(), row.get(f.name())));
        writer.write(more);
      }
    }
  }

  @Test
  void bandsWithoutAnOrderAreThoseOfTheRowsFromBlueToRed() throws Exception {
    Path file = directory.resolve("object.parquet");
    TableWriter.write(
        file,
        ObjectRow.class,
        List.of(object(1, "z", "g", "a")),
        List.of("{band}_psfFlux"),
        List.of(),
        Map.of());
    assertThat(TableReader.schema(file).getFields())
        .extracting(Schema.Field::name)
        .containsExactly("g_psfFlux", "z_psfFlux", "a_psfFlux");
  }

  @Test
  void unitsTiersAndDescriptionsAreInTheFile() throws Exception {
    Path file = directory.resolve("t.parquet");
    TableWriter.write(
        file, SourceRow.class, List.of(), List.of(), List.of(), Map.of("SB_CODE", "1"));
    Map<String, String> metadata = TableReader.metadata(file);
    assertThat(metadata).containsEntry("starbeam.table", "Source").containsEntry("SB_CODE", "1");
    JsonNode columns = CanonicalJson.parse(String.valueOf(metadata.get("starbeam.columns")));
    assertThat(columns)
        .anySatisfy(
            column -> {
              assertThat(column.get("name").asText()).isEqualTo("psfFlux");
              assertThat(column.get("unit").asText()).isEqualTo("nJy");
              assertThat(column.get("tier").asText()).isEqualTo("core");
              assertThat(column.get("description").asText()).isNotBlank();
            });
  }

  @Test
  void sameRowsGiveTheSameBytesAndHashWhateverTheMetadata() throws Exception {
    RandomRecords random = new RandomRecords();
    List<SourceRow> rows = List.of(random.make(SourceRow.class), random.make(SourceRow.class));
    Path first = directory.resolve("a.parquet");
    Path second = directory.resolve("b.parquet");
    Path third = directory.resolve("c.parquet");
    var one = TableWriter.write(first, SourceRow.class, rows, List.of(), List.of(), Map.of());
    TableWriter.write(second, SourceRow.class, rows, List.of(), List.of(), Map.of());
    var other =
        TableWriter.write(
            third, SourceRow.class, rows, List.of(), List.of(), Map.of("SB_INHSH", "x"));
    assertThat(second).hasSameBinaryContentAs(first);
    assertThat(other.contentHash()).isEqualTo(one.contentHash());
    var reversed =
        TableWriter.write(
            third,
            SourceRow.class,
            List.of(rows.get(1), rows.get(0)),
            List.of(),
            List.of(),
            Map.of());
    assertThat(reversed.contentHash()).isNotEqualTo(one.contentHash());
  }

  @Test
  void anUnknownColumnAndADamagedFileAreNamed() throws Exception {
    Path file = directory.resolve("t.parquet");
    assertThatThrownBy(
            () ->
                TableWriter.write(
                    file, SourceRow.class, List.of(), List.of("psfFlx"), List.of(), Map.of()))
        .hasMessageContaining("psfFlx");
    Files.writeString(file, "this is not a table at all, but long enough to look like one");
    assertThatThrownBy(() -> TableReader.read(file, SourceRow.class))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("t.parquet");
  }

  @Test
  void noHadoopConfigurationIsEverMade() throws Exception {
    TableWriter.write(
        directory.resolve("t.parquet"),
        SourceRow.class,
        List.of(new SourceRow()),
        List.of(),
        List.of(),
        Map.of());
    TableReader.read(directory.resolve("t.parquet"), SourceRow.class);
    assertThatThrownBy(() -> Class.forName("org.apache.hadoop.conf.Configuration"))
        .as("this class path cannot initialise a Hadoop configuration, so nothing has")
        .isInstanceOf(NoClassDefFoundError.class);
  }
}
