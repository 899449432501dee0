package org.starbeam.transforms.dataset;

import com.google.common.io.CountingOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;

/**
 * Coder of a generated Avro record: its binary encoding with the schema compiled in. Loading the
 * class makes Avro trust the records of {@code org.starbeam.schema}, in every JVM that decodes one,
 * without a system property. Sizes of what it writes are counted in {@link RecordSizes}.
 */
public final class RecordCoder<T extends SpecificRecord> extends CustomCoder<T> {
  private static final long serialVersionUID = 1L;
  private static final String TRUSTED = "org.starbeam.schema.";

  static {
    ClassSecurityPredicate previous = ClassSecurityValidator.getGlobal();
    ClassSecurityValidator.setGlobal(
        type -> type.getName().startsWith(TRUSTED) || previous.isTrusted(type));
  }

  private final Class<T> type;
  private transient volatile DatumWriter<T> writer;
  private transient volatile DatumReader<T> reader;

  @SuppressWarnings("NullAway.Init")
  private RecordCoder(Class<T> type) {
    this.type = type;
  }

  public static <T extends SpecificRecord> RecordCoder<T> of(Class<T> type) {
    return new RecordCoder<>(type);
  }

  /** Makes Avro trust Starbeam's records in this JVM, for code that reads Avro without a coder. */
  public static void trustRecords() {
    // Calling it has loaded the class, and with it the static initialiser.
  }

  public static Schema schema(Class<? extends SpecificRecord> type) {
    return SpecificData.get().getSchema(type);
  }

  @Override
  public void encode(T value, OutputStream out) throws IOException {
    DatumWriter<T> w = writer;
    if (w == null) {
      w = newWriter();
      writer = w;
    }
    CountingOutputStream counted = new CountingOutputStream(out);
    var encoder = EncoderFactory.get().directBinaryEncoder(counted, null);
    w.write(value, encoder);
    encoder.flush();
    RecordSizes.saw(type, counted.getCount());
  }

  @Override
  public T decode(InputStream in) throws IOException {
    DatumReader<T> r = reader;
    if (r == null) {
      r = newReader();
      reader = r;
    }
    return r.read(null, DecoderFactory.get().directBinaryDecoder(in, null));
  }

  /** Field by field for what every quantum sends, by the schema for all else. */
  @SuppressWarnings("unchecked")
  private DatumWriter<T> newWriter() {
    if (type == QuantumInput.class) {
      return (DatumWriter<T>)
          new ByField<QuantumInput>(GraphEncoding::write, GraphEncoding::readInput);
    }
    if (type == QuantumResult.class) {
      return (DatumWriter<T>)
          new ByField<QuantumResult>(GraphEncoding::write, GraphEncoding::readResult);
    }
    return new SortedMapsWriter<>(type);
  }

  @SuppressWarnings("unchecked")
  private DatumReader<T> newReader() {
    DatumWriter<T> both = newWriter();
    return both instanceof ByField ? (DatumReader<T>) both : new SpecificDatumReader<>(type);
  }

  @FunctionalInterface
  private interface FieldWriter<R> {
    void write(R value, Encoder out) throws IOException;
  }

  @FunctionalInterface
  private interface FieldReader<R> {
    R read(Decoder in) throws IOException;
  }

  private record ByField<R>(FieldWriter<R> writer, FieldReader<R> reader)
      implements DatumWriter<R>, DatumReader<R> {
    @Override
    public void setSchema(Schema schema) {
      // Elements are written and read by the same build.
    }

    @Override
    public void write(R value, Encoder out) throws IOException {
      writer.write(value, out);
    }

    @Override
    public R read(R reuse, Decoder in) throws IOException {
      return reader.read(in);
    }
  }

  /** Maps are written in the order of their keys, so equal records have equal bytes. */
  @Override
  public void verifyDeterministic() {}

  private static final class SortedMapsWriter<T> extends SpecificDatumWriter<T> {
    SortedMapsWriter(Class<T> type) {
      super(type);
    }

    @Override
    protected Iterable<Map.Entry<Object, Object>> getMapEntries(Object map) {
      return sortedEntries(map);
    }
  }

  /** Entries of an Avro map in the order of their keys. */
  @SuppressWarnings("unchecked")
  static Iterable<Map.Entry<Object, Object>> sortedEntries(Object map) {
    return new TreeMap<>((Map<Object, Object>) map).entrySet();
  }

  @Override
  public TypeDescriptor<T> getEncodedTypeDescriptor() {
    return TypeDescriptor.of(type);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RecordCoder<?> coder && coder.type.equals(type);
  }

  @Override
  public int hashCode() {
    return type.hashCode();
  }
}
