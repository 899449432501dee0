package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.QuantumRecordWriter;
import org.starbeam.transforms.log.ProcessMeters;

/**
 * The append-only record of what a run did (specs/05 section 4.4). Each process writes its own
 * segment, an Avro container file with zstd blocks; nobody else writes to it. Records are on disk
 * at the latest a second after they were appended, at once after a quantum that ran for a second.
 */
public final class Ledger implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
  private static final int RECORDS_PER_FLUSH = 256;
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** What can be done when the disk of a ledger is full. */
  interface Room {
    /** Makes some room at once, if that can be done; the cause says why it is needed. */
    void make(Exception cause);

    /**
     * Waits a while for others to make room.
     *
     * @param sinceNanos when the waiting began, as {@link System#nanoTime} counts
     * @return false when the ledger is to give up
     */
    boolean await(long sinceNanos) throws InterruptedException;
  }

  private final Path directory;
  private final Room room;
  private final ScheduledThreadPoolExecutor clock;
  private final List<QuantumRecord> pending = new ArrayList<>();
  private Path segment;
  private @Nullable DataFileWriter<QuantumRecord> writer;
  private @Nullable IOException failure;

  /** A new segment in a run's ledger directory; the file is made by the first record. */
  Ledger(Path directory) {
    this(
        directory,
        new Room() {
          @Override
          public void make(Exception cause) {}

          @Override
          public boolean await(long sinceNanos) {
            return false;
          }
        });
  }

  /**
   * @param room what gives room when a disk is full, before the records that are not on it yet are
   *     written once more, to a new segment; until there is some, whoever appends waits
   */
  Ledger(Path directory, Room room) {
    this.directory = directory;
    this.room = room;
    this.segment = newSegment(directory);
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

  private static Path newSegment(Path directory) {
    String stamp = STAMP.format(HostClock.now());
    String unique = UUID.randomUUID().toString().substring(0, 8);
    return directory.resolve("seg-" + stamp + "-" + unique + ".avro");
  }

  /** The segment that is written to. */
  synchronized Path segment() {
    return segment;
  }

  /** A file that belongs to the first segment. */
  Path beside(String suffix) {
    return directory.resolve(segment.getFileName() + suffix);
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
    pending.add(record);
    try {
      (writer == null ? open() : writer).append(record);
      if (now || pending.size() >= RECORDS_PER_FLUSH) {
        sync();
      }
    } catch (IOException | RuntimeException e) {
      again(e);
    }
  }

  /** Hands everything to the operating system, so that other processes can read it. */
  public synchronized void flush() throws IOException {
    if (writer != null && !pending.isEmpty()) {
      try {
        writer.flush();
      } catch (IOException e) {
        again(e);
      }
    }
  }

  private DataFileWriter<QuantumRecord> open() throws IOException {
    Files.createDirectories(directory);
    DataFileWriter<QuantumRecord> opened = new DataFileWriter<>(QuantumRecordWriter.whole());
    opened.setCodec(CodecFactory.zstandardCodec(3));
    opened.setSyncInterval(1 << 20);
    opened.create(QuantumRecord.getClassSchema(), segment.toFile());
    writer = opened;
    return opened;
  }

  /**
   * What is not known to be on disk goes to a new segment: a block that was cut short spoils what
   * would follow it in its file. A record that comes twice counts once.
   */
  private void again(Exception cause) throws IOException {
    long start = System.nanoTime();
    room.make(cause);
    while (true) {
      try {
        segment = newSegment(directory);
        DataFileWriter<QuantumRecord> fresh = open();
        for (QuantumRecord record : pending) {
          fresh.append(record);
        }
        sync();
        return;
      } catch (IOException | RuntimeException e) {
        if (!Failure.isDiskFull(e) || !comes(start)) {
          e.addSuppressed(cause);
          failure = e instanceof IOException io ? io : new IOException(e);
          throw failure;
        }
        Files.deleteIfExists(segment);
      }
    }
  }

  private boolean comes(long start) {
    try {
      return room.await(start);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void tick() {
    try {
      sync();
    } catch (IOException e) {
      try {
        again(e);
      } catch (IOException twice) {
        LOG.error("the ledger segment {} cannot be written: {}", segment, twice.toString());
      }
    }
  }

  private void sync() throws IOException {
    if (writer != null && !pending.isEmpty()) {
      long start = System.nanoTime();
      writer.fSync();
      ProcessMeters.LEDGER_FLUSH.since(start);
      pending.clear();
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
