package org.starbeam.transforms.quantum;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.util.concurrent.ExecutionError;
import com.google.common.util.concurrent.UncheckedExecutionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.log.ProcessMeters;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * Opens datasets; what many quanta of a JVM share is loaded once and kept while there is room. The
 * cache may take a quarter of the heap by file size times four (files are compressed), and gives
 * all of it back before the JVM runs out of memory.
 */
final class DatasetCache implements QuantumContext.DatasetReader {
  private static final int EXPANSION = 4;

  private final DatasetFiles files;
  private final PrunedInputs pruned;
  private final Cache<Key, Object> cache;

  private record Key(String contentHash, String part, Class<?> type) {}

  private record Weighed(Object value, long bytes) {}

  DatasetCache(DatasetFiles files, PrunedInputs pruned) {
    this.files = files;
    this.pruned = pruned;
    this.cache =
        CacheBuilder.newBuilder()
            .maximumWeight(Runtime.getRuntime().maxMemory() / 4 / 1024)
            .weigher((Key key, Object value) -> kibibytes((Weighed) value))
            .softValues()
            .build();
  }

  private static int kibibytes(Weighed value) {
    return (int) Math.min(Integer.MAX_VALUE, 1 + value.bytes * EXPANSION / 1024);
  }

  /**
   * {@inheritDoc}
   *
   * @throws PrunedInputException when it was deleted on purpose
   */
  @Override
  public Path path(DatasetRef ref) {
    try {
      Path file = files.path(ref);
      if (!Files.exists(file) && pruned.isPruned(ref)) {
        throw new PrunedInputException(ref);
      }
      return file;
    } catch (NoSuchFileException e) {
      if (pruned.isPruned(ref)) {
        throw new PrunedInputException(ref);
      }
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** True when the file is there, or would be had it not been deleted on purpose. */
  boolean exists(DatasetRef ref) {
    return files.exists(ref) || pruned.isPruned(ref);
  }

  @Override
  public <T extends SpecificRecord> List<T> table(DatasetRef ref, Class<T> rowClass)
      throws IOException {
    return TableReader.read(path(ref), rowClass);
  }

  @Override
  public <T> T json(DatasetRef ref, Class<T> type) throws IOException {
    return CanonicalJson.read(Files.readString(path(ref)), type);
  }

  @Override
  public <T> T cachedPart(
      DatasetRef ref, String part, double share, Class<T> type, Loader<T> loader)
      throws IOException {
    boolean[] loaded = {false};
    try {
      Object weighed =
          cache.get(
              new Key(ref.getContentHash(), part, type),
              () -> {
                loaded[0] = true;
                return new Weighed(loader.load(path(ref)), (long) (share * ref.getBytes()));
              });
      (loaded[0] ? ProcessMeters.CACHE_MISSES : ProcessMeters.CACHE_HITS).increment();
      return type.cast(((Weighed) weighed).value);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    } catch (UncheckedExecutionException e) {
      throw (RuntimeException) e.getCause();
    } catch (ExecutionError e) {
      throw (Error) e.getCause();
    }
  }
}
