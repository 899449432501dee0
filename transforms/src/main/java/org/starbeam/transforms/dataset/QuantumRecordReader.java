package org.starbeam.transforms.dataset;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.Decoder;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.LogRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/**
 * Reads ledger records, of which a run of a million quanta has several millions: field by field,
 * without Avro's walk through the schema, and only the fields that are wanted. All others are
 * skipped and left empty. Words that come again and again (tasks, hosts, windows) are one string
 * each. Fields are told by their places in the schema. A ledger of another version of the record is
 * read by Avro, whole.
 *
 * <p>Not safe for use by several threads.
 */
public final class QuantumRecordReader implements DatumReader<QuantumRecord> {
  private static final QuantumStatus[] STATUSES = QuantumStatus.values();
  private static final int MOST_WORDS = 4096;

  private final boolean[] wanted;
  private final Map<Utf8, String> words = new HashMap<>();
  private final Utf8 word = new Utf8();
  private @Nullable SpecificDatumReader<QuantumRecord> other;
  private Predicate<QuantumRecord> choice = record -> true;
  private boolean chosen = true;

  private QuantumRecordReader(boolean[] wanted) {
    RecordCoder.trustRecords();
    this.wanted = wanted;
  }

  /** A reader of everything. */
  public static QuantumRecordReader whole() {
    return without(List.of());
  }

  /** A reader of everything except some fields. */
  public static QuantumRecordReader without(List<String> fields) {
    boolean[] left = flags(fields);
    boolean[] flags = new boolean[left.length];
    for (int i = 0; i < left.length; i++) {
      flags[i] = !left[i];
    }
    return new QuantumRecordReader(flags);
  }

  /** A reader of some fields. */
  public static QuantumRecordReader of(List<String> fields) {
    return new QuantumRecordReader(flags(fields));
  }

  static boolean[] flags(List<String> fields) {
    Schema schema = QuantumRecord.getClassSchema();
    boolean[] flags = new boolean[schema.getFields().size()];
    for (String name : fields) {
      Schema.Field field = schema.getField(name);
      if (field == null) {
        throw new IllegalArgumentException("ledger records have no field " + name);
      }
      flags[field.pos()] = true;
    }
    return flags;
  }

  /**
   * Reads what follows the status only of records that a condition on the fields before it chooses;
   * {@link #chosen} says which ones these are.
   */
  public QuantumRecordReader choosing(Predicate<QuantumRecord> condition) {
    choice = condition;
    return this;
  }

  /** True when the record that was read last has been chosen. */
  public boolean chosen() {
    return chosen;
  }

  @Override
  public void setSchema(Schema writer) {
    Schema own = QuantumRecord.getClassSchema();
    other = writer.equals(own) ? null : new SpecificDatumReader<>(writer, own);
  }

  /**
   * @param reuse a record to overwrite, or null for a new one
   */
  @Override
  public QuantumRecord read(@Nullable QuantumRecord reuse, Decoder in) throws IOException {
    SpecificDatumReader<QuantumRecord> avro = other;
    if (avro != null) {
      QuantumRecord record = avro.read(null, in);
      chosen = choice.test(record);
      return record;
    }
    QuantumRecord r = reuse == null ? new QuantumRecord() : reuse;
    r.setVersion(in.readInt());
    r.setRun(word(1, in));
    r.setFence(in.readLong());
    r.setQuantumId(text(3, in));
    r.setTask(word(4, in));
    r.setTaskVersion(in.readInt());
    r.setStep(word(6, in));
    r.setDataId(text(7, in));
    r.setWindow(word(8, in));
    r.setAttempt(in.readInt());
    r.setStatus(STATUSES[in.readEnum()]);
    chosen = choice.test(r);
    ending(r, in);
    datasets(r, in);
    measures(r, in);
    return r;
  }

  private void ending(QuantumRecord r, Decoder in) throws IOException {
    r.setCaveats(texts(11, in));
    r.setErrorClass(optional(12, in));
    r.setErrorCode(optional(13, in));
    r.setMessage(optional(14, in));
    r.setStack(optional(15, in));
    r.setStackHash(optional(16, in));
    r.setSignature(optional(17, in));
    r.setRootCauses(texts(18, in));
    r.setRootCauseCount(in.readInt());
    r.setInputHash(text(20, in));
  }

  private void datasets(QuantumRecord r, Decoder in) throws IOException {
    if (isWanted(21)) {
      r.setInputs(GraphEncoding.readRefs(in));
    } else {
      GraphEncoding.skipRefs(in);
      r.setInputs(List.of());
    }
    if (isWanted(22)) {
      r.setOutputs(GraphEncoding.readRefs(in));
    } else {
      GraphEncoding.skipRefs(in);
      r.setOutputs(List.of());
    }
    Object payload = GraphEncoding.readPayload(in);
    r.setPayload(isWanted(23) ? payload : null);
  }

  private void measures(QuantumRecord r, Decoder in) throws IOException {
    r.setStartTaiMjd(in.readDouble());
    r.setEndTaiMjd(in.readDouble());
    r.setCpuSeconds(in.readDouble());
    r.setWallSeconds(in.readDouble());
    r.setWaitSeconds(in.readDouble());
    r.setAllocBytes(in.readLong());
    r.setPeakBytes(in.readLong());
    r.setBytesRead(in.readLong());
    r.setBytesWritten(in.readLong());
    r.setHost(word(33, in));
    r.setWorker(word(34, in));
    r.setThread(word(35, in));
    Map<String, Double> metrics = GraphEncoding.readNumbers(in);
    r.setMetrics(isWanted(36) ? metrics : Map.of());
    r.setCodeVersion(word(37, in));
    r.setEventTimeMs(in.readLong());
    r.setSavedCpuSeconds(in.readDouble());
    r.setLogRef(in.readIndex() == 0 ? null : logRef(in));
  }

  private @Nullable LogRef logRef(Decoder in) throws IOException {
    String file = word(in);
    LogRef ref = new LogRef(file, in.readLong(), in.readLong());
    return isWanted(40) ? ref : null;
  }

  /** Before the status every record is read, after it only those that are chosen. */
  private boolean isWanted(int field) {
    return wanted[field] && chosen;
  }

  private String text(int field, Decoder in) throws IOException {
    if (field > 10 ? isWanted(field) : wanted[field]) {
      return in.readString();
    }
    in.skipString();
    return "";
  }

  private String word(int field, Decoder in) throws IOException {
    if (field > 10 ? isWanted(field) : wanted[field]) {
      return word(in);
    }
    in.skipString();
    return "";
  }

  private String word(Decoder in) throws IOException {
    Utf8 read = in.readString(word);
    String known = words.get(read);
    if (known == null) {
      known = read.toString();
      if (words.size() < MOST_WORDS) {
        words.put(new Utf8(read), known);
      }
    }
    return known;
  }

  private @Nullable String optional(int field, Decoder in) throws IOException {
    if (in.readIndex() == 0) {
      return null;
    }
    String value = text(field, in);
    return isWanted(field) ? value : null;
  }

  private List<String> texts(int field, Decoder in) throws IOException {
    long items = in.readArrayStart();
    if (items == 0) {
      return List.of();
    }
    String[] out = new String[0];
    for (; items > 0; items = in.arrayNext()) {
      int at = out.length;
      out = Arrays.copyOf(out, at + (int) items);
      for (; at < out.length; at++) {
        out[at] = text(field, in);
      }
    }
    return isWanted(field) ? Arrays.asList(out) : List.of();
  }
}
