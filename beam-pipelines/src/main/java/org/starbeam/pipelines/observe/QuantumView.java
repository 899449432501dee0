package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.annotation.JsonIgnore;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumStatus;

/**
 * One quantum as the monitor knows it.
 *
 * @param number its place in the order of first appearance, which cursors of lists count
 * @param error class and code of its failure, or empty
 * @param caveats what makes it degraded, or empty
 * @param place of its last ledger record; null in what was saved
 */
public record QuantumView(
    int number,
    String id,
    String step,
    String task,
    String dataId,
    String window,
    QuantumStatus status,
    int attempt,
    String error,
    String caveats,
    String worker,
    double startTaiMjd,
    double endTaiMjd,
    double wallSeconds,
    double cpuSeconds,
    double peakBytes,
    @JsonIgnore LedgerCursor.@Nullable Place place) {

  @JsonIgnore
  boolean isFinished() {
    return status == QuantumStatus.DONE || status == QuantumStatus.ADOPTED;
  }

  static QuantumView of(MonitorState state, int row) {
    QuantumTable table = state.table();
    TaskTally task = state.tasks.get(table.task(row));
    String error = "";
    String caveats = "";
    if (table.signature(row) >= 0) {
      MonitorState.Signature signature = state.signatures.get(table.signature(row));
      error = signature.failure() ? signature.errorClass + " " + signature.errorCode : "";
      caveats = signature.failure() ? "" : signature.errorCode;
    }
    return new QuantumView(
        row,
        table.id(row),
        task.step,
        task.task,
        table.dataId(row),
        state.windows.get(table.window(row)),
        table.status(row),
        table.attempt(row),
        error,
        caveats,
        state.workers.get(table.worker(row)),
        table.startMjd(row),
        table.endMjd(row),
        table.wallSeconds(row),
        table.cpuSeconds(row),
        table.peakBytes(row),
        new LedgerCursor.Place(table.segment(row), table.block(row), table.indexInBlock(row)));
  }
}
