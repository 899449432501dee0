package org.starbeam.transforms.quantum;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.QuantumRecordReader;
import org.starbeam.transforms.dataset.QuantumRecordWriter;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * What has been done already: the last terminal record of each quantum and input hash, the content
 * hash of every path that a record names, and the quanta under which workers died. Read once from
 * the ledgers of the run and of the runs to adopt from, then kept up to date by the process that
 * holds it. What adoption needs of a record rests outside the heap; a quantum takes about 50 bytes
 * of it, and as many for each dataset that has a file.
 */
final class LedgerIndex implements Closeable {
  /** Code of an attempt whose worker is gone. */
  static final String WORKER_LOST = "WORKER_LOST";

  /** Code of an attempt that ended its worker by a call. */
  static final String SYSTEM_EXIT = "SYSTEM_EXIT";

  private static final int OFFSET_BITS = 42;

  /** What is read of a record; the worker only to count deaths. */
  private static final List<String> FIELDS =
      List.of(
          "quantumId",
          "caveats",
          "errorClass",
          "errorCode",
          "message",
          "stackHash",
          "signature",
          "inputHash",
          "outputs",
          "payload",
          "worker",
          "metrics",
          "codeVersion");

  private final IdTable ended = new IdTable();
  private final IdTable paths = new IdTable();
  private final RecordSpool spool = new RecordSpool(QuantumRecordWriter.of(FIELDS));
  private final Map<String, Set<String>> deaths = new HashMap<>();
  private final Path ledger;
  private final Map<Path, Long> ends = new HashMap<>();

  private LedgerIndex(Path ledger) {
    this.ledger = ledger;
  }

  /**
   * Reads the ledgers.
   *
   * @param fence number of this launch; attempts of earlier ones that did not end are deaths
   */
  static LedgerIndex load(Path root, String run, List<String> adoptFrom, long fence)
      throws IOException {
    LedgerIndex index = new LedgerIndex(RepositoryPaths.ledger(root, run));
    for (int i = adoptFrom.size() - 1; i >= 0; i--) {
      for (Path segment : LedgerSegment.list(RepositoryPaths.ledger(root, adoptFrom.get(i)))) {
        read(segment, 0, false, index::adoptable);
      }
    }
    for (Path segment : LedgerSegment.list(index.ledger)) {
      OpenAttempts open = new OpenAttempts(fence);
      Consumer<QuantumRecord> both = open.andThen(index::add);
      index.ends.put(segment, read(segment, 0, true, both));
      open.attempts.forEach((id, worker) -> index.died(id, WORKER_LOST, worker));
    }
    return index;
  }

  private static long read(
      Path segment, long from, boolean warn, Consumer<QuantumRecord> consumer) {
    return LedgerSegment.read(
            segment, from, Long.MAX_VALUE, warn, QuantumRecordReader.of(FIELDS), consumer)
        .end();
  }

  /**
   * Reads what other processes have appended since this one looked last: when a worker is lost its
   * work comes to the others, and what it had finished is not to be done again.
   *
   * @param own the segment of this process, whose records are here already
   */
  synchronized void follow(Path own) throws IOException {
    for (Path segment : LedgerSegment.list(ledger)) {
      long from = ends.getOrDefault(segment, 0L);
      if (!segment.equals(own) && Files.size(segment) > from) {
        ends.put(segment, read(segment, from, false, this::add));
      }
    }
  }

  /** Attempts of one segment that began and did not end: the worker by the quantum. */
  private static final class OpenAttempts implements Consumer<QuantumRecord> {
    private final Map<String, String> attempts = new HashMap<>();
    private final long fence;

    OpenAttempts(long fence) {
      this.fence = fence;
    }

    @Override
    public void accept(QuantumRecord record) {
      if (record.getStatus() == QuantumStatus.RUNNING && record.getFence() < fence) {
        attempts.put(record.getQuantumId(), worker(record));
      } else {
        attempts.remove(record.getQuantumId());
      }
    }
  }

  /** The last record of a quantum that ended with these inputs, or null. */
  @Nullable QuantumRecord ended(String quantumId, String inputHash) {
    long value;
    synchronized (this) {
      value = ended.get(high(quantumId, inputHash), low(quantumId, inputHash));
    }
    QuantumRecord record = value < 0 ? null : spool.get(value & (1L << OFFSET_BITS) - 1);
    boolean same =
        record != null
            && record.getQuantumId().equals(quantumId)
            && record.getInputHash().equals(inputHash);
    return same ? record : null;
  }

  /** Content hash of a published path, or null when no record names it. */
  @Nullable String hash(String path) {
    ByteBuffer key = key(path);
    long offset;
    synchronized (this) {
      offset = paths.get(key.getLong(0), key.getLong(8));
    }
    if (offset < 0) {
      return null;
    }
    return spool.get(offset).getOutputs().stream()
        .filter(output -> output.getPath().equals(path))
        .map(DatasetRef::getContentHash)
        .findFirst()
        .orElse(null);
  }

  /** How many workers died while they worked on a quantum. */
  synchronized int deaths(String quantumId) {
    return deaths.getOrDefault(quantumId, Set.of()).size();
  }

  /** Adds a record of this run; those that say nothing of what is done are ignored. */
  synchronized void add(QuantumRecord record) {
    switch (record.getStatus()) {
      case DONE, ADOPTED -> {
        deaths.remove(record.getQuantumId());
        keep(record);
      }
      case NO_WORK, FAILED -> keep(record);
      case ABORTED ->
          died(record.getQuantumId(), String.valueOf(record.getErrorCode()), worker(record));
      default -> {}
    }
  }

  /** One worker counts once for a quantum; one that the quantum itself ended counts twice. */
  private void died(String quantumId, String code, String worker) {
    if (!code.equals(WORKER_LOST) && !code.equals(SYSTEM_EXIT)) {
      return;
    }
    Set<String> workers = deaths.computeIfAbsent(quantumId, id -> new HashSet<>());
    workers.add(worker);
    if (code.equals(SYSTEM_EXIT)) {
      workers.add(worker + " by its own call");
    }
  }

  private static String worker(QuantumRecord record) {
    boolean told = record.getWorker().contains(" fence ");
    return record.getWorker() + (told ? "" : " fence " + record.getFence());
  }

  /** Adds a record of another run; only what can be adopted counts. */
  private synchronized void adoptable(QuantumRecord record) {
    if (record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED) {
      record.setFence(0L);
      keep(record);
    }
  }

  /** A record of an older launch does not replace one of a newer. */
  private void keep(QuantumRecord record) {
    String hash = record.getInputHash();
    if (hash.isEmpty()) {
      return;
    }
    long high = high(record.getQuantumId(), hash);
    long low = low(record.getQuantumId(), hash);
    long before = ended.get(high, low);
    if (before >= 0 && before >>> OFFSET_BITS > record.getFence()) {
      return;
    }
    long offset = spool.add(record);
    ended.put(high, low, record.getFence() << OFFSET_BITS | offset);
    for (DatasetRef output : record.getOutputs()) {
      if (output.getPath().startsWith("data/")) {
        ByteBuffer key = key(output.getPath());
        paths.put(key.getLong(0), key.getLong(8), offset);
      }
    }
  }

  private static long high(String quantumId, String inputHash) {
    return IdTable.high(quantumId) ^ IdTable.high(inputHash);
  }

  private static long low(String quantumId, String inputHash) {
    return IdTable.low(quantumId) ^ IdTable.low(inputHash);
  }

  private static ByteBuffer key(String path) {
    HashCode hash = Hashing.murmur3_128().hashString(path, StandardCharsets.UTF_8);
    return ByteBuffer.wrap(hash.asBytes());
  }

  @Override
  public void close() throws IOException {
    spool.close();
  }
}
