package org.starbeam.pipelines.observe;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.ContentHash;

/**
 * The file in which a monitor keeps what it has learned: the length of the head, a head with the
 * sums, and from the next multiple of {@value #PAGE} on the table of the quanta. A file that is of
 * another version of the ledger record, or that names segments that do not exist any more or are
 * shorter, is ignored.
 */
final class MonitorCache {
  private static final Logger LOG = LoggerFactory.getLogger(MonitorCache.class);
  private static final int FORMAT = 3;
  private static final int PAGE = 4096;

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
    try (FileChannel channel = FileChannel.open(file)) {
      DataInputStream all = new DataInputStream(Channels.newInputStream(channel));
      byte[] head = new byte[Math.min(all.readInt(), (int) Math.min(channel.size(), 1 << 30))];
      all.readFully(head);
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(head));
      if (in.readUTF().equals(version())) {
        // Mapped now, because the file may be another one later; what is not looked at costs
        // nothing.
        QuantumTable table = QuantumTable.map(channel, tableStart(head.length));
        MonitorState state = MonitorState.read(in, () -> table);
        if (fits(state, ledger)) {
          return state;
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} cannot be used", file, e);
    }
    return new MonitorState(QuantumTable::new);
  }

  private static long tableStart(int headLength) {
    return (Integer.BYTES + headLength + PAGE - 1L) / PAGE * PAGE;
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
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(head);
      out.writeUTF(version());
      state.write(out);
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer first = ByteBuffer.allocate((int) tableStart(head.size()));
        first.putInt(head.size()).put(head.toByteArray()).clear();
        while (first.hasRemaining()) {
          channel.write(first);
        }
        state.table().write(channel);
      }
      Files.move(
          temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.debug("cannot write {}", file, e);
    }
  }
}
