package org.starbeam.pipelines.export;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.starbeam.hats.CountMap;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.step6.ReleaseTable;

/** Rows that can be cut into the partitions of a HATS catalogue. */
interface HatsRows {
  /** The table whose key and place they have. */
  ReleaseTable table();

  /** Columns, the HEALPix index first. */
  Schema schema();

  /** Size of the files that they are read from. */
  long bytes() throws IOException;

  /** Counts all rows. */
  CountMap count(ParallelMap parallel) throws IOException;

  /**
   * Opens the rows in ranges of the sky.
   *
   * @param ranges nested HEALPix pixels of order 29, ascending and apart from each other
   */
  RowCursor open(List<Healpix.Range> ranges) throws IOException;

  /** Right ascension and declination of a row, degrees. */
  default double[] place(GenericRecord row) {
    List<String> place = table().position();
    return new double[] {(Double) row.get(place.get(0)), (Double) row.get(place.get(1))};
  }

  /** The columns that are read when a user names none: those that most questions are about. */
  default List<String> defaultColumns() {
    Set<String> out = new LinkedHashSet<>(table().key());
    out.addAll(table().position());
    out.addAll(List.of("visit", "detector", "band", "midpointMjdTai", "refExtendedness"));
    out.addAll(List.of("extendedness", "psfFlux", "psfFluxErr", "scienceFlux"));
    for (Schema.Field field : schema().getFields()) {
      if (field.name().matches("[a-z]_psfFlux")) {
        out.add(field.name());
      }
    }
    out.removeIf(name -> schema().getField(name) == null);
    return List.copyOf(out);
  }
}
