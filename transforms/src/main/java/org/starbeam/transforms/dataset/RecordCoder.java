package org.starbeam.transforms.dataset;

import com.google.common.io.CountingOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

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
  private transient volatile SpecificDatumWriter<T> writer;
  private transient volatile SpecificDatumReader<T> reader;

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
    SpecificDatumWriter<T> w = writer;
    if (w == null) {
      w = new SortedMapsWriter<>(type);
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
    SpecificDatumReader<T> r = reader;
    if (r == null) {
      r = new SpecificDatumReader<>(type);
      reader = r;
    }
    return r.read(null, DecoderFactory.get().directBinaryDecoder(in, null));
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
