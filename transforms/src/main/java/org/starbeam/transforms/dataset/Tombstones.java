package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.starbeam.schema.DatasetRef;

/**
 * Datasets that were deleted on purpose (specs/05 section 3.10): the quantum that made one stays
 * done, its hash stays known, and it is made again when its bytes are needed. Kept as revisions
 * under {@code registry/retention/<run>/}, at most {@value #PER_REVISION} datasets each.
 */
public final class Tombstones {
  private static final int PER_REVISION = 10_000;

  private final RevisionFiles files;
  private final Map<String, long[]> pathHashes = new ConcurrentHashMap<>();

  public Tombstones(Path root) {
    this.files = new RevisionFiles(root, "retention");
  }

  /** Records that datasets of a run are about to be deleted. */
  public void add(String run, List<DatasetRef> datasets, String why) throws IOException {
    for (List<DatasetRef> part : Lists.partition(datasets, PER_REVISION)) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      document.put("why", why);
      ArrayNode array = document.putArray("datasets");
      for (DatasetRef ref : part) {
        array
            .addObject()
            .put("type", ref.getDatasetType())
            .put("dataId", ref.getDataId())
            .put("path", ref.getPath())
            .put("hash", ref.getContentHash())
            .put("bytes", ref.getBytes());
      }
      files.append(run, document);
    }
    pathHashes.remove(run);
  }

  /**
   * True when the dataset was deleted on purpose at some time; it may have been made again since.
   * Asked only for files that are not there, so the list of a run is read at the first such file.
   */
  public boolean contains(DatasetRef ref) {
    long[] hashes = pathHashes.computeIfAbsent(owner(ref), this::load);
    return Arrays.binarySearch(hashes, hash(ref.getPath())) >= 0;
  }

  /** The run under whose name a dataset is kept, without the number of a revision. */
  private static String owner(DatasetRef ref) {
    return ref.getRun().replaceFirst("/r\\d+$", "");
  }

  private long[] load(String run) {
    try {
      LongStream.Builder hashes = LongStream.builder();
      for (RevisionFiles.Revision revision : files.all(run)) {
        for (JsonNode dataset : revision.document().path("datasets")) {
          hashes.add(hash(dataset.path("path").asText()));
        }
      }
      return hashes.build().sorted().toArray();
    } catch (IOException e) {
      throw new UncheckedIOException("tombstones of run " + run, e);
    }
  }

  private static long hash(String path) {
    return Long.parseUnsignedLong(ContentHash.ofText(path), 0, 16, 16);
  }
}
