package org.starbeam.pipelines.observe;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.ContentHash;

/**
 * The file in which a monitor keeps what it has learned: a head with the sums, then the table of
 * the quanta. A file that is of another version of the ledger record, or that names segments that
 * do not exist any more or are shorter, is ignored.
 */
final class MonitorCache {
  private static final Logger LOG = LoggerFactory.getLogger(MonitorCache.class);
  private static final int FORMAT = 2;

  private final Path file;

  MonitorCache(Path file) {
    this.file = file;
  }

  private static String version() {
    Schema schema = QuantumRecord.getClassSchema();
    return FORMAT + " " + ContentHash.ofText(schema.toString()).substring(0, 16);
  }

  /** What was saved, or an empty state. */
  MonitorState load(Path ledger) {
    if (!Files.isRegularFile(file)) {
      return new MonitorState(QuantumTable::new);
    }
    try {
      DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 20));
      boolean usable = false;
      try {
        if (in.readUTF().equals(version())) {
          MonitorState state = MonitorState.read(in, () -> table(in));
          usable = fits(state, ledger);
          if (usable) {
            return state;
          }
        }
      } finally {
        if (!usable) {
          in.close();
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} cannot be used", file, e);
    }
    return new MonitorState(QuantumTable::new);
  }

  private static QuantumTable table(DataInputStream in) {
    try (in) {
      return QuantumTable.read(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean fits(MonitorState state, Path ledger) throws IOException {
    List<Map.Entry<String, Long>> segments = List.copyOf(state.segments.entrySet());
    for (Map.Entry<String, Long> segment : segments) {
      Path path = ledger.resolve(segment.getKey());
      if (!Files.exists(path) || Files.size(path) < segment.getValue()) {
        throw new EOFException(path + " is shorter than it was");
      }
    }
    return true;
  }

  /** Replaces the file; failing to do so costs nothing but time later. */
  void save(MonitorState state) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      return;
    }
    Path temporary = parent.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      Files.createDirectories(parent);
      try (DataOutputStream out =
          new DataOutputStream(
              new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 20))) {
        out.writeUTF(version());
        state.write(out);
        state.table().write(out);
      }
      Files.move(
          temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.debug("cannot write {}", file, e);
    }
  }
}
