package org.starbeam.transforms.dataset;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.Encoder;
import org.starbeam.schema.LogRef;
import org.starbeam.schema.QuantumRecord;

/**
 * Writes ledger records, a few of which are made for every quantum: the bytes of Avro's own writer
 * with maps in the order of their keys, in a third of its time. It may leave fields empty. Safe for
 * use by several threads.
 */
public final class QuantumRecordWriter implements DatumWriter<QuantumRecord> {
  private final boolean[] kept;

  private QuantumRecordWriter(boolean[] kept) {
    this.kept = kept;
  }

  /** A writer of everything. */
  public static QuantumRecordWriter whole() {
    boolean[] all = new boolean[QuantumRecord.getClassSchema().getFields().size()];
    Arrays.fill(all, true);
    return new QuantumRecordWriter(all);
  }

  /** A writer that leaves text, lists, maps and unions of all other fields empty. */
  public static QuantumRecordWriter of(List<String> fields) {
    return new QuantumRecordWriter(QuantumRecordReader.flags(fields));
  }

  /** Records have one schema, the compiled one. */
  @Override
  public void setSchema(Schema schema) {
    if (!schema.equals(QuantumRecord.getClassSchema())) {
      throw new IllegalArgumentException("not the schema of this version's ledger records");
    }
  }

  @Override
  public void write(QuantumRecord r, Encoder out) throws IOException {
    out.writeInt(r.getVersion());
    text(1, r.getRun(), out);
    out.writeLong(r.getFence());
    text(3, r.getQuantumId(), out);
    text(4, r.getTask(), out);
    out.writeInt(r.getTaskVersion());
    text(6, r.getStep(), out);
    text(7, r.getDataId(), out);
    text(8, r.getWindow(), out);
    out.writeInt(r.getAttempt());
    out.writeEnum(r.getStatus().ordinal());
    GraphEncoding.writeTexts(kept[11] ? r.getCaveats() : List.of(), out);
    GraphEncoding.writeOptional(kept[12] ? r.getErrorClass() : null, out);
    GraphEncoding.writeOptional(kept[13] ? r.getErrorCode() : null, out);
    GraphEncoding.writeOptional(kept[14] ? r.getMessage() : null, out);
    GraphEncoding.writeOptional(kept[15] ? r.getStack() : null, out);
    GraphEncoding.writeOptional(kept[16] ? r.getStackHash() : null, out);
    GraphEncoding.writeOptional(kept[17] ? r.getSignature() : null, out);
    GraphEncoding.writeTexts(kept[18] ? r.getRootCauses() : List.of(), out);
    out.writeInt(r.getRootCauseCount());
    text(20, r.getInputHash(), out);
    GraphEncoding.writeRefs(kept[21] ? r.getInputs() : List.of(), out);
    GraphEncoding.writeRefs(kept[22] ? r.getOutputs() : List.of(), out);
    GraphEncoding.writePayload(kept[23] ? r.getPayload() : null, out);
    measures(r, out);
  }

  private void measures(QuantumRecord r, Encoder out) throws IOException {
    out.writeDouble(r.getStartTaiMjd());
    out.writeDouble(r.getEndTaiMjd());
    out.writeDouble(r.getCpuSeconds());
    out.writeDouble(r.getWallSeconds());
    out.writeDouble(r.getWaitSeconds());
    out.writeLong(r.getAllocBytes());
    out.writeLong(r.getPeakBytes());
    out.writeLong(r.getBytesRead());
    out.writeLong(r.getBytesWritten());
    text(33, r.getHost(), out);
    text(34, r.getWorker(), out);
    text(35, r.getThread(), out);
    GraphEncoding.writeNumbers(kept[36] ? r.getMetrics() : Map.of(), out);
    text(37, r.getCodeVersion(), out);
    out.writeLong(r.getEventTimeMs());
    out.writeDouble(r.getSavedCpuSeconds());
    LogRef ref = kept[40] ? r.getLogRef() : null;
    out.writeIndex(ref == null ? 0 : 1);
    if (ref != null) {
      out.writeString(ref.getFile());
      out.writeLong(ref.getBegin());
      out.writeLong(ref.getEnd());
    }
  }

  private void text(int field, String value, Encoder out) throws IOException {
    out.writeString(kept[field] ? value : "");
  }
}
