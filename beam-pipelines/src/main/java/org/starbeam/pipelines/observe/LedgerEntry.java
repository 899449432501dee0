package org.starbeam.pipelines.observe;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/** What the monitor takes from a ledger record. */
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

  static LedgerEntry of(QuantumRecord r) {
    return new LedgerEntry(
        r.getQuantumId(),
        r.getTask(),
        r.getStep(),
        r.getDataId(),
        r.getWindow(),
        r.getWorker(),
        r.getStatus(),
        r.getFence(),
        r.getAttempt(),
        caveats(r.getCaveats()),
        r.getErrorClass(),
        r.getErrorCode(),
        r.getMessage(),
        r.getStackHash(),
        r.getSignature(),
        r.getStartTaiMjd(),
        r.getEndTaiMjd(),
        r.getCpuSeconds(),
        r.getWallSeconds(),
        r.getWaitSeconds(),
        r.getPeakBytes(),
        r.getBytesRead(),
        r.getBytesWritten(),
        r.getSavedCpuSeconds());
  }

  /** The caveats that make a quantum degraded, joined by spaces. */
  private static String caveats(List<String> caveats) {
    return caveats.isEmpty()
        ? ""
        : caveats.stream()
            .filter(caveat -> !caveat.equals("RETRIED"))
            .collect(Collectors.joining(" "));
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
