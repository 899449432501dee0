package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;

/**
 * What a running task may touch: it reads datasets by reference and stages new ones. Nothing staged
 * is visible to others before the task has ended well; then all of it is published together.
 */
public interface QuantumContext {
  /** Caveats of a quantum that is done but degraded (specs/05 section 4.2). */
  enum Caveat {
    UPSTREAM_MISSING,
    PARTIAL_OUTPUTS,
    FALLBACK,
    CLIPPED_INPUT,
    RETRIED
  }

  /** Writes one dataset to a temporary file. */
  @FunctionalInterface
  interface FileWriter {
    void write(Path temporaryFile) throws IOException;
  }

  DatasetReader reader();

  /**
   * Versions of a dataset that earlier launches of this run and the runs it is based on have left,
   * the latest first. They are no inputs and not in the input hash: a task may save itself work
   * with them, but what it makes must not depend on whether they are there.
   */
  default List<DatasetRef> earlier(DatasetType type, DataId id) throws IOException {
    return List.of();
  }

  /** Number of the release that row ids carry; 0 means not a release. */
  int release();

  /** Id of the instrument that row ids carry (specs/05 section 3.4). */
  int instrumentNumber(String instrument);

  /** Seed for random numbers: a hash of task, data id and purpose. */
  long seed(String purpose);

  /** Stages a dataset that the writer fills. */
  void stageFile(DatasetType type, DataId id, FileWriter writer) throws IOException;

  /**
   * Stages a table. Rows are written in the given order; columns that are null in every row of the
   * campaign are left out by naming the wanted ones.
   *
   * @param columns the columns to write, or an empty list for all of the record's fields
   */
  <T extends SpecificRecord> void stageTable(
      DatasetType type, DataId id, Class<T> rowClass, List<T> rows, List<String> columns)
      throws IOException;

  /** Stages a JSON document made by Jackson from a record, with sorted keys. */
  void stageJson(DatasetType type, DataId id, Object document) throws IOException;

  /** Names a dataset that exists already where the user put it (a raw file) as an output. */
  void stageExisting(DatasetRef ref);

  /** Adds a caveat to the quantum's record, with a message for the operator. */
  void caveat(Caveat caveat, String message);

  /** Records a number of this quantum. */
  void metric(String name, double value);

  /** Throws when the quantum has been cancelled; long loops call it at least ten times a second. */
  void checkCancelled();

  /** Opens datasets by reference; caches what many quanta share. */
  interface DatasetReader {
    /** Local path of a dataset's file. */
    Path path(DatasetRef ref);

    <T extends SpecificRecord> List<T> table(DatasetRef ref, Class<T> rowClass) throws IOException;

    <T> T json(DatasetRef ref, Class<T> type) throws IOException;

    /**
     * Loads through a cache that all threads of the JVM share, keyed by content hash and the class
     * of the result; for calibrations, reference catalogues, cameras.
     */
    default <T> T cached(DatasetRef ref, Class<T> type, Loader<T> loader) throws IOException {
      return cachedPart(ref, "", 1, type, loader);
    }

    /**
     * Like {@link #cached} for a part of a file.
     *
     * @param part tells the parts of a file apart
     * @param share of the file's size that the part has, about
     */
    <T> T cachedPart(DatasetRef ref, String part, double share, Class<T> type, Loader<T> loader)
        throws IOException;

    /** Reads a file into an immutable value. */
    @FunctionalInterface
    interface Loader<T> {
      T load(Path file) throws IOException;
    }
  }
}
