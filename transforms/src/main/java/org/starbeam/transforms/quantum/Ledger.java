package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.log.ProcessMeters;

/**
 * The append-only record of what a run did (specs/05 section 4.4). Each process writes its own
 * segment, an Avro container file with zstd blocks; nobody else writes to it. Records are on disk
 * at the latest a second after they were appended, at once after a quantum that ran for a second.
 */
public final class Ledger implements Closeable {
  private static final int RECORDS_PER_FLUSH = 256;
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Path segment;
  private final ScheduledThreadPoolExecutor clock;
  private @Nullable DataFileWriter<QuantumRecord> writer;
  private int pending;
  private @Nullable IOException failure;

  /** A new segment in a run's ledger directory; the file is made by the first record. */
  Ledger(Path directory) {
    segment =
        directory.resolve(
            "seg-"
                + STAMP.format(Instant.now())
                + "-"
                + UUID.randomUUID().toString().substring(0, 8)
                + ".avro");
    clock =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "starbeam-ledger");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  /**
   * Appends a record.
   *
   * @param now true to have it on disk when the method returns
   */
  synchronized void append(QuantumRecord record, boolean now) throws IOException {
    if (failure != null) {
      throw new IOException("the ledger segment " + segment + " cannot be written", failure);
    }
    DataFileWriter<QuantumRecord> open = writer == null ? open() : writer;
    open.append(record);
    pending++;
    if (now || pending >= RECORDS_PER_FLUSH) {
      sync();
    }
  }

  /** Hands everything to the operating system, so that other processes can read it. */
  public synchronized void flush() throws IOException {
    if (writer != null && pending > 0) {
      writer.flush();
    }
  }

  private DataFileWriter<QuantumRecord> open() throws IOException {
    RecordCoder.trustRecords();
    Files.createDirectories(segment.getParent());
    DataFileWriter<QuantumRecord> opened =
        new DataFileWriter<>(new SpecificDatumWriter<>(QuantumRecord.class));
    opened.setCodec(CodecFactory.zstandardCodec(3));
    opened.setSyncInterval(1 << 20);
    opened.create(QuantumRecord.getClassSchema(), segment.toFile());
    writer = opened;
    return opened;
  }

  private synchronized void tick() {
    try {
      sync();
    } catch (IOException e) {
      failure = e;
    }
  }

  private void sync() throws IOException {
    if (writer != null && pending > 0) {
      long start = System.nanoTime();
      writer.fSync();
      ProcessMeters.LEDGER_FLUSH.since(start);
      pending = 0;
    }
  }

  @Override
  public synchronized void close() throws IOException {
    clock.shutdownNow();
    if (writer != null) {
      writer.fSync();
      writer.close();
      writer = null;
    }
  }

  /**
   * Hands all records of a ledger directory to a consumer, oldest segment first, each segment in
   * the order of writing. A torn block at the end of a segment, left by a process that died, is
   * ignored. The directory may be read while others write.
   */
  public static void read(Path directory, Consumer<QuantumRecord> consumer) throws IOException {
    for (Path file : LedgerSegment.list(directory)) {
      LedgerSegment.read(file, 0, Long.MAX_VALUE, false, consumer);
    }
  }
}
