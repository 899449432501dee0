package org.starbeam.pipelines.export;

import java.io.Closeable;
import java.io.IOException;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/** Rows of a table along the sky, one at a time. */
interface RowCursor extends Closeable {
  /** The next row; null when there is none. */
  @Nullable GenericRecord next() throws IOException;
}
