package org.starbeam.pipelines.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.QuantumRecordWriter;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The registry of a large run is made from its ledger, then asked by a process with little memory.
 * Ten million datasets with {@code -Dstarbeam.full=true} (minutes, 8 GB of disk), else 40,000.
 */
class RegistryScaleTest {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");
  private static final int DETECTORS = 200;
  private static final List<DatasetType> TYPES =
      List.of(
          DatasetTypes.VISIT_IMAGE,
          DatasetTypes.INITIAL_PSF,
          DatasetTypes.SOURCE_DETECTOR,
          DatasetTypes.DIFFERENCE_IMAGE);
  private static final int QUANTA =
      Integer.getInteger("starbeam.datasets", FULL ? 10_000_000 : 40_000) / TYPES.size();
  private static final String RUN = "run";
  private static final int LOOKUPS = 10;

  @TempDir Path root;

  private static DataId id(int quantum) {
    return DataId.of(
        "instrument",
        "SimCam",
        "visit",
        2026090700001L + quantum / DETECTORS,
        "detector",
        quantum % DETECTORS);
  }

  private static DatasetRef dataset(DatasetType type, DataId id) {
    String text = type.name() + id;
    return new DatasetRef(
        type.name(),
        id.toString(),
        RUN,
        RepositoryPaths.dataset(RUN, type, id),
        ContentHash.ofText(text),
        1000L + text.hashCode() % 1000);
  }

  private static QuantumRecord record(int quantum) {
    DataId id = id(quantum);
    QuantumRecord record = new QuantumRecord();
    record.setRun(RUN);
    record.setQuantumId(ContentHash.ofText("sbq1\nmany\n" + id).substring(0, 32));
    record.setTask("many");
    record.setStep("step2");
    record.setDataId(id.toString());
    record.setWindow("all");
    record.setAttempt(1);
    record.setStatus(QuantumStatus.DONE);
    record.setCaveats(List.of());
    record.setRootCauses(List.of());
    record.setInputHash("hash");
    record.setInputs(List.of());
    record.setOutputs(TYPES.stream().map(type -> dataset(type, id)).toList());
    record.setHost("host");
    record.setWorker("worker");
    record.setThread("thread");
    record.setCodeVersion("test");
    record.setMetrics(java.util.Map.of());
    return record;
  }

  /** As a run leaves it whose quanta ended in any order. */
  private void writeLedger() throws IOException {
    Files.createDirectories(RepositoryPaths.run(root, RUN).resolve("campaign"));
    Path ledger = Files.createDirectories(RepositoryPaths.ledger(root, RUN));
    try (DataFileWriter<QuantumRecord> writer = new DataFileWriter<>(QuantumRecordWriter.whole())) {
      writer.setCodec(CodecFactory.zstandardCodec(3));
      writer.setSyncInterval(1 << 20);
      writer.create(QuantumRecord.getClassSchema(), ledger.resolve("seg-one.avro").toFile());
      // A step that shares no divisor with the number of quanta visits each of them once.
      long step = 7919 * 101L;
      for (int i = 0; i < QUANTA; i++) {
        writer.append(record((int) (i * step % QUANTA)));
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void oneDatasetIsFoundAndAllAreCountedAtOnceInLittleMemory() throws Exception {
    writeLedger();
    long start = System.nanoTime();
    Registry.of(root, RUN);
    System.out.printf(
        Locale.ROOT,
        "registry of %,d datasets made in %.0f s%n",
        (long) QUANTA * TYPES.size(),
        (System.nanoTime() - start) / 1e9);
    Path errors = root.resolve("errors.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-Dstarbeam.datasets=" + QUANTA * TYPES.size(),
                "-cp",
                System.getProperty("java.class.path"),
                RegistryScaleTest.class.getName(),
                root.toString())
            .redirectError(errors.toFile())
            .start();
    List<String> answer = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    assertThat(answer).hasSize(4);
    double find = Double.parseDouble(answer.get(0));
    double findByDimensions = Double.parseDouble(answer.get(1));
    double count = Double.parseDouble(answer.get(2));
    double mebibytes = Double.parseDouble(answer.get(3));
    System.out.printf(
        Locale.ROOT,
        "one by its data id %.2f s, by its dimensions %.2f s, count by type %.2f s, %.0f MiB%n",
        find,
        findByDimensions,
        count,
        mebibytes);
    assertThat(find).isLessThanOrEqualTo(0.5);
    assertThat(count).isLessThanOrEqualTo(1);
    assertThat(mebibytes).isLessThanOrEqualTo(512);
  }

  /**
   * Asks and checks the answers; prints the longest look-up of each kind, the time of the count and
   * the most memory that the process had.
   */
  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[0]);
    Random random = new Random(1);
    double byId = 0;
    double byDimensions = 0;
    double counting;
    try (RunDatabase database = Registry.of(root, RUN).open()) {
      for (int i = 0; i < LOOKUPS; i++) {
        DataId id = id(random.nextInt(QUANTA));
        DatasetType type = TYPES.get(i % TYPES.size());
        List<String> expected = List.of(dataset(type, id).getContentHash());
        String select = "select hash from datasets where type = '" + type.name() + "' and ";
        byId = Math.max(byId, seconds(database, select + "data_id = '" + id + "'", expected));
        byDimensions =
            Math.max(
                byDimensions,
                seconds(
                    database,
                    select
                        + "visit = %d and detector = %d"
                            .formatted(id.getLong("visit"), id.getInt("detector")),
                    expected));
      }
      List<String> counts = new ArrayList<>();
      TYPES.forEach(type -> counts.add(type.name() + " " + QUANTA));
      counting =
          seconds(
              database,
              "select type || ' ' || count(*) from datasets group by type",
              counts.stream().sorted().toList());
    }
    System.out.printf(Locale.ROOT, "%.3f%n%.3f%n%.3f%n", byId, byDimensions, counting);
    System.out.println(mostMemoryMebibytes());
  }

  private static double seconds(RunDatabase database, String query, List<String> expected) {
    long start = System.nanoTime();
    List<String> found = database.texts(query);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (!found.stream().sorted().toList().equals(expected)) {
      throw new AssertionError(query + ": expected " + expected + ", found " + found);
    }
    return seconds;
  }

  /** Resident memory at its largest, of the whole process with what DuckDB has outside the heap. */
  private static double mostMemoryMebibytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(Double.NaN);
  }
}
