package org.starbeam.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;

/**
 * What the tasks of a small campaign made when the golden file was written: one line per task with
 * its version, a hash of all its input hashes and a hash of all its outputs and payloads. A ledger
 * adopts results by input hash, so a task that makes other bytes of the same inputs must have
 * another version (specs/05 section 3.5).
 *
 * <p>The last bits of elementary functions are those of a Java release and a processor family; on
 * another than the file's first line names nothing is compared.
 */
final class GoldenOutputs {
  private static final String FILE = "golden-outputs.txt";

  private GoldenOutputs() {}

  private record Line(int version, String inputs, String outputs) {}

  /** The platform whose bytes the file has. */
  static String platform() {
    return "java " + Runtime.version().feature() + " " + System.getProperty("os.arch");
  }

  static boolean isOfThisPlatform() throws IOException {
    return golden().get(0).equals(platform());
  }

  /** What is wrong, one sentence per task; empty when nothing is. */
  static List<String> complaints(List<QuantumRecord> quanta) throws IOException {
    return complaints(golden(), quanta);
  }

  static List<String> complaints(List<String> golden, List<QuantumRecord> quanta) {
    Map<String, Line> before = new TreeMap<>();
    for (String line : golden.subList(1, golden.size())) {
      String[] word = line.split(" ");
      before.put(word[0], new Line(Integer.parseInt(word[1]), word[2], word[3]));
    }
    List<String> out = new ArrayList<>();
    Map<String, Line> now = lines(quanta);
    TreeSet<String> tasks = new TreeSet<>(before.keySet());
    tasks.addAll(now.keySet());
    for (String task : tasks) {
      Line old = before.get(task);
      Line line = now.get(task);
      if (old == null || line == null || !old.inputs.equals(line.inputs)) {
        out.add(task + ": other inputs or another version than in " + FILE + "; write it anew");
      } else if (!old.outputs.equals(line.outputs)) {
        out.add(
            task
                + ": the same inputs gave other bytes, but its version is "
                + line.version
                + " as before; raise it in its TaskSpec");
      }
    }
    return out;
  }

  /** The content of a new golden file. */
  static void write(Path file, List<QuantumRecord> quanta) throws IOException {
    Files.writeString(file, text(quanta));
  }

  static String text(List<QuantumRecord> quanta) {
    StringBuilder text = new StringBuilder(platform()).append('\n');
    lines(quanta)
        .forEach(
            (task, line) ->
                text.append(task)
                    .append(' ')
                    .append(line.version)
                    .append(' ')
                    .append(line.inputs)
                    .append(' ')
                    .append(line.outputs)
                    .append('\n'));
    return text.toString();
  }

  private static Map<String, Line> lines(List<QuantumRecord> quanta) {
    Map<String, List<QuantumRecord>> byTask = new TreeMap<>();
    quanta.stream()
        .filter(r -> r.getStatus() == QuantumStatus.DONE || r.getStatus() == QuantumStatus.ADOPTED)
        .forEach(r -> byTask.computeIfAbsent(r.getTask(), t -> new ArrayList<>()).add(r));
    Map<String, Line> out = new TreeMap<>();
    byTask.forEach((task, records) -> out.put(task, line(records)));
    return out;
  }

  private static Line line(List<QuantumRecord> records) {
    TreeSet<String> inputs = new TreeSet<>();
    TreeSet<String> outputs = new TreeSet<>();
    for (QuantumRecord record : records) {
      String id = record.getTask() + "(" + record.getDataId() + ") ";
      inputs.add(id + (readsFilesOfTheUser(record) ? "files" : record.getInputHash()));
      for (DatasetRef ref : record.getOutputs()) {
        outputs.add(id + ref.getDatasetType() + " " + ref.getDataId() + " " + ref.getContentHash());
      }
      if (record.getPayload() != null) {
        outputs.add(id + CanonicalJson.write(record.getPayload()));
      }
    }
    return new Line(records.get(0).getTaskVersion(), hash(inputs), hash(outputs));
  }

  /** Tasks that take in files of the user; their input hashes have the times of the files. */
  private static boolean readsFilesOfTheUser(QuantumRecord record) {
    return record.getTask().startsWith("ingest");
  }

  private static String hash(TreeSet<String> lines) {
    return ContentHash.ofText(String.join("\n", lines)).substring(0, 20);
  }

  private static List<String> golden() throws IOException {
    try (InputStream in = GoldenOutputs.class.getResourceAsStream("/" + FILE)) {
      return in == null
          ? List.of(platform())
          : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
