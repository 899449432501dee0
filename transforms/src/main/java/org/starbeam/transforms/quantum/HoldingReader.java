package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.store.DatasetFiles;

/** A reader whose files stay on this node while an attempt goes on. */
record HoldingReader(QuantumContext.DatasetReader reader, DatasetFiles.Hold hold)
    implements QuantumContext.DatasetReader {
  @Override
  public Path path(DatasetRef ref) {
    Path file = reader.path(ref);
    hold.add(ref, file);
    return file;
  }

  @Override
  public <T extends SpecificRecord> List<T> table(DatasetRef ref, Class<T> rowClass)
      throws IOException {
    return reader.table(ref, rowClass);
  }

  @Override
  public <T> T json(DatasetRef ref, Class<T> type) throws IOException {
    return reader.json(ref, type);
  }

  @Override
  public <T> T cachedPart(
      DatasetRef ref, String part, double share, Class<T> type, Loader<T> loader)
      throws IOException {
    return reader.cachedPart(ref, part, share, type, loader);
  }
}
