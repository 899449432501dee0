package org.starbeam.transforms.ingest;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Writes one shard {@code refcat}: the stars of all files of the catalogue in one HEALPix pixel of
 * order 3, sorted by nested pixel of order 12 and id (specs/06 section 3). A star that several
 * files have alike is kept once. Cost O(n log n) in the stars of the shard.
 */
public final class ShardRefcatTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "shardRefcat";

  /** Role of the sorted files. */
  public static final String PART = "part";

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "ingest",
        1,
        "{}",
        List.of(TaskSpec.InputRule.required(PART)),
        List.of(DatasetTypes.REFCAT));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Healpix.Range range =
        Healpix.range(quantum.dataId().getLong("healpix3"), RefStars.SHARD_ORDER, 29);
    List<RefStar> stars = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(PART, DatasetTypes.REFCAT_PART.name())) {
      stars.addAll(TableReader.readRange(context.reader().path(ref), RefStar.class, range));
      context.checkCancelled();
    }
    List<RefStar> sorted = stars.stream().distinct().sorted(IngestRefcatTask.ORDER).toList();
    context.stageFile(
        DatasetTypes.REFCAT, quantum.dataId(), file -> IngestRefcatTask.write(file, sorted));
    context.metric("referenceStars", sorted.size());
    return Outcome.done();
  }
}
