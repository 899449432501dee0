package org.starbeam.transforms.step5;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.starbeam.schema.ObjectRow;
import org.starbeam.transforms.dataset.TableReader;

/** What forced photometry needs of the primary objects of a tract, by object id. */
record ObjectPositions(List<Entry> entries) {
  /** One object. */
  record Entry(long id, long parent, double ra, double dec, long tract, long patch) {}

  /** Reads an Object table; rows that are not primary or have no position are left out. */
  static ObjectPositions read(Path table) throws IOException {
    List<Entry> out = new ArrayList<>();
    for (ObjectRow row : TableReader.read(table, ObjectRow.class)) {
      if (Boolean.TRUE.equals(row.getDetectIsPrimary())
          && !Boolean.TRUE.equals(row.getSkyObject())
          && row.getCoordRa() != null
          && row.getCoordDec() != null) {
        out.add(
            new Entry(
                row.getObjectId(),
                row.getParentObjectId() == null ? 0 : row.getParentObjectId(),
                row.getCoordRa(),
                row.getCoordDec(),
                row.getTract() == null ? 0 : row.getTract(),
                row.getPatch() == null ? 0 : row.getPatch()));
      }
    }
    out.sort(Comparator.comparingLong(Entry::id));
    return new ObjectPositions(List.copyOf(out));
  }
}
