package org.starbeam.pipelines.observe;

import java.util.Collection;
import java.util.stream.Collectors;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumStatus;

/** What the monitor takes from a ledger record; a field that the record does not have is zero. */
record LedgerEntry(
    String quantumId,
    String task,
    String step,
    String dataId,
    String window,
    String worker,
    QuantumStatus status,
    long fence,
    int attempt,
    String caveats,
    @Nullable String errorClass,
    @Nullable String errorCode,
    @Nullable String message,
    @Nullable String stackHash,
    @Nullable String signature,
    double startMjd,
    double endMjd,
    double cpuSeconds,
    double wallSeconds,
    double waitSeconds,
    double peakBytes,
    double bytesRead,
    double bytesWritten,
    double savedCpuSeconds) {

  static LedgerEntry of(GenericRecord record) {
    return new LedgerEntry(
        text(record, "quantumId"),
        text(record, "task"),
        text(record, "step"),
        text(record, "dataId"),
        text(record, "window"),
        text(record, "worker"),
        QuantumStatus.valueOf(text(record, "status")),
        (long) number(record, "fence"),
        (int) number(record, "attempt"),
        caveats(record.get("caveats")),
        textOrNull(record, "errorClass"),
        textOrNull(record, "errorCode"),
        textOrNull(record, "message"),
        textOrNull(record, "stackHash"),
        textOrNull(record, "signature"),
        number(record, "startTaiMjd"),
        number(record, "endTaiMjd"),
        number(record, "cpuSeconds"),
        number(record, "wallSeconds"),
        number(record, "waitSeconds"),
        number(record, "peakBytes"),
        number(record, "bytesRead"),
        number(record, "bytesWritten"),
        number(record, "savedCpuSeconds"));
  }

  /** The caveats that make a quantum degraded, joined by spaces. */
  private static String caveats(@Nullable Object caveats) {
    if (!(caveats instanceof Collection<?> all) || all.isEmpty()) {
      return "";
    }
    return all.stream()
        .map(Object::toString)
        .filter(caveat -> !caveat.equals("RETRIED"))
        .collect(Collectors.joining(" "));
  }

  private static String text(GenericRecord record, String field) {
    return String.valueOf(record.get(field));
  }

  private static @Nullable String textOrNull(GenericRecord record, String field) {
    Object value = record.hasField(field) ? record.get(field) : null;
    return value == null ? null : value.toString();
  }

  private static double number(GenericRecord record, String field) {
    Object value = record.hasField(field) ? record.get(field) : null;
    return value instanceof Number n ? n.doubleValue() : 0;
  }

  boolean terminal() {
    return status != QuantumStatus.RUNNING && status != QuantumStatus.PLANNED;
  }

  boolean failed() {
    return status == QuantumStatus.FAILED;
  }

  boolean degraded() {
    return !caveats.isEmpty();
  }

  /** Problems with the same key are one line for people; of bugs the place in the code counts. */
  String signatureKey() {
    if (!failed()) {
      return task + "\nDEGRADED\n" + caveats;
    }
    boolean bug = signature == null && "DEFECT".equals(errorClass);
    return task
        + "\n"
        + errorClass
        + "\n"
        + errorCode
        + "\n"
        + (signature == null ? "" : signature)
        + "\n"
        + (bug ? stackHash : "");
  }
}
