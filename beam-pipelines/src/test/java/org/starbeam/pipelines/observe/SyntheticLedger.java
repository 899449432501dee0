package org.starbeam.pipelines.observe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Ledgers of runs that never were: random quanta of a dozen tasks, each with its running and its
 * terminal record and as many inputs as real ones have. It keeps its own counts, which tests take
 * for the truth.
 */
final class SyntheticLedger implements AutoCloseable {
  static final Map<String, String> STEP_OF_TASK =
      new TreeMap<>(
          Map.of(
              "ingest", "ingest",
              "combineFrames", "calibs",
              "singleFrame", "step1",
              "visitSummary", "step2",
              "finalVisit", "step2",
              "cellCoadd", "step3",
              "detectObjects", "step3",
              "diffim", "step4",
              "forcedOnObjects", "step5",
              "releaseTables", "step6"));
  static final List<String> TASKS = List.copyOf(STEP_OF_TASK.keySet());
  static final double START_MJD = 60000;

  private final Path ledger;
  private final String run;
  private final Random random;
  private final Map<String, DataFileWriter<QuantumRecord>> segments = new TreeMap<>();

  /** Number of quanta by task and status as written. */
  final Map<String, Map<QuantumStatus, Long>> counts = new TreeMap<>();

  double coreSeconds;

  SyntheticLedger(Path root, String run, long seed) throws IOException {
    RecordCoder.trustRecords();
    this.run = run;
    this.random = new Random(seed);
    this.ledger = RepositoryPaths.ledger(root, run);
    Files.createDirectories(ledger);
    Files.createDirectories(RepositoryPaths.run(root, run).resolve("campaign"));
  }

  static String id(String task, String dataId) {
    return ContentHash.ofText("sbq1\n" + task + "\n" + dataId).substring(0, 32);
  }

  /** Writes quanta, numbered from a first one, with 3 % failures and some without work. */
  void quanta(int first, int number) throws IOException {
    for (int i = first; i < first + number; i++) {
      String task = TASKS.get(i % TASKS.size());
      String dataId = "visit=" + (2021090700001L + i / 40) + ",detector=" + i % 189;
      String worker = "worker" + i % 3;
      double start = START_MJD + i * 1e-6;
      append(worker, record(task, dataId, QuantumStatus.RUNNING, start, worker));
      int dice = random.nextInt(100);
      QuantumStatus status =
          dice < 3
              ? QuantumStatus.FAILED
              : dice < 5
                  ? QuantumStatus.BLOCKED
                  : dice < 8
                      ? QuantumStatus.NO_WORK
                      : dice < 9 ? QuantumStatus.RUNNING : QuantumStatus.DONE;
      if (status != QuantumStatus.RUNNING) {
        append(worker, record(task, dataId, status, start, worker));
      }
      counts.computeIfAbsent(task, t -> new TreeMap<>()).merge(status, 1L, Long::sum);
    }
  }

  QuantumRecord record(
      String task, String dataId, QuantumStatus status, double start, String worker) {
    boolean executed = status == QuantumStatus.DONE || status == QuantumStatus.FAILED;
    double wall = executed ? Math.exp(random.nextGaussian()) : 0;
    QuantumRecord.Builder record =
        QuantumRecord.newBuilder()
            .setRun(run)
            .setQuantumId(id(task, dataId))
            .setTask(task)
            .setTaskVersion(1)
            .setStep(STEP_OF_TASK.get(task))
            .setDataId(dataId)
            .setWindow("n202109" + (10 + random.nextInt(3)))
            .setAttempt(executed ? 1 : 0)
            .setStatus(status)
            .setInputHash(ContentHash.ofText(task + dataId))
            .setStartTaiMjd(start)
            .setEndTaiMjd(start + wall / 86_400)
            .setCpuSeconds(0.9 * wall)
            .setWallSeconds(wall)
            .setHost("host")
            .setWorker(worker)
            .setThread("thread")
            .setCodeVersion("test");
    if (executed) {
      coreSeconds += 0.9 * wall;
    }
    if (status == QuantumStatus.DONE) {
      record
          .setInputs(refs("post_isr_image", dataId, 3))
          .setOutputs(refs("visit_image", dataId, 2));
      record.setCaveats(random.nextInt(50) == 0 ? List.of("FALLBACK") : List.of());
    }
    if (status == QuantumStatus.FAILED) {
      boolean bad = random.nextInt(3) > 0;
      record
          .setErrorClass(bad ? "BAD_INPUT" : "ALGORITHM")
          .setErrorCode(bad ? "TRUNCATED" : "TOO_FEW_STARS")
          .setMessage(task + "(" + dataId + "): the file ends after 2880 bytes");
    }
    return record.build();
  }

  private List<DatasetRef> refs(String type, String dataId, int number) {
    List<DatasetRef> refs = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      refs.add(
          DatasetRef.newBuilder()
              .setDatasetType(type)
              .setDataId(dataId)
              .setRun(run)
              .setPath("data/" + run + "/" + type + "/" + dataId + "/" + i + ".fits")
              .setContentHash(ContentHash.ofText(type + dataId + i))
              .setBytes(1000)
              .build());
    }
    return refs;
  }

  void append(String segment, QuantumRecord record) throws IOException {
    DataFileWriter<QuantumRecord> writer = segments.get(segment);
    if (writer == null) {
      writer = new DataFileWriter<>(new SpecificDatumWriter<>(QuantumRecord.class));
      writer.setCodec(CodecFactory.zstandardCodec(3));
      writer.setSyncInterval(1 << 20);
      writer.create(
          QuantumRecord.getClassSchema(), ledger.resolve("seg-" + segment + ".avro").toFile());
      segments.put(segment, writer);
    }
    writer.append(record);
  }

  /** Makes everything visible to readers. */
  void flush() throws IOException {
    for (DataFileWriter<QuantumRecord> writer : segments.values()) {
      writer.flush();
    }
  }

  /** A half block at the end of a segment, as a process that died leaves it. */
  void tear(String segment) throws IOException {
    flush();
    Path file = ledger.resolve("seg-" + segment + ".avro");
    Files.write(
        file,
        "\u0004torn".getBytes(StandardCharsets.UTF_8),
        java.nio.file.StandardOpenOption.APPEND);
  }

  long count(String task, QuantumStatus status) {
    return counts.getOrDefault(task, Map.of()).getOrDefault(status, 0L);
  }

  @Override
  public void close() throws IOException {
    for (DataFileWriter<QuantumRecord> writer : segments.values()) {
      writer.close();
    }
  }
}
