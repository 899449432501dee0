package org.starbeam.transforms.dataset;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.Encoder;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;

/**
 * Avro's binary encoding of what goes along every arrow of the graph, written out field by field.
 * Avro's own readers and writers find each field and each branch of a union by its schema; of the
 * time of a quantum without science that was the largest part.
 */
final class GraphEncoding {
  static {
    RecordCoder.trustRecords();
  }

  private static final QuantumStatus[] STATUSES = QuantumStatus.values();

  /** Branches of the payload's union; the first is null. */
  private static final List<Schema> PAYLOADS =
      QuantumResult.getClassSchema().getField("payload").schema().getTypes();

  private static final List<String> PAYLOAD_NAMES =
      PAYLOADS.stream().map(Schema::getFullName).toList();
  private static final List<SpecificDatumReader<SpecificRecord>> PAYLOAD_READERS =
      PAYLOADS.stream().map(schema -> new SpecificDatumReader<SpecificRecord>(schema)).toList();
  private static final List<SpecificDatumWriter<SpecificRecord>> PAYLOAD_WRITERS =
      PAYLOADS.stream().map(schema -> new SpecificDatumWriter<SpecificRecord>(schema)).toList();

  private GraphEncoding() {}

  static void write(QuantumInput input, Encoder out) throws IOException {
    out.writeString(input.getRole());
    write(input.getResult(), out);
  }

  static QuantumInput readInput(Decoder in) throws IOException {
    return new QuantumInput(in.readString(), readResult(in));
  }

  static void write(QuantumResult r, Encoder out) throws IOException {
    out.writeString(r.getTask());
    out.writeString(r.getQuantumId());
    out.writeString(r.getDataId());
    out.writeString(r.getWindow());
    out.writeLong(r.getEventTimeMs());
    out.writeEnum(r.getStatus().ordinal());
    writeRefs(r.getOutputs(), out);
    writeTexts(r.getRootCauses(), out);
    out.writeInt(r.getRootCauseCount());
    writePayload(r.getPayload(), out);
    out.writeInt(r.getFiring());
  }

  static QuantumResult readResult(Decoder in) throws IOException {
    QuantumResult r = new QuantumResult();
    r.setTask(in.readString());
    r.setQuantumId(in.readString());
    r.setDataId(in.readString());
    r.setWindow(in.readString());
    r.setEventTimeMs(in.readLong());
    r.setStatus(STATUSES[in.readEnum()]);
    r.setOutputs(readRefs(in));
    r.setRootCauses(readTexts(in));
    r.setRootCauseCount(in.readInt());
    r.setPayload(readPayload(in));
    r.setFiring(in.readInt());
    return r;
  }

  static void writeRefs(List<DatasetRef> refs, Encoder out) throws IOException {
    out.writeArrayStart();
    out.setItemCount(refs.size());
    for (DatasetRef ref : refs) {
      out.startItem();
      out.writeString(ref.getDatasetType());
      out.writeString(ref.getDataId());
      out.writeString(ref.getRun());
      out.writeString(ref.getPath());
      out.writeString(ref.getContentHash());
      out.writeLong(ref.getBytes());
    }
    out.writeArrayEnd();
  }

  static List<DatasetRef> readRefs(Decoder in) throws IOException {
    List<DatasetRef> refs = new ArrayList<>(1);
    for (long items = in.readArrayStart(); items > 0; items = in.arrayNext()) {
      for (long i = 0; i < items; i++) {
        DatasetRef ref = new DatasetRef();
        ref.setDatasetType(in.readString());
        ref.setDataId(in.readString());
        ref.setRun(in.readString());
        ref.setPath(in.readString());
        ref.setContentHash(in.readString());
        ref.setBytes(in.readLong());
        refs.add(ref);
      }
    }
    return refs;
  }

  static void skipRefs(Decoder in) throws IOException {
    for (long items = in.skipArray(); items > 0; items = in.skipArray()) {
      for (long i = 0; i < items; i++) {
        for (int text = 0; text < 5; text++) {
          in.skipString();
        }
        in.readLong();
      }
    }
  }

  static void writeTexts(List<String> texts, Encoder out) throws IOException {
    out.writeArrayStart();
    out.setItemCount(texts.size());
    for (String text : texts) {
      out.startItem();
      out.writeString(text);
    }
    out.writeArrayEnd();
  }

  private static List<String> readTexts(Decoder in) throws IOException {
    List<String> texts = new ArrayList<>(0);
    for (long items = in.readArrayStart(); items > 0; items = in.arrayNext()) {
      for (long i = 0; i < items; i++) {
        texts.add(in.readString());
      }
    }
    return texts;
  }

  static void writeOptional(@Nullable String text, Encoder out) throws IOException {
    out.writeIndex(text == null ? 0 : 1);
    if (text != null) {
      out.writeString(text);
    }
  }

  static void writeNumbers(Map<String, Double> numbers, Encoder out) throws IOException {
    Map<String, Double> sorted =
        numbers.size() < 2 || numbers instanceof SortedMap ? numbers : new TreeMap<>(numbers);
    out.writeMapStart();
    out.setItemCount(sorted.size());
    for (Map.Entry<String, Double> entry : sorted.entrySet()) {
      out.startItem();
      out.writeString(entry.getKey());
      out.writeDouble(entry.getValue());
    }
    out.writeMapEnd();
  }

  static Map<String, Double> readNumbers(Decoder in) throws IOException {
    long items = in.readMapStart();
    if (items == 0) {
      return Map.of();
    }
    Map<String, Double> numbers = new HashMap<>();
    for (; items > 0; items = in.mapNext()) {
      for (long i = 0; i < items; i++) {
        numbers.put(in.readString(), in.readDouble());
      }
    }
    return numbers;
  }

  static void writePayload(@Nullable Object payload, Encoder out) throws IOException {
    if (payload == null) {
      out.writeIndex(0);
      return;
    }
    SpecificRecord record = (SpecificRecord) payload;
    String name = record.getSchema().getFullName();
    int branch = PAYLOAD_NAMES.indexOf(name);
    if (branch < 0) {
      throw new IllegalArgumentException(name + " cannot be a payload");
    }
    out.writeIndex(branch);
    PAYLOAD_WRITERS.get(branch).write(record, out);
  }

  static @Nullable Object readPayload(Decoder in) throws IOException {
    int branch = in.readIndex();
    return branch == 0 ? null : PAYLOAD_READERS.get(branch).read(null, in);
  }
}
