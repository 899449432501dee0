package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.log.HostName;
import org.starbeam.transforms.log.QuantumLog;
import org.starbeam.transforms.log.Redaction;
import org.starbeam.transforms.log.WorkerLog;
import org.starbeam.transforms.window.EventTime;

/** Fills the ledger record of one quantum, and the result that goes on in the graph. */
final class RecordDraft {
  private static final int MAX_ROOT_CAUSES = 20;
  private static final String WORKER = HostName.process();
  private static final Comparator<DatasetRef> REF_ORDER =
      Comparator.comparing(DatasetRef::getDatasetType)
          .thenComparing(DatasetRef::getDataId, DataId.TEXT_ORDER)
          .thenComparing(DatasetRef::getContentHash)
          .thenComparing(DatasetRef::getPath);

  private final QuantumRecord record = new QuantumRecord();
  private final Quantum quantum;
  private final long startMillis = HostClock.millis();
  private final long startNanos = System.nanoTime();
  private final AttemptEnd.Meter meter = new AttemptEnd.Meter();
  private AttemptEnd.Usage usage = AttemptEnd.Usage.NONE;
  private long waitNanos;

  RecordDraft(CampaignContext campaign, long fence, TaskSpec spec, Quantum quantum) {
    this.quantum = quantum;
    record.setFence(fence);
    record.setVersion(1);
    record.setRun(campaign.run());
    record.setQuantumId(InputHash.quantumId(spec.name(), quantum.dataId()));
    record.setTask(spec.name());
    record.setTaskVersion(spec.version());
    record.setStep(spec.step());
    record.setDataId(quantum.dataId().toString());
    record.setWindow(quantum.window());
    record.setStatus(QuantumStatus.RUNNING);
    record.setCaveats(List.of());
    record.setRootCauses(List.of());
    record.setInputHash("");
    record.setInputs(List.of());
    record.setOutputs(List.of());
    record.setStartTaiMjd(taiMjd(startMillis));
    record.setEndTaiMjd(taiMjd(startMillis));
    record.setHost(HostName.here());
    record.setWorker(WORKER);
    record.setThread(Thread.currentThread().getName());
    record.setMetrics(Map.of());
    record.setCodeVersion(campaign.codeVersion());
  }

  /** The log of the quantum on this thread, until it is closed. */
  QuantumLog openLog(WorkerLog log) {
    QuantumLog opened =
        log.quantum(record.getStep(), record.getTask(), record.getQuantumId(), record.getDataId());
    record.setLogRef(opened.begun());
    return opened;
  }

  String quantumId() {
    return record.getQuantumId();
  }

  String inputHash() {
    return record.getInputHash();
  }

  RecordDraft inputHash(String hash) {
    record.setInputHash(hash);
    record.setInputs(present(quantum.inputs()));
    long bytes = 0;
    for (DatasetRef input : record.getInputs()) {
      bytes += input.getBytes();
    }
    record.setBytesRead(bytes);
    return this;
  }

  /** Begins an attempt: hands a record that says so to a consumer. */
  void running(int attempt, Consumer<QuantumRecord> consumer) {
    record.setAttempt(attempt);
    List<DatasetRef> inputs = record.getInputs();
    record.setInputs(List.of());
    consumer.accept(record);
    record.setInputs(inputs);
  }

  /** Counts what an attempt took. */
  void took(AttemptEnd.Usage more) {
    usage = usage.plus(more);
  }

  /** Counts time that was spent waiting. */
  void waited(long nanos) {
    waitNanos += nanos;
  }

  QuantumRecord done(
      List<DatasetRef> outputs,
      @Nullable SpecificRecord payload,
      Set<QuantumContext.Caveat> caveats,
      List<String> messages,
      Map<String, Double> metrics) {
    record.setOutputs(outputs.stream().sorted(REF_ORDER).toList());
    record.setPayload(payload);
    record.setBytesWritten(outputs.stream().mapToLong(DatasetRef::getBytes).sum());
    record.setCaveats(names(caveats));
    record.setMessage(messages.isEmpty() ? null : Redaction.of(String.join("; ", messages)));
    record.setMetrics(new TreeMap<>(metrics));
    return end(QuantumStatus.DONE);
  }

  QuantumRecord adopted(QuantumRecord earlier) {
    record.setOutputs(earlier.getOutputs());
    record.setPayload(earlier.getPayload());
    record.setCaveats(earlier.getCaveats());
    record.setMessage(earlier.getMessage());
    record.setMetrics(earlier.getMetrics());
    record.setSavedCpuSeconds(Math.max(earlier.getCpuSeconds(), earlier.getSavedCpuSeconds()));
    return end(QuantumStatus.ADOPTED);
  }

  QuantumRecord noWork(@Nullable String reason) {
    record.setMessage(reason);
    return end(QuantumStatus.NO_WORK);
  }

  /** Left out on purpose: by the operator, a selection, or because it came too late. */
  QuantumRecord skipped(String reason) {
    record.setMessage(reason);
    return end(QuantumStatus.SKIPPED);
  }

  QuantumRecord blocked(String message) {
    record.setMessage(message);
    rootCauses(quantum.inputs());
    return end(QuantumStatus.BLOCKED);
  }

  /** An attempt that was broken off; says nothing of the quantum. */
  QuantumRecord aborted(String code, String message) {
    record.setErrorClass(FailureClass.INFRA.name());
    record.setErrorCode(code);
    record.setMessage(message);
    return end(QuantumStatus.ABORTED);
  }

  /** The marker of a gather that must wait for a dataset; nothing is recorded of it. */
  QuantumResult waiting(PrunedInputException missing) {
    blocked(String.valueOf(missing.getMessage()));
    return result();
  }

  QuantumRecord failed(Failure failure) {
    record.setOutputs(List.of());
    record.setPayload(null);
    record.setErrorClass(failure.failureClass().name());
    record.setErrorCode(failure.code());
    record.setMessage(failure.message());
    record.setStack(failure.stack());
    record.setStackHash(failure.stackHash());
    record.setSignature(failure.signature());
    return rootOfItself();
  }

  private QuantumRecord rootOfItself() {
    record.setRootCauses(List.of(record.getTask() + "(" + record.getDataId() + ")"));
    record.setRootCauseCount(1);
    return end(QuantumStatus.FAILED);
  }

  /** A failure of an earlier launch that is not to be tried again. */
  QuantumRecord failedBefore(QuantumRecord earlier) {
    record.setErrorClass(earlier.getErrorClass());
    record.setErrorCode(earlier.getErrorCode());
    record.setMessage(earlier.getMessage());
    record.setStackHash(earlier.getStackHash());
    record.setSignature(earlier.getSignature());
    record.setAttempt(earlier.getAttempt());
    return rootOfItself();
  }

  private QuantumRecord end(QuantumStatus status) {
    record.setStatus(status);
    record.setEventTimeMs(eventTimeMs());
    record.setWallSeconds((System.nanoTime() - startNanos) / 1e9);
    record.setEndTaiMjd(record.getStartTaiMjd() + record.getWallSeconds() / 86_400);
    AttemptEnd.Usage all = usage.plus(meter.read(0));
    record.setWaitSeconds(waitNanos / 1e9);
    record.setCpuSeconds(all.cpuSeconds());
    record.setAllocBytes(all.allocBytes());
    record.setPeakBytes(all.peakBytes());
    return record;
  }

  /** The result of the record as it stands. */
  QuantumResult result() {
    return new QuantumResult(
        record.getTask(),
        record.getQuantumId(),
        record.getDataId(),
        record.getWindow(),
        record.getEventTimeMs(),
        marker(),
        record.getOutputs(),
        record.getRootCauses(),
        record.getRootCauseCount(),
        record.getPayload(),
        0);
  }

  /** An attempt that was broken off leaves its quantum without an answer in this launch. */
  private QuantumStatus marker() {
    return record.getStatus() == QuantumStatus.ABORTED ? QuantumStatus.SKIPPED : record.getStatus();
  }

  /**
   * Middle of the exposure; of the exposures that come with what is known of them, whenever the
   * calibrations beside them were made; or else the latest of the inputs.
   */
  private long eventTimeMs() {
    if (record.getPayload() instanceof ObservationInfo info) {
      return EventTime.ofMjd(info.getMidTaiMjd());
    }
    boolean anyFrame = false;
    long latest = Long.MIN_VALUE;
    for (QuantumInput input : quantum.inputs()) {
      boolean frame = input.getResult().getPayload() instanceof ObservationInfo;
      if (frame && !anyFrame) {
        anyFrame = true;
        latest = Long.MIN_VALUE;
      }
      if (frame || !anyFrame) {
        latest = Math.max(latest, input.getResult().getEventTimeMs());
      }
    }
    return latest == Long.MIN_VALUE ? 0 : latest;
  }

  /** The datasets that inputs bring, each once, in canonical order. */
  static List<DatasetRef> present(List<QuantumInput> inputs) {
    List<DatasetRef> refs = new ArrayList<>();
    for (QuantumInput input : inputs) {
      if (QuantumResults.isPresent(input.getResult())) {
        refs.addAll(input.getResult().getOutputs());
      }
    }
    refs.sort(REF_ORDER);
    List<DatasetRef> out = new ArrayList<>(refs.size());
    for (DatasetRef ref : refs) {
      if (out.isEmpty() || REF_ORDER.compare(out.get(out.size() - 1), ref) != 0) {
        out.add(ref);
      }
    }
    return out;
  }

  /** The first {@value #MAX_ROOT_CAUSES} of the quanta that failed first, and how many they are. */
  private void rootCauses(List<QuantumInput> inputs) {
    TreeSet<String> causes = new TreeSet<>();
    int most = 0;
    for (QuantumInput input : inputs) {
      if (!QuantumResults.isPresent(input.getResult())) {
        causes.addAll(input.getResult().getRootCauses());
        most = Math.max(most, input.getResult().getRootCauseCount());
      }
    }
    record.setRootCauses(causes.stream().limit(MAX_ROOT_CAUSES).toList());
    record.setRootCauseCount(Math.max(causes.size(), most));
  }

  private static List<String> names(Set<QuantumContext.Caveat> caveats) {
    return caveats.isEmpty()
        ? List.of()
        : EnumSet.copyOf(caveats).stream().map(Enum::name).toList();
  }

  private static double taiMjd(long unixMillis) {
    return EventTime.mjd(EventTime.ofClock(unixMillis));
  }

  static double nowTaiMjd() {
    return taiMjd(HostClock.millis());
  }

  /** The name of this process. */
  static String workerName() {
    return WORKER;
  }
}
