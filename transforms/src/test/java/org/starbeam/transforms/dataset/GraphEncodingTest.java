package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;

/** What is written out field by field is what Avro itself writes and reads. */
class GraphEncodingTest {
  private static final int TIMES = 200;
  private final RandomRecords random = new RandomRecords();

  private static <T> byte[] bytes(DatumWriter<T> writer, T record) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    writer.write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private QuantumRecord record() {
    QuantumRecord record = random.make(QuantumRecord.class);
    record.setMetrics(new TreeMap<>(record.getMetrics()));
    return record;
  }

  private static BinaryDecoder decoder(byte[] bytes) {
    return DecoderFactory.get().binaryDecoder(bytes, null);
  }

  @ParameterizedTest
  @ValueSource(classes = {QuantumInput.class, QuantumResult.class})
  <T extends SpecificRecord> void anElementHasAvrosBytes(Class<T> type) throws Exception {
    SpecificDatumWriter<T> avro = new SpecificDatumWriter<>(type);
    for (int i = 0; i < TIMES; i++) {
      T record = random.make(type);
      byte[] ours = CoderUtils.encodeToByteArray(RecordCoder.of(type), record);
      assertThat(ours).isEqualTo(bytes(avro, record));
      assertThat(CoderUtils.decodeFromByteArray(RecordCoder.of(type), ours)).isEqualTo(record);
    }
  }

  @Test
  void aLedgerRecordHasAvrosBytesAndComesBackWhole() throws Exception {
    SpecificDatumWriter<QuantumRecord> avro = new SpecificDatumWriter<>(QuantumRecord.class);
    QuantumRecordReader reader = QuantumRecordReader.whole();
    QuantumRecord reused = new QuantumRecord();
    for (int i = 0; i < TIMES; i++) {
      QuantumRecord record = record();
      byte[] ours = bytes(QuantumRecordWriter.whole(), record);
      assertThat(ours).isEqualTo(bytes(avro, record));
      assertThat(reader.read(null, decoder(ours))).isEqualTo(record);
      assertThat(reader.read(reused, decoder(ours))).isEqualTo(record);
    }
  }

  /** Of records one after the other, so that what is skipped is skipped to the byte. */
  @Test
  void fieldsThatAreNotWantedAreEmptyAndAllOthersAsTheyWere() throws Exception {
    List<Schema.Field> fields = QuantumRecord.getClassSchema().getFields();
    for (Schema.Field field : fields) {
      if (isNumber(field)) {
        continue;
      }
      QuantumRecord first = record();
      QuantumRecord second = record();
      ByteArrayOutputStream both = new ByteArrayOutputStream();
      both.write(bytes(QuantumRecordWriter.whole(), first));
      both.write(bytes(QuantumRecordWriter.whole(), second));
      BinaryDecoder in = decoder(both.toByteArray());
      QuantumRecordReader reader = QuantumRecordReader.without(List.of(field.name()));
      for (QuantumRecord record : List.of(first, second)) {
        QuantumRecord read = reader.read(null, in);
        assertThat(String.valueOf(read.get(field.pos()))).isIn("", "[]", "{}", "null");
        read.put(field.pos(), record.get(field.pos()));
        assertThat(read).isEqualTo(record);
      }
      assertThat(in.isEnd()).isTrue();
    }
  }

  private static boolean isNumber(Schema.Field field) {
    return switch (field.schema().getType()) {
      case INT, LONG, DOUBLE, ENUM -> true;
      default -> false;
    };
  }

  @Test
  void whatIsNotChosenIsPassedOver() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    List<QuantumRecord> chosen = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      QuantumRecord record = record();
      all.write(bytes(QuantumRecordWriter.whole(), record));
      if (record.getStatus() == QuantumStatus.DONE) {
        chosen.add(record);
      }
    }
    QuantumRecordReader reader =
        QuantumRecordReader.whole().choosing(r -> r.getStatus() == QuantumStatus.DONE);
    List<QuantumRecord> read = new ArrayList<>();
    BinaryDecoder in = decoder(all.toByteArray());
    while (!in.isEnd()) {
      QuantumRecord record = reader.read(null, in);
      if (reader.chosen()) {
        read.add(record);
      }
    }
    assertThat(read).isNotEmpty().isEqualTo(chosen);
  }

  @Test
  void aLedgerOfAnotherVersionIsReadByAvro() throws Exception {
    Schema own = QuantumRecord.getClassSchema();
    List<Schema.Field> fewer =
        own.getFields().stream()
            .filter(field -> !field.name().equals("logRef"))
            .map(field -> new Schema.Field(field, field.schema()))
            .toList();
    Schema old = Schema.createRecord(own.getName(), null, own.getNamespace(), false, fewer);
    QuantumRecord record = record();
    byte[] bytes = bytes(new SpecificDatumWriter<>(old), record);
    QuantumRecordReader reader = QuantumRecordReader.whole();
    reader.setSchema(old);
    QuantumRecord read = reader.read(null, decoder(bytes));
    assertThat(read.getLogRef()).isNull();
    read.setLogRef(record.getLogRef());
    assertThat(read).isEqualTo(record);
  }
}
