package org.starbeam.transforms.step5;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.transforms.dataset.TableReader;

/** The places of a table at which fluxes are forced, by id. */
record ForcedPlaces(List<Entry> entries) {
  /** One place; {@code parent} is 0 where it has none. */
  record Entry(long id, long parent, double ra, double dec, long tract, long patch) {}

  /** Places of an Object table; rows that are not primary or have no position are left out. */
  static ForcedPlaces ofObjects(Path table) throws IOException {
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
    return new ForcedPlaces(List.copyOf(out));
  }

  /** Places of all rows of a table of DiaObjects. */
  static ForcedPlaces ofDiaObjects(Path table) throws IOException {
    return new ForcedPlaces(
        TableReader.read(table, DiaObjectRow.class).stream()
            .map(
                row ->
                    new Entry(
                        row.getDiaObjectId(),
                        0,
                        row.getRa(),
                        row.getDec(),
                        row.getTract(),
                        row.getPatch()))
            .sorted(Comparator.comparingLong(Entry::id))
            .toList());
  }
}
