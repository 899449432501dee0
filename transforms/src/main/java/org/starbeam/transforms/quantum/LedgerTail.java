package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.starbeam.schema.QuantumRecord;

/**
 * Follows a ledger that others write: each poll hands over the records that came since the last
 * one, in time proportional to their number. Not safe for use by several threads.
 */
public final class LedgerTail {
  private final Path directory;
  private final Map<Path, Long> positions = new HashMap<>();

  /**
   * @param directory a run's ledger directory; it may not exist yet
   */
  public LedgerTail(Path directory) {
    this.directory = directory;
  }

  /** Hands over what is new; returns how many records that was. */
  public long poll(Consumer<QuantumRecord> consumer) throws IOException {
    List<Path> segments = LedgerSegment.list(directory);
    long count = 0;
    for (Path segment : segments) {
      long from = positions.getOrDefault(segment, 0L);
      if (Files.size(segment) > from) {
        LedgerSegment.Extent read =
            LedgerSegment.read(segment, from, Long.MAX_VALUE, false, consumer);
        positions.put(segment, read.end());
        count += read.records();
      }
    }
    return count;
  }
}
